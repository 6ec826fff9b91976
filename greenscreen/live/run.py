"""`greenscreen run`: opens what the machine has, says what that is, and runs the loop."""

import logging
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from threading import Thread

from greenscreen.address import Address, parse_address
from greenscreen.composite.background import open_backdrop
from greenscreen.control import Control
from greenscreen.control.swap import Swap
from greenscreen.gpu import GpuPipeline, make_ready
from greenscreen.linux.demand import Demand
from greenscreen.live.changes import (
    RESTS,
    camera_hook,
    close_backdrop,
    engine_hook,
    refuse_contradictions,
    refuse_transparency,
    zoom_rests,
    zoom_watch,
)
from greenscreen.live.clean import CleanPlate
from greenscreen.live.framing import Framing
from greenscreen.live.loop import Loop
from greenscreen.live.outputs import Say, open_demo, open_overlay, open_recorder, open_sinks, output_format
from greenscreen.live.pace import fitted, paced, resting, thinned
from greenscreen.live.slideshow import show_slides
from greenscreen.meter import Meter
from greenscreen.picture.frame import Frame
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.segment import Segmenter, open_segmenter
from greenscreen.segment.newest import Newest
from greenscreen.segment.sparing import Sparing
from greenscreen.settings import Settings
from greenscreen.sinks.snapshots import Snapshots
from greenscreen.sinks.virtual_camera import VirtualCameraSink
from greenscreen.sinks.window import WindowSink
from greenscreen.sources import Source, open_source

log = logging.getLogger(__name__)

DEMO_SECONDS = 6


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    frames: int
    meter: Meter


def run_live(control: Control, say: Say, confide: Say = lambda _: None) -> Summary:
    """Runs until the source ends, a sink is closed, or the person wants it to; raises what the parts raise.

    What `say` is told may be logged; what `confide` is told, such as the overlay's token, must not be.
    """
    settings = control.settings
    refuse_contradictions(settings)
    with ExitStack() as stack:
        backdrop = Swap(lambda now: now.background, lambda now: open_backdrop(now.background), close_backdrop, settings)
        stack.callback(backdrop.close)
        control.prepare(lambda _, new: refuse_contradictions(new), "clean_plate", "auto_frame", "slideshow")
        control.prepare(refuse_transparency, "background")
        control.prepare(backdrop.prepare, "background")
        segmenter = stack.enter_context(
            open_segmenter(settings.engine, settings.model, settings.gpu, meanwhile=True, say=say, ready=make_ready)
        )
        control.prepare(engine_hook(segmenter, say), "engine")
        demand = stack.enter_context(closing(Demand())) if settings.on_demand else None
        wanted = demand.wanted if demand else None
        source = stack.enter_context(open_source(settings.camera, settings.size, settings.fps, wanted, say))
        say(f"from {source.name}, {source.size[0]}x{source.size[1]} at {source.fps:g} frames a second")
        if source.note:
            say(source.note)
        control.prepare(camera_hook(source), "camera")
        if zoom_rests(settings):
            say(RESTS)
        stack.callback(control.watch(zoom_watch(control)))
        say(f"cutting out with {segmenter.contract.name} on {segmenter.engine}")
        size, fps = output_format(source, settings)
        sinks, limit = open_sinks(stack, control, size, fps, say), settings.frames
        if settings.overlay:
            sinks.append(open_overlay(stack, control, parse_address(settings.overlay), say, confide))
        if not sinks and not settings.record:
            sinks = open_demo(stack, settings, size, fps, say)
            if source.live:
                sinks.append(open_overlay(stack, control, Address(), say, confide))
            limit = limit or (None if source.live else round(DEMO_SECONDS * fps))
        if demand:
            demand.watch(next(sink.path for sink in sinks if isinstance(sink, VirtualCameraSink)))
            say("the camera is opened when a program watches the virtual camera")
        # Whoever watches, or waits for the moment to press Ctrl-C, wants to see things happen in their own time.
        watched = settings.overlay or any(isinstance(sink, VirtualCameraSink | WindowSink) for sink in sinks)
        sinks.append(stack.enter_context(open_recorder(control, size, fps, say, alone=not sinks)))
        sinks.append(stack.enter_context(Snapshots(control)))
        if limit is None:
            say("Ctrl-C ends it")
        framing = Framing()
        frames = timed(source, control, fps, in_time=bool(watched or limit is None))
        pipeline = GpuPipeline(segmenter, Refiner(), backdrop.current(settings), Planar())
        sparing = open_look(stack, pipeline, segmenter, settings, source.live)
        clean = CleanPlate(control, pipeline.formed, pipeline.look, say)
        loop = Loop(control, source, segmenter, pipeline, backdrop, framing, clean, sinks, sparing)
        turned = (framing.turn(frame, control.settings) for frame in frames)
        slides = Thread(target=show_slides, args=[control], name="slideshow", daemon=True)
        slides.start()
        try:
            loop.run(islice(fitted(turned, size, settings.fit), limit))
        except KeyboardInterrupt:
            log.info("interrupted")
        finally:
            control.stop()
            slides.join()
        return Summary(pipeline.meter.frames, pipeline.meter)


def timed(source: Source, control: Control, fps: float, in_time: bool) -> Iterable[Frame]:
    """The source's frames: at most `fps` a second, few while the person is hidden, and a file's `in_time` if asked."""
    frames: Iterable[Frame] = resting(source, lambda: control.settings.show == "placeholder")
    if fps < source.fps:
        frames = thinned(frames, fps)
    return frames if source.live or not in_time else paced(frames)


def open_look(
    stack: ExitStack, pipeline: GpuPipeline, segmenter: Segmenter, settings: Settings, live: bool
) -> Sparing | None:
    """Has the pipeline look as `latency` says; returns what spares looks under load, if anything does."""
    if settings.latency == "low":
        # Where nobody waits for the network, it holds nobody up.
        pipeline.look = stack.enter_context(closing(Newest(segmenter.segment))).segment
    elif live:  # Of files every frame is looked at.
        sparing = Sparing(segmenter.segment, segmenter.carry)
        pipeline.look = sparing.segment
        return sparing
    return None
