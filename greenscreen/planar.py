"""Live frames go on as I420 as soon as the compiled loops are ready; until then they stay BGR, which looks the same.

Compiling takes some seconds, the first time on a machine; later it is a matter of loading. Nobody waits for either.
"""

import logging
from dataclasses import replace
from functools import cache, partial
from threading import Thread

import numpy as np

from greenscreen.compiled.ready import READY
from greenscreen.picture import memory
from greenscreen.picture.frame import Frame, guide_size
from greenscreen.picture.memory import keep_memory
from greenscreen.picture.strips import in_strips

log = logging.getLogger(__name__)

CONVERTIBLE = range(2, 17, 2)
"""How many pixels across and down a compiled loop may take for one of the guide: sixteen bits hold their sum."""


class Planar:
    """Turns frames into I420 once that is worth it."""

    def __init__(self) -> None:
        keep_memory()
        self._making = making()

    def __call__(self, frame: Frame) -> Frame:
        """The frame as I420, or as BGR: while it is too early, or where I420 would lose an odd row or column."""
        if not READY.is_set():
            return replace(frame, given=frame.image) if frame.planar else frame
        if frame.size[0] % 2 or frame.size[1] % 2:
            return frame
        return converted(frame) if fits(frame) else frame.as_planar()

    def wait(self, seconds: float = 180) -> bool:
        """Whether the loops are ready, once they are or cannot be, at the latest after this time."""
        self._making.join(seconds)
        return READY.is_set()


def fits(frame: Frame) -> bool:
    """Whether the compiled loop can convert it: it takes the guide for the mean of an even number of pixels."""
    width, height = frame.size
    wide, high = guide_size(width, height)
    factor = width // wide
    return factor in CONVERTIBLE and frame.size == (wide * factor, high * factor) and frame.pixels.flags.carray


def converted(frame: Frame) -> Frame:
    """A frame that `fits` as I420, by one pass over it, which makes the guide as well."""
    from greenscreen.compiled import convert

    width, height = frame.size
    wide, high = guide_size(width, height)
    guide, channels = memory.empty((high, wide, 3), np.uint8), memory.empty((3, high, wide), np.uint8)
    factor, means = width // wide, guide.reshape(high, 3 * wide)
    if frame.planar:
        in_strips(high, partial(convert.shrink, frame.pixels, factor, means, channels))
        return frame.converted(frame.pixels, guide, channels)
    out, pixels = memory.empty((height * 3 // 2, width), np.uint8), frame.pixels.reshape(height, 3 * width)
    in_strips(high, partial(convert.convert, pixels, factor, out, means, channels))
    return frame.converted(out, guide, channels)


@cache
def making() -> Thread:
    """Ends once the loops are ready, or cannot be made. The first to ask has them made, aside."""
    thread = Thread(target=_prepare, name="compile", daemon=True)
    thread.start()
    return thread


def _prepare() -> None:
    try:
        from greenscreen.compiled import convert
        from greenscreen.composite import soft
        from greenscreen.composite.kernels import fields, light, render
        from greenscreen.refine import cuts_kernels, guided_kernels, islands_kernels, keying_kernels, steady_kernels
        from greenscreen.segment import blocks

        # Calling them is what compiles them, or loads what was compiled before.
        refining = cuts_kernels, guided_kernels, islands_kernels, keying_kernels, steady_kernels
        for loops in (convert, *refining, soft, fields, light, render, blocks):
            loops.warm_up()
    except Exception as error:
        # Whatever keeps a compiler from working here, there is a way without it.
        log.warning("live pictures take longer than they could: the loops cannot be compiled here (%s)", error)
    else:
        READY.set()
