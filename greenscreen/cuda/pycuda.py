"""The card through PyCUDA."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import numpy as np
from pycuda import driver

from greenscreen.cuda.card import PATIENCE, Array, CardLostError, Kernel, hold
from greenscreen.cuda.graph import Graphs
from greenscreen.errors import EngineError

BLOCK = (32, 8, 1)
"""Threads a block: a warp along the row, so that neighbours read neighbours."""
_ADVICE = "close other programs that use the GPU, or use a CPU engine: --engine openvino"


class PyCudaCard:
    """A GPU's primary context, which TensorRT and other libraries in this process share."""

    def __init__(self, index: int):
        """Raises `EngineError` when there is no GPU of this number."""
        try:
            driver.init()
            count = driver.Device.count()
        except driver.Error as error:
            raise EngineError(f"NVIDIA's driver does not start: {error}", "see: nvidia-smi") from error
        if not 0 <= index < count:
            there = "there is no NVIDIA GPU" if not count else f"there is no GPU {index}, only 0 to {count - 1}"
            raise EngineError(there, "choose another with --gpu, or use a CPU engine: --engine openvino")
        self._lost = False
        # What PyCUDA frees only where the card is current, so that it is kept here until then.
        self._memory: dict[int, driver.DeviceAllocation] = {}
        self._pinned: dict[int, driver.PagelockedHostAllocation] = {}
        # Loaded once, however often they are asked for.
        self._modules: dict[bytes, driver.Module] = {}
        self._graphs = Graphs()
        with self._translated():
            device = driver.Device(index)
            self.name, self.capability = device.name(), device.compute_capability()
            self._context = device.retain_primary_context()
        try:
            with self, self._translated():
                self._stream = driver.Stream()
                self._done = driver.Event(driver.event_flags.DISABLE_TIMING)
        except EngineError:
            self._release()
            raise
        self.stream = self._stream.handle

    def __enter__(self) -> Self:
        with self._translated():
            self._context.push()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._translated():
                driver.Context.pop()
        except CardLostError:
            # What failed before says more than what fails because of it.
            if error is None:
                raise

    def allocate(self, size: int) -> int:
        with self._translated():
            allocation = driver.mem_alloc(size)
        self._memory[int(allocation)] = allocation
        return int(allocation)

    def free(self, pointer: int) -> None:
        self.wait()
        with self._translated():
            self._memory.pop(pointer).free()

    def pinned(self, shape: tuple[int, ...], dtype: type[np.generic]) -> Array:
        with self._translated():
            array: Array = driver.pagelocked_zeros(shape, dtype)
        self._pinned[array.ctypes.data] = array.base
        return array

    def unpin(self, array: Array) -> None:
        self.wait()
        with self._translated():
            self._pinned.pop(array.ctypes.data).free()

    def upload(self, pointer: int, array: Array) -> None:
        with self._translated():
            driver.memcpy_htod_async(pointer, array, self._stream)

    def download(self, array: Array, pointer: int) -> None:
        with self._translated():
            driver.memcpy_dtoh_async(array, pointer, self._stream)

    def clear(self, pointer: int, size: int) -> None:
        with self._translated():
            driver.memset_d8_async(pointer, 0, size, self._stream)

    def kernels(self, code: bytes, *names: str) -> list[Kernel]:
        with self._translated():
            if code not in self._modules:
                self._modules[code] = self._loaded(code)
            return [self._modules[code].get_function(name) for name in names]

    def _loaded(self, code: bytes) -> driver.Module:
        try:
            return driver.module_from_buffer(code)
        except (driver.LogicError, driver.RuntimeError) as error:
            # Most often it is older than what compiled them.
            major, minor = driver.get_driver_version() // 1000, driver.get_driver_version() % 1000 // 10
            raise EngineError(
                f"NVIDIA's driver, which runs CUDA {major}.{minor}, does not load the kernels: {error}",
                f"update the driver, or install nvcc or NVRTC of CUDA {major}; then: greenscreen engine clean",
            ) from error

    def launch(self, kernel: Kernel, size: tuple[int, int], *arguments: np.generic) -> None:
        grid = (-(-size[0] // BLOCK[0]), -(-size[1] // BLOCK[1]), 1)
        with self._translated():
            kernel(*arguments, grid=grid, block=BLOCK, stream=self._stream)

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        return self._graphs.record(self.stream, work)

    def forget(self) -> None:
        self.wait()
        self._graphs.close()

    def wait(self) -> None:
        until = time.monotonic() + PATIENCE
        with self._translated():
            self._done.record(self._stream)
            while not self._done.query():
                if time.monotonic() > until:
                    raise CardLostError(f"the GPU did not answer within {PATIENCE} seconds", "see: nvidia-smi")
                # Lets other threads run, and comes back at once: work on the card is a matter of microseconds.
                time.sleep(0)

    def idle(self) -> bool:
        try:
            with self, self._translated():
                return bool(self._stream.is_done())
        except CardLostError:
            return True

    def milliseconds(self, work: Callable[[], None]) -> float:
        with self._translated():
            start, end = driver.Event(), driver.Event()
            start.record(self._stream)
            work()
            end.record(self._stream)
            end.synchronize()
            return float(start.time_till(end))

    def close(self) -> None:
        if not self.idle():
            hold(self)
            raise CardLostError("the GPU hangs, and keeps what it was given", "see: nvidia-smi")
        # What a lost card no longer takes back goes with its context.
        with suppress(EngineError), self, self._translated():
            if not self._lost:
                self._graphs.close()
                for allocation in (*self._memory.values(), *self._pinned.values()):
                    allocation.free()
                self._modules.clear()
                del self._stream, self._done
        self._release()

    def _release(self) -> None:
        """Gives the context back. PyCUDA does that in the thread that asked for it, and elsewhere if it is current
        there; either way it stays current."""
        for step in (self._context.push, self._context.detach):
            with suppress(driver.Error):
                step()
        self._graphs.leave(self._context.handle)
        self._memory.clear()
        self._pinned.clear()
        self._modules.clear()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except driver.MemoryError as error:
            raise EngineError("the GPU has too little free memory", _ADVICE) from error
        except driver.Error as error:
            self._lost = True
            raise CardLostError(f"the GPU failed: {error}", "see: greenscreen doctor") from error
