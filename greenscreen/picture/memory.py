"""Memory that frames are made in, kept between them."""

import ctypes
import sys
from contextlib import suppress
from functools import cache
from itertools import compress
from sys import getrefcount
from time import monotonic
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)
Shape = tuple[int, ...]

MOST = 16
"""So many arrays of a kind are kept: more than a frame is made of."""
IDLE = 2.0
"""Seconds after which one that was not needed meanwhile is given up, such as those of a size that is wanted no more."""

# From glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_NEVER = 1 << 30  # bytes


class Kept:
    """Arrays of one kind, in use or not. Those in front are asked for first, so that what is behind falls idle."""

    __slots__ = ("arrays", "needed")

    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []
        self.needed = 0
        """How many of them were, of late."""


class Pool:
    """Hands out arrays, and hands them out again when nobody holds them any more.

    An array's reference count says that: NumPy counts whatever shares its memory, and so do buffers, OpenCV and all
    else that would keep it from being freed. There is no lock, because counting and taking is one step to other
    threads: all of it happens within `next`, in C.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[Shape, type], Kept] = {}
        self._looked = monotonic()

    def empty(self, shape: Shape, dtype: type[Number]) -> NDArray[Number]:
        """An uninitialised array of this shape and type, as of np.empty, in memory that nobody holds any more.

        It is the caller's for as long as they hold it or any part of it. For shapes that do not vary from frame to
        frame; from any thread.
        """
        if FREE is None:
            return np.empty(shape, dtype)
        if monotonic() - self._looked > IDLE:
            self._give_up()
        kept = self._kept.get((shape, dtype))
        if kept is None:
            kept = self._kept.setdefault((shape, dtype), Kept())
        arrays = kept.arrays
        for index, array in compress(enumerate(arrays), map(FREE.__eq__, map(getrefcount, arrays))):
            if index >= kept.needed:
                kept.needed = index + 1
            return array
        array = np.empty(shape, dtype)
        if len(arrays) < MOST:
            arrays.append(array)
            kept.needed = len(arrays)
        return array

    def _give_up(self) -> None:
        self._looked = monotonic()
        for kept in list(self._kept.values()):
            del kept.arrays[kept.needed :]
            kept.needed = 0


def _held_by_none() -> int | None:
    """What `getrefcount` gives, within `Pool.empty`, for an array that only the pool holds; None without a GIL."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return None
    arrays = [np.empty(1)]
    counts = (
        count for count in range(10) if any(compress(enumerate(arrays), map(count.__eq__, map(getrefcount, arrays))))
    )
    return next(counts, None)


FREE = _held_by_none()
empty = Pool().empty


def copied(array: NDArray[Number]) -> NDArray[Number]:
    """A copy of an array, in such memory."""
    out = empty(array.shape, array.dtype.type)
    np.copyto(out, array)
    return out


@cache
def keep_memory() -> None:
    """Asks the C library not to give memory back to the system between two frames, where it is glibc.

    Otherwise every large array is new memory each time, which the system must clear page by page: a third of all the
    work at 1080p with blur. What the process holds does not grow by it, as the next frame needs the same again.
    """
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _NEVER)
        library.mallopt(_TRIM_THRESHOLD, _NEVER)
