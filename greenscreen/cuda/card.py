"""What we ask of a GPU, in one small protocol, and how the choice of one fails well."""

import ctypes
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from greenscreen.errors import EngineError

Kernel = Any
"""A function of the card's, as its library gives it: handed back to `launch`, nothing else."""

Array = NDArray[Any]

PATIENCE = 0.8
"""Seconds to wait for a frame's work: what takes longer counts as lost, and the CPU takes over within the second."""


class CardLostError(EngineError):
    """The GPU failed or stopped answering; all that was on it is gone."""


def hold(thing: object) -> None:
    """Nothing of this is ever freed, not even when the process ends: that too would wait for a card that hangs."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


class Card(Protocol):
    """One GPU with one stream of work, in order; entered, it is current in the calling thread.

    Whoever opened it uses it, from one thread at a time, and closes it, from any. Pointers are device addresses. What
    does not say that it waits only puts work into the stream. Everything raises `CardLostError` when the card fails,
    and `EngineError` when its memory is short.
    """

    name: str
    capability: tuple[int, int]
    stream: int
    """The stream's handle, for TensorRT."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def allocate(self, size: int) -> int:
        """A pointer to this many bytes, released with the card if it is not freed before."""
        ...

    def free(self, pointer: int) -> None:
        """Releases what `allocate` gave; waits for the stream."""
        ...

    def pinned(self, shape: tuple[int, ...], dtype: type[np.generic]) -> Array:
        """An array of the host's that is copied from and to without a detour, and while the host goes on.

        Released like memory of the card's; nobody may look at it any more then.
        """
        ...

    def unpin(self, array: Array) -> None:
        """Releases what `pinned` gave; waits for the stream."""
        ...

    def upload(self, pointer: int, array: Array) -> None: ...

    def download(self, array: Array, pointer: int) -> None: ...

    def clear(self, pointer: int, size: int) -> None: ...

    def kernels(self, code: bytes, *names: str) -> list[Kernel]:
        """The functions of these names in compiled `code`; raises `EngineError` when the driver does not take it."""
        ...

    def launch(self, kernel: Kernel, size: tuple[int, int], *arguments: np.generic) -> None:
        """One thread for each of width x height; pointers are passed as `np.uintp`."""
        ...

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """What `work` puts into the stream, as one thing to be put there again and again: a CUDA graph."""
        ...

    def forget(self) -> None:
        """Releases all that was recorded."""
        ...

    def wait(self) -> None:
        """Until all is done; raises `CardLostError` on failure and after `PATIENCE`."""
        ...

    def idle(self) -> bool:
        """Whether nothing is left to be done, which is also so once the card failed; does not wait."""
        ...

    def milliseconds(self, work: Callable[[], None]) -> float:
        """How long the card takes for what `work` puts into the stream, by its own clock; waits for it."""
        ...

    def close(self) -> None:
        """Releases everything, also after an error; but raises `CardLostError` while the card is not idle: to release
        what it works with would wait for it, for ever if it hangs."""
        ...


def open_card(index: int = 0) -> Card:
    """The GPU of this number; raises `EngineError` that says what is missing: PyCUDA, the driver, the GPU."""
    try:
        from greenscreen.cuda.pycuda import PyCudaCard
    except ImportError as error:
        if "pycuda" in str(error):
            raise EngineError("PyCUDA is not installed", "pip install pycuda") from error
        raise EngineError(f"PyCUDA does not load: {error}", "install NVIDIA's driver") from error
    return PyCudaCard(index)
