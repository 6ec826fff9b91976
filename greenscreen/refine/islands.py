"""Stray blobs go, pinholes are filled; people, however many, and real holes stay.

Connected components of the coarse matte, with hysteresis in space (Canny's two thresholds, PAMI 1986) and in time: what
was there a frame ago may be smaller than what is new, so that nothing at the limit comes and goes.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen import memory
from greenscreen.frame import Matte

Mask = NDArray[np.bool_]

HAZE, SURE = 0.2, 0.5
"""Above the first, a place belongs to a blob; above the second, surely."""
NEW, KNOWN = 0.008, 0.004
"""Least share of the picture that a blob must surely have to be let in, and of what it had, however unsure now, to
stay: a hand has twice as much."""
PINHOLE = 0.0008
"""Largest share of the picture that a hole may have to be filled: what is seen between arm and body has more."""


class Islands:
    """Remembers which places belonged to a blob that counted a frame ago."""

    def __init__(self) -> None:
        self._known: Mask | None = None
        self._runs: tuple[NDArray[np.int32], ...] | None = None

    def clear(self, matte: Matte, fast: bool = False) -> Matte:
        """`(h, w)` in [0, 1] to the same, without strays and pinholes; the argument is left as it is.

        With `fast`, they are found by compiled loops, which bring it to [0, 1] in passing; what is not a number is 0.
        """
        if self._known is None or self._known.shape != matte.shape:
            self._known = np.zeros(matte.shape, np.bool_)
            self._runs = None
        if fast:
            return self._clear_fast(matte, self._known)
        out = matte.copy()
        count, labels = cv2.connectedComponents((matte > HAZE).astype(np.uint8), connectivity=8)
        sure = np.bincount(labels[matte > SURE], minlength=count)
        known = np.bincount(labels[self._known], minlength=count)
        stray = (sure < NEW * matte.size) & (known < KNOWN * matte.size)
        stray[0] = False
        if stray.any():
            out[stray[labels]] = 0
        _fill(out)
        self._known = out > HAZE
        return out

    def _clear_fast(self, matte: Matte, known: Mask) -> Matte:
        from greenscreen.refine import islands_kernels as kernels

        self._runs = self._runs or kernels.room_for_runs(*matte.shape)
        out, limits = memory.empty(matte.shape, np.float32), (np.float32(HAZE), np.float32(SURE))
        least = NEW * matte.size, KNOWN * matte.size, PINHOLE * matte.size
        kernels.clear(np.ascontiguousarray(matte, np.float32), known, limits, least, out, self._runs)
        return out

    def reset(self) -> None:
        self._known = None


def _fill(matte: Matte) -> None:
    """Fills holes that are too small to be real."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((matte <= SURE).astype(np.uint8), connectivity=4)
    h, w = matte.shape
    left, top, width, height, area = stats.T
    inside = (left > 0) & (top > 0) & (left + width < w) & (top + height < h)
    pinhole = inside & (area < PINHOLE * matte.size)
    pinhole[0] = False
    if pinhole.any():
        hole = cv2.dilate(pinhole[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        matte[hole] = 1
