"""A card that is none: the kernels' own source, compiled for this processor, on the host's memory."""

import ctypes
import itertools
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from greenscreen.cuda.card import CardLostError
from greenscreen.cuda.compiler import KERNELS, kernel_names, source_of

SHIM = Path(__file__).with_name("cuda_on_cpu.h")
BLOCK = (32, 8, 1)
Dim = ctypes.c_uint * 3
STREAMS = itertools.count(7)
"""Handles, of which no two are alike."""


def compiled_here(folder: Path) -> Callable[..., bytes]:
    """What stands in for `compiler.compiled`: it gives the path of a library instead of machine code for a GPU."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++ to run the kernels on this processor")

    def compiled(name: str, capability: tuple[int, int], constants: Mapping[str, object]) -> bytes:
        out = folder / f"{name}.so"
        if not out.exists():
            source = source_of(name, constants)
            text = folder / f"{name}.cpp"
            text.write_text(source + "\n" + "".join(f"EXPORT({kernel})\n" for kernel in kernel_names(name)))
            words = [
                "-shared",
                "-fPIC",
                "-std=c++17",
                "-O2",
                "-ffp-contract=off",
                "-I",
                str(KERNELS),
                "-include",
                str(SHIM),
            ]
            subprocess.run([str(compiler), *words, "-o", str(out), str(text)], check=True)
        return str(out).encode()

    return compiled


class EmulatedCard:
    """The protocol `Card`, with everything done at once, in order.

    `lost` makes it fail as a real one would, and `hung` never come to an end.
    """

    name, capability = "Emulated", (9, 0)

    def __init__(self) -> None:
        self.stream = next(STREAMS)
        self.lost = self.closed = self.hung = False
        self.entered = 0
        self.memory: dict[int, NDArray[np.uint8]] = {}
        self.pins: dict[int, NDArray[Any]] = {}
        self._recording: list[Callable[[], None]] | None = None

    def __enter__(self) -> Self:
        self.entered += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.entered -= 1

    def do(self, work: Callable[[], None]) -> None:
        """Puts work into the stream."""
        assert self.entered, "the card is not current in this thread"
        assert not self.closed, "the card is closed"
        if self.lost:
            raise CardLostError("the GPU failed: it is unplugged")
        if self._recording is None:
            work()
        else:
            self._recording.append(work)

    def at(self, pointer: int, size: int) -> NDArray[np.uint8]:
        """The memory behind a pointer, which must lie within one allocation."""
        for start, array in self.memory.items():
            if start <= pointer and pointer + size <= start + array.size:
                return array[pointer - start : pointer - start + size]
        raise AssertionError(f"{size} bytes at {pointer} were never allocated")

    def allocate(self, size: int) -> int:
        # Poison, so that what is read before it was written shows: as float32 it is not a number.
        array = np.full(size, 0xFF, np.uint8)
        self.memory[array.ctypes.data] = array
        return array.ctypes.data

    def free(self, pointer: int) -> None:
        self.wait()
        del self.memory[pointer]

    def pinned(self, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
        array = np.zeros(shape, dtype)
        self.pins[array.ctypes.data] = array
        return array

    def unpin(self, array: NDArray[Any]) -> None:
        self.wait()
        del self.pins[array.ctypes.data]

    @property
    def held(self) -> int:
        """Bytes of its own memory and of the host's that are not free."""
        return sum(array.nbytes for array in (*self.memory.values(), *self.pins.values()))

    def upload(self, pointer: int, array: NDArray[Any]) -> None:
        self.do(lambda: np.copyto(self.at(pointer, array.nbytes), array.reshape(-1).view(np.uint8)))

    def download(self, array: NDArray[Any], pointer: int) -> None:
        self.do(lambda: np.copyto(array.reshape(-1).view(np.uint8), self.at(pointer, array.nbytes)))

    def clear(self, pointer: int, size: int) -> None:
        self.do(lambda: self.at(pointer, size).fill(0))

    def kernels(self, code: bytes, *names: str) -> list[Any]:
        library = ctypes.CDLL(code.decode())
        return [getattr(library, f"launch_{name}") for name in names]

    def launch(self, kernel: Any, size: tuple[int, int], *arguments: np.generic) -> None:
        grid = Dim(-(-size[0] // BLOCK[0]), -(-size[1] // BLOCK[1]), 1)
        held = [np.array([argument]) for argument in arguments]
        pointers = (ctypes.c_void_p * len(held))(*(array.ctypes.data for array in held))
        self.do(lambda: held and kernel(grid, Dim(*BLOCK), pointers))

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        self._recording, done = [], []
        try:
            work()
        finally:
            done, self._recording = self._recording, None

        def replay() -> None:
            for step in done:
                self.do(step)

        return replay

    def forget(self) -> None: ...

    def wait(self) -> None:
        if self.hung:
            raise CardLostError("the GPU did not answer")
        self.do(lambda: None)

    def idle(self) -> bool:
        return not self.hung

    def milliseconds(self, work: Callable[[], None]) -> float:
        work()
        return 0.0

    def close(self) -> None:
        if self.hung:
            raise CardLostError("the GPU hangs")
        self.closed = True
        self.memory.clear()
        self.pins.clear()
