"""`greenscreen run`: opens what the machine has, says what that is, and runs the loop."""

import logging
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from greenscreen.address import Address, parse_address
from greenscreen.composite.background import Backdrop, open_backdrop
from greenscreen.control import Callback, Control, Hook, Prepared
from greenscreen.control.swap import Swap
from greenscreen.errors import SinkError, UsageError
from greenscreen.filing import free
from greenscreen.gpu import GpuPipeline, make_ready
from greenscreen.linux.demand import Demand
from greenscreen.live.clean import CleanPlate
from greenscreen.live.framing import Framing
from greenscreen.live.loop import Loop
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
from greenscreen.sinks import Sink
from greenscreen.sinks.recorder import Recorder, close_video
from greenscreen.sinks.snapshots import Snapshots
from greenscreen.sinks.still import StillSink
from greenscreen.sinks.video import VideoSink
from greenscreen.sinks.virtual_camera import VirtualCameraSink
from greenscreen.sinks.window import WindowSink
from greenscreen.sources import Source, open_source, other_camera

if TYPE_CHECKING:
    from greenscreen.web.sink import OverlaySink

log = logging.getLogger(__name__)

DEMO = Path("greenscreen-demo.mp4")
"""Written to the current folder when there is neither virtual camera nor display, with a still beside it."""
DEMO_SECONDS = 6

RESTS = "auto-frame chooses what is seen: zoom and pan count again when it is off"

Say = Callable[[str], None]


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


def refuse_contradictions(settings: Settings) -> None:
    """Raises `UsageError` for what could only fail later, before anything is opened or changed."""
    if settings.device and settings.virtual_camera is False:
        raise UsageError("--device and --no-virtual-camera contradict each other", "leave one of them out")
    if settings.on_demand and not sys.platform.startswith("linux"):
        raise UsageError("only Linux's virtual camera tells who watches it", "leave out --on-demand")
    if settings.on_demand and settings.virtual_camera is False:
        raise UsageError("--on-demand waits for programs that watch the virtual camera", "leave one of them out")
    if settings.clean_plate and settings.auto_frame:
        raise UsageError("--clean-plate wants a picture that stands still, and --auto-frame moves it", "choose one")
    if settings.transparent and settings.slideshow:
        raise UsageError("--slideshow shows backgrounds, and there is none behind a transparent one", "choose one")
    if settings.transparent and sends(settings):
        raise UsageError("a virtual camera carries no transparency", "choose another --background, such as green")


def zoom_rests(settings: Settings) -> bool:
    """Whether zoom and pan are set but do nothing, because the crop follows the person."""
    return settings.auto_frame and (settings.zoom, settings.pan_x, settings.pan_y) != (1, 0, 0)


def zoom_watch(control: Control) -> Callback:
    """Tells whoever changes zoom or pan while they do nothing."""

    def part_of(settings: Settings) -> tuple[object, ...]:
        return settings.auto_frame, settings.zoom, settings.pan_x, settings.pan_y

    last = part_of(control.settings)

    def tell(new: Settings) -> None:
        nonlocal last
        if part_of(new) != last and zoom_rests(new):
            control.tell(RESTS)
        last = part_of(new)

    return tell


def sends(settings: Settings) -> bool:
    """Whether a virtual camera was asked for, in one way or another."""
    return bool(settings.device or settings.virtual_camera or settings.on_demand)


def refuse_transparency(old: Settings, new: Settings) -> Prepared | None:
    """Raises `UsageError`: a run, and the files it records to, are transparent from beginning to end or not at all."""
    if new.transparent != old.transparent:
        raise UsageError(
            "a run cannot become transparent, or stop being so",
            "choose the transparent background at the start, with --background transparent",
        )
    return None


def engine_hook(segmenter: Segmenter, say: Say) -> Hook:
    """Opens another engine when the person asks for one; the old one serves until it is ready."""

    def change_engine(old: Settings, new: Settings) -> Prepared | None:
        if new.engine == old.engine:
            return None
        other = open_segmenter(new.engine, new.model, new.gpu, meanwhile=True, say=say, ready=make_ready)
        return Prepared(lambda: segmenter.exchange(other), lambda: other.__exit__())

    return change_engine


def camera_hook(source: Source) -> Hook:
    """Goes on with another camera; until that gives pictures, the placeholder goes out."""

    def change_camera(old: Settings, new: Settings) -> Prepared | None:
        if new.camera == old.camera:
            return None
        return Prepared(other_camera(source, new.camera, new.size, new.fps))

    return change_camera


def close_backdrop(backdrop: Backdrop | None) -> None:
    if backdrop:
        backdrop.close()


def output_format(source: Source, settings: Settings) -> tuple[tuple[int, int], float]:
    """Size and rate of what goes out: as asked, but no faster than the source; by default the source's, turned."""
    upright = source.size if settings.rotate in (0, 180) else source.size[::-1]
    return settings.size or upright, min(settings.fps or source.fps, source.fps)


def open_sinks(stack: ExitStack, control: Control, size: tuple[int, int], fps: float, say: Say) -> list[Sink]:
    """Opens what was asked for, or fails; and whatever is there of what was neither asked for nor declined."""
    settings = control.settings
    asked: list[Sink] = []
    offered: list[Sink] = []
    if sends(settings):
        asked.append(VirtualCameraSink(size, fps, settings.device))
    elif settings.virtual_camera is None and settings.transparent:
        say("no virtual camera: it carries no transparency")
    elif settings.virtual_camera is None:
        offered.append(VirtualCameraSink(size, fps))
    if settings.preview is not False:
        (asked if settings.preview else offered).append(WindowSink("greenscreen", size, control))
    opened = [stack.enter_context(sink) for sink in asked]
    for sink in offered:
        try:
            opened.append(stack.enter_context(sink))
        except SinkError as error:
            say(f"no {sink.name}: {error}")
    for sink in opened:
        say(f"to {sink.name}")
    return opened


def open_recorder(control: Control, size: tuple[int, int], fps: float, say: Say, alone: bool) -> Recorder:
    """A sink that records whenever the settings name a file; raises what opening the first one raises, if any."""

    def open_video(settings: Settings) -> VideoSink | None:
        if settings.record is None:
            return None
        video = VideoSink(settings.record, size, fps, keep=True).__enter__()
        if video.path != settings.record:
            say(f"{settings.record} is there already")
        say(f"to {video.name}")
        return video

    video = Swap(lambda settings: settings.record, open_video, close_video, control.settings)
    control.prepare(video.prepare, "record")
    return Recorder(control, video, alone)


def open_demo(stack: ExitStack, settings: Settings, size: tuple[int, int], fps: float, say: Say) -> list[Sink]:
    """Opens a recording and a still in the current folder, where there is nothing else to see the result with."""
    video = free(DEMO.with_suffix(".mov" if settings.transparent else ".mp4"))
    still = free(video.with_suffix(".png"))
    demo: list[Sink] = [VideoSink(video, size, fps), StillSink(still)]
    say(f"so it is recorded to {video}, with a still beside it: {still}")
    return [stack.enter_context(sink) for sink in demo]


def open_overlay(stack: ExitStack, control: Control, address: Address, say: Say, confide: Say) -> "OverlaySink":
    """Opens the overlay, and says where to find it; raises `SinkError` when the address is taken."""
    # A web server takes a fifth of a second to import, of which most runs have no use.
    from greenscreen.web.sink import OverlaySink

    sink = stack.enter_context(OverlaySink(control, address))
    say(sink.directions())
    for line in sink.invitation():
        confide(line)
    return sink
