"""What PyCUDA does not wrap: CUDA graphs, by which a frame's few dozen launches become one, and leaving a context."""

import ctypes
import sys
from collections.abc import Callable

from greenscreen.cuda.card import CardLostError
from greenscreen.errors import EngineError

_OUT_OF_MEMORY = 2
"""CUDA_ERROR_OUT_OF_MEMORY."""
_RELAXED = 2
"""CU_STREAM_CAPTURE_MODE_RELAXED: other threads may go on using the GPU while this one records."""


class Graphs:
    """Records what is put into a stream, and puts all of it there again in one call. Knows CUDA's driver by name."""

    def __init__(self) -> None:
        self._cuda = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        self._kept: list[ctypes.c_void_p] = []

    def record(self, stream: int, work: Callable[[], None]) -> Callable[[], None]:
        """Runs `work` without anything happening, and returns what makes it happen; raises `CardLostError`."""
        handle, graph, ready = ctypes.c_void_p(stream), ctypes.c_void_p(), ctypes.c_void_p()
        self._call("cuStreamBeginCapture_v2", handle, _RELAXED)
        try:
            work()
        except BaseException:
            # A stream left recording could not be used for anything else.
            if not self._cuda.cuStreamEndCapture(handle, ctypes.byref(graph)):
                self._cuda.cuGraphDestroy(graph)
            raise
        self._call("cuStreamEndCapture", handle, ctypes.byref(graph))
        try:
            self._call("cuGraphInstantiateWithFlags", ctypes.byref(ready), graph, ctypes.c_ulonglong(0))
        finally:
            self._call("cuGraphDestroy", graph)
        self._kept.append(ready)
        return lambda: self._call("cuGraphLaunch", ready, handle)

    def close(self) -> None:
        for ready in self._kept:
            self._cuda.cuGraphExecDestroy(ready)
        self._kept.clear()

    def leave(self, context: int) -> None:
        """Makes the context current no longer in the calling thread, if it is."""
        now = ctypes.c_void_p()
        if not self._cuda.cuCtxGetCurrent(ctypes.byref(now)) and now.value == context:
            self._cuda.cuCtxPopCurrent_v2(ctypes.byref(now))

    def _call(self, name: str, *arguments: object) -> None:
        status = getattr(self._cuda, name)(*arguments)
        if status == _OUT_OF_MEMORY:
            raise EngineError("the GPU has too little free memory", "close other programs that use the GPU")
        if status:
            raise CardLostError(f"the GPU failed: {name} gave error {status}", "see: greenscreen doctor")
