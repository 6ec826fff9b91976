"""Notices a cut: the picture is another one, and what was remembered of the last is worth nothing."""

import cv2
import numpy as np

from greenscreen.picture.band import Field
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Image

BLOCKS = 32, 18
"""Across and down: few enough to be free, and each so large that noise is nothing to its mean."""
CUT = 12.0
"""Difference of a block's mean green, of 255, that more than half of the blocks must have. Somebody who steps aside
changes fewer; a lamp that is switched on may change as many, and costs one frame's steadiness."""


class Cuts:
    """Remembers the last picture, in blocks."""

    def __init__(self) -> None:
        self._last: Field | None = None

    def at(self, guide: Image, channels: Bytes | None = None) -> bool:
        """Whether there is a cut between the last picture and this one, `(h, w, 3)`. To be asked once a frame.

        With the guide's `channels`, `(3, h, w)`, its blocks are found by compiled loops.
        """
        last, self._last = self._last, blocks_of(guide) if channels is None else blocks_of_fast(channels[1])
        return last is not None and bool(2 * np.count_nonzero(np.abs(self._last - last) > CUT) > last.size)


def blocks_of(guide: Image) -> Field:
    """The mean green of each block, `(18, 32)`."""
    green = np.ascontiguousarray(guide[::2, ::2, 1])
    return np.asarray(cv2.resize(green, BLOCKS, interpolation=cv2.INTER_AREA), np.float32)


def blocks_of_fast(green: Bytes) -> Field:
    """Nearly the same, compiled: of every second row and all its columns."""
    from greenscreen.refine import cuts_kernels as kernels

    blocks = np.empty(BLOCKS[::-1], np.float32)
    kernels.shrink(green, blocks)
    return blocks
