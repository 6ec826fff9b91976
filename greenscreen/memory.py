"""Memory that frames are made in, kept between them."""

import ctypes
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)
Shape = tuple[int, ...]
Piece = tuple[NDArray[Any], dict[str, Any]]
"""What owns it, and where it lies, as NumPy's array interface has it."""
Idle = tuple[float, Piece]
"""Since when, on the monotonic clock."""

MOST = 16
"""So many pieces of a kind may lie idle: more than a frame is made of."""
IDLE = 2.0
"""Seconds after which a piece that lay idle all along is given up, such as those for a size that is wanted no more."""

# From glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_NEVER = 1 << 30  # bytes


def empty(shape: Shape, dtype: type[Number]) -> NDArray[Number]:
    """An array of this shape and type with anything in it, as np.empty's, in memory that others have let go of.

    It is the caller's like any other. Only when nobody holds it any more, nor any part of it, may its memory become
    another's, of the same shape and type: those should not vary from frame to frame. For any thread.
    """
    return np.asarray(_POOL.lend(shape, dtype))


def copied(array: NDArray[Number]) -> NDArray[Number]:
    """A copy of an array in such memory."""
    out = empty(array.shape, array.dtype.type)
    np.copyto(out, array)
    return out


class Loan:
    """A piece of memory in use.

    An array made of it holds it, and so does whatever is made of that array, as NumPy keeps what an array's memory
    belongs to. So when nobody holds any of them any more, this goes, and the piece is idle again.
    """

    __slots__ = ("__array_interface__", "_idle", "_piece")

    def __init__(self, piece: Piece, idle: list[Idle]):
        self.__array_interface__ = piece[1]
        self._piece, self._idle = piece, idle

    # Defaults, as a module's names may be gone before its last arrays are.
    def __del__(self, now: Callable[[], float] = monotonic, most: int = MOST) -> None:
        if len(self._idle) < most:
            self._idle.append((now(), self._piece))


class Pool:
    """Memory that nobody uses at the moment, by what lay in it.

    There is no lock: a loan may end at any moment, also within `lend`, and what is done to a list is done at once.
    """

    def __init__(self) -> None:
        self._idle: dict[tuple[Shape, type], list[Idle]] = {}
        self._looked = monotonic()

    def lend(self, shape: Shape, dtype: type[np.generic]) -> Loan:
        """The piece that was used last, which is likely to be in the processor's caches; or else a new one."""
        if monotonic() - self._looked > IDLE:
            self._give_up()
        idle = self._idle.get((shape, dtype))
        if idle is None:
            idle = self._idle.setdefault((shape, dtype), [])
        try:
            piece = idle.pop()[1]
        except IndexError:
            owner = np.empty(shape, dtype)
            piece = owner, owner.__array_interface__
        return Loan(piece, idle)

    def _give_up(self) -> None:
        self._looked = monotonic()
        for idle in list(self._idle.values()):
            # Somebody may take the last of them meanwhile.
            with suppress(IndexError):
                while idle[0][0] < self._looked - IDLE:
                    del idle[0]


_POOL = Pool()


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
