"""Where a run's pictures go: what was asked for, what the machine has, and a recording where it has nothing."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from greenscreen.address import Address
from greenscreen.control import Control
from greenscreen.control.swap import Swap
from greenscreen.errors import SinkError
from greenscreen.filing import free
from greenscreen.settings import Settings
from greenscreen.sinks import Sink
from greenscreen.sinks.recorder import Recorder, close_video
from greenscreen.sinks.recovered import recovered
from greenscreen.sinks.still import StillSink
from greenscreen.sinks.video import VideoSink
from greenscreen.sinks.virtual_camera import VirtualCameraSink
from greenscreen.sinks.window import WindowSink
from greenscreen.sources import Source

if TYPE_CHECKING:
    from greenscreen.web.sink import OverlaySink

Say = Callable[[str], None]

DEMO = Path("greenscreen-demo.mp4")
"""Written to the current folder when there is neither virtual camera nor display, with a still beside it."""


def sends(settings: Settings) -> bool:
    """Whether a virtual camera was asked for, in one way or another."""
    return bool(settings.device or settings.virtual_camera or settings.on_demand)


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
        for path in recovered(video.path.parent):
            say(f"a recording that could not be finished is now {path}")
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
