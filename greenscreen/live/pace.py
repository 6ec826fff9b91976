"""Frames on their way to the loop: withheld while hidden, held to their time, thinned to a rate, fitted to a size."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from greenscreen.picture.frame import Frame
from greenscreen.picture.placeholder import QUIET, placeholder
from greenscreen.picture.resize import cover, letterbox
from greenscreen.settings import Fit
from greenscreen.sources import Source


def resting(source: Source, hidden: Callable[[], bool]) -> Iterator[Frame]:
    """The source's frames; while the person is `hidden` none is taken, and a few stand-ins a second come instead.

    A video stands still meanwhile and goes on where it was; a camera goes on without us.
    """
    frames, now, late, index = iter(source), time.perf_counter() if source.live else 0.0, 0.0, 0
    while True:
        wait = 0.0 if source.live else 1 / source.fps
        while hidden():
            if source.live:
                time.sleep(wait)
                now = time.perf_counter()
            else:
                now, late = now + wait, late + wait
            yield Frame(placeholder(*source.size), now, index, stand_in=True)
            index, wait = index + 1, QUIET
        frame = next(frames, None)
        if frame is None:
            return
        now = frame.time + late
        yield replace(frame, time=now, index=index)
        index += 1


def paced(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Holds frames of a file back until their time has come, as if a camera took them. Late ones go at once."""
    start: float | None = None
    for frame in frames:
        now = time.perf_counter()
        # After a long stall, such as a suspended machine, go on at the usual pace instead of racing to catch up.
        if start is None or now - start - frame.time > 1:
            start = now - frame.time
        time.sleep(max(0.0, start + frame.time - now))
        yield frame


def thinned(frames: Iterable[Frame], fps: float) -> Iterator[Frame]:
    """At most `fps` frames a second, by the frames' own times; those left out are spread evenly."""
    due: float | None = None
    cut = False
    # A little early counts as on time, so that a camera's jitter does not halve a rate that is its own.
    early = min(0.01, 0.25 / fps)
    for frame in frames:
        # What is left out must not take the news of a cut with it.
        cut |= frame.fresh
        if due is None or frame.time >= due - early:
            due = frame.time + 1 / fps if due is None or frame.time > due + 1 else due + 1 / fps
            yield replace(frame, fresh=cut)
            cut = False


def fitted(frames: Iterable[Frame], size: tuple[int, int], fit: Fit = "crop") -> Iterator[Frame]:
    """Every frame at this width and height, never stretched: cut in the middle, or whole between black bars."""
    shape = cover if fit == "crop" else letterbox
    for frame in frames:
        yield frame if frame.size == size else replace(frame, given=shape(frame.image, *size))
