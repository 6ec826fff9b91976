"""Stray blobs go, pinholes are filled; people, however many, and real holes stay.

Connected components of the coarse matte, with hysteresis in space (Canny's two thresholds, PAMI 1986) and in time, so
that nothing at a limit comes and goes: what was there a frame ago may be smaller than what is new, and for some frames
as small as it likes, as a lens of glasses is that comes away from the face; what was stray is so until it is surely
linked to a person, and haze is no link; and a hole that was open closes later than it opens.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture import memory
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Matte

Mask = NDArray[np.bool_]

HAZE, SURE = 0.2, 0.5
"""Above the first, a place belongs to a blob; above the second, surely."""
NEW, KNOWN = 0.008, 0.004
"""Least share of the picture that a blob must surely have to be let in, and of what it had, however unsure now, to
stay: a hand has twice as much."""
PINHOLE, CLOSED = 0.0008, 0.0002
"""Largest share of the picture that a hole may have to be filled: what is seen between arm and body has more. And that
one may have of which most was open a frame ago."""
STAY = 10
"""Frames for which a blob stays of which most was known a frame ago, and of which a third is surely one still, however
small it is now: what a fast hand leaves behind is less sure."""
WAS_PERSON, WAS_STRAY = 64, 128
"""Of a place a frame ago: it was surely person, or it was taken for a stray. What is less are the frames for which the
blob that it belonged to may stay; 0 if it belonged to none."""


class Islands:
    """Remembers what each place was a frame ago."""

    def __init__(self) -> None:
        self._was: Bytes | None = None
        self._runs: tuple[NDArray[np.int32], ...] | None = None

    def clear(self, matte: Matte, fast: bool = False) -> Matte:
        """`(h, w)` in [0, 1] to the same, without strays and pinholes; the argument is left as it is.

        With `fast`, they are found by compiled loops, which bring it to [0, 1] in passing; what is not a number is 0.
        """
        if self._was is None or self._was.shape != matte.shape:
            self._was = np.full(matte.shape, WAS_PERSON, np.uint8)
            self._runs = None
        if fast:
            return self._clear_fast(matte, self._was)
        out, was = matte.copy(), self._was
        stray = cv2.dilate(was & WAS_STRAY, np.ones((3, 3), np.uint8)) > 0
        out[stray & (stay_of(was) == 0) & (matte > HAZE) & (matte <= SURE)] = 0
        count, labels = cv2.connectedComponents((out > HAZE).astype(np.uint8), connectivity=8)
        stay = staying(np.asarray(labels, np.int32), count, matte > SURE, stay_of(was))
        out[(stay == 0)[labels] & (labels > 0)] = 0
        _fill(out, was & WAS_PERSON > 0)
        was[:] = stay[labels]
        was[out > SURE] |= WAS_PERSON
        was[(matte > HAZE) & (out == 0)] |= WAS_STRAY
        return out

    def _clear_fast(self, matte: Matte, was: Bytes) -> Matte:
        from greenscreen.refine import islands_kernels as kernels

        self._runs = self._runs or kernels.room_for_runs(*matte.shape)
        out, limits = memory.empty(matte.shape, np.float32), (np.float32(HAZE), np.float32(SURE))
        least = NEW * matte.size, KNOWN * matte.size, PINHOLE * matte.size, CLOSED * matte.size
        words = np.uint8(STAY), np.uint8(WAS_PERSON), np.uint8(WAS_STRAY)
        kernels.clear(np.ascontiguousarray(matte, np.float32), was, limits, least, words, out, self._runs)
        return out

    def reset(self) -> None:
        self._was = None


def stay_of(was: Bytes) -> Bytes:
    """For how many frames the blobs that places belonged to may stay."""
    return was & np.uint8(WAS_PERSON - 1)


def staying(labels: NDArray[np.int32], count: int, sure: Mask, stay: Bytes) -> Bytes:
    """For how many frames each blob may stay from now on, `(count,)`: 0 if it is a stray, or no blob."""
    area, surely = np.bincount(labels.ravel(), minlength=count), np.bincount(labels[sure], minlength=count)
    known, left = np.bincount(labels[stay > 0], minlength=count), np.zeros(count, np.uint8)
    np.maximum.at(left, labels, stay)
    left = np.where((2 * known >= area) & (3 * surely >= area), np.maximum(left, 1) - 1, 0)
    left[(surely >= NEW * labels.size) | (known >= KNOWN * labels.size)] = STAY
    left[0] = 0
    return np.asarray(left, np.uint8)


def _fill(matte: Matte, person: Mask) -> None:
    """Fills holes that are too small to be real, where most of them was `person` and where it was not."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((matte <= SURE).astype(np.uint8), connectivity=4)
    h, w = matte.shape
    left, top, width, height, area = stats.T
    inside = (left > 0) & (top > 0) & (left + width < w) & (top + height < h)
    closed = 2 * np.bincount(labels[person], minlength=len(area)) >= area
    pinhole = inside & (area < np.where(closed, PINHOLE, CLOSED) * matte.size)
    pinhole[0] = False
    if pinhole.any():
        hole = cv2.dilate(pinhole[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        matte[hole] = 1
