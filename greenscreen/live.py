"""`greenscreen run`: uses what the machine has, and says what that is."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from greenscreen.background import open_backdrop
from greenscreen.errors import SinkError
from greenscreen.frame import Frame
from greenscreen.meter import Meter
from greenscreen.pace import fitted, paced, thinned
from greenscreen.pipeline import Pipeline, run
from greenscreen.refine import Refiner
from greenscreen.segment import open_segmenter
from greenscreen.settings import Settings
from greenscreen.sinks import Sink
from greenscreen.sinks.still import StillSink
from greenscreen.sinks.video import VideoSink
from greenscreen.sinks.virtual_camera import VirtualCameraSink
from greenscreen.sinks.window import WindowSink
from greenscreen.sources import Source, open_source

DEMO = Path("greenscreen-demo.mp4")
"""Written to the current folder when there is neither virtual camera nor display, with a still beside it."""
DEMO_SECONDS = 6

Say = Callable[[str], None]


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    frames: int
    meter: Meter


def run_live(settings: Settings, say: Say) -> Summary:
    """Runs until the source ends, a sink is closed, or the person interrupts; raises what the parts raise."""
    meter = Meter()
    with ExitStack() as stack:
        backdrop = open_backdrop(settings.background)
        if backdrop:
            stack.callback(backdrop.close)
        segmenter = stack.enter_context(open_segmenter(settings.engine, settings.model))
        source = stack.enter_context(open_source(settings.camera, settings.size, settings.fps))
        say(f"from {source.name}, {source.size[0]}x{source.size[1]} at {source.fps:g} frames a second")
        say(f"cutting out with {segmenter.contract.name} on {segmenter.engine}")
        size, fps = output_format(source, settings)
        sinks = open_sinks(stack, settings, size, fps, say)
        recording_demo = not sinks
        if recording_demo:
            suffix = ".mp4" if backdrop else ".mov"
            demo: list[Sink] = [VideoSink(DEMO.with_suffix(suffix), size, fps), StillSink(DEMO.with_suffix(".png"))]
            sinks = [stack.enter_context(sink) for sink in demo]
            say(f"so this is recorded: {DEMO.with_suffix(suffix)}, and a still beside it: {DEMO.with_suffix('.png')}")
        frames: Iterable[Frame] = source
        if settings.fps and settings.fps < source.fps:
            frames = thinned(frames, settings.fps)
        if not source.live and any(isinstance(sink, VirtualCameraSink | WindowSink) for sink in sinks):
            frames = paced(frames)
        limit = settings.frames
        if limit is None and recording_demo and not source.live:
            limit = round(DEMO_SECONDS * fps)
        pipeline = Pipeline(segmenter, Refiner(), backdrop, meter)
        return Summary(run(islice(fitted(frames, size), limit), pipeline, sinks), meter)


def output_format(source: Source, settings: Settings) -> tuple[tuple[int, int], float]:
    """Size and rate of what goes out: as asked; else the source's, and for a camera always what it truly gives."""
    fps = min(settings.fps or source.fps, source.fps)
    return (source.size if source.live or not settings.size else settings.size), fps


def open_sinks(stack: ExitStack, settings: Settings, size: tuple[int, int], fps: float, say: Say) -> list[Sink]:
    """Opens what was asked for, or fails; and of what was neither asked for nor declined, whatever is there."""
    asked: list[Sink] = []
    offered: list[Sink] = []
    if settings.record:
        asked.append(VideoSink(settings.record, size, fps))
    virtual_camera = True if settings.device else settings.virtual_camera
    if virtual_camera is not False:
        (asked if virtual_camera else offered).append(VirtualCameraSink(size, fps, settings.device))
    if settings.preview is not False:
        (asked if settings.preview else offered).append(WindowSink("greenscreen", size))
    opened = [stack.enter_context(sink) for sink in asked]
    for sink in offered:
        try:
            opened.append(stack.enter_context(sink))
        except SinkError as error:
            say(f"no {sink.name}: {error}")
    for sink in opened:
        say(f"to {sink.name}")
    return opened
