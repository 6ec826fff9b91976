"""Notices a cut: the picture is another one, and what was remembered of the last is worth nothing."""

import cv2
import numpy as np

from greenscreen.band import Field
from greenscreen.frame import Image

BLOCKS = 32, 18
"""Across and down: few enough to be free, and each so large that noise is nothing to its mean."""
CUT = 12.0
"""Difference of a block's mean green, of 255, that more than half of the blocks must have. Somebody who steps aside
changes fewer; a lamp that is switched on may change as many, and costs one frame's steadiness."""


class Cuts:
    """Remembers the last picture, in blocks."""

    def __init__(self) -> None:
        self._last: Field | None = None

    def at(self, guide: Image) -> bool:
        """Whether there is a cut between the last picture and this one, `(h, w, 3)`. To be asked once a frame."""
        green = np.ascontiguousarray(guide[::2, ::2, 1])
        last, self._last = self._last, cv2.resize(green, BLOCKS, interpolation=cv2.INTER_AREA).astype(np.float32)
        return last is not None and bool(2 * np.count_nonzero(np.abs(self._last - last) > CUT) > last.size)
