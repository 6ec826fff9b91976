"""Where there is no GPU to be had, or its driver is too old, one sentence says why."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from greenscreen.cuda import open_card
from greenscreen.cuda.card import CardLostError
from greenscreen.errors import EngineError


class DriverError(Exception):
    """What PyCUDA's own errors are to the card."""


class NoMemoryError(DriverError):
    pass


class LogicError(DriverError):
    pass


def pretend_driver(monkeypatch: pytest.MonkeyPatch, count: int, fails: bool = False) -> None:
    """PyCUDA on a machine with so many GPUs, or with a driver that does not start."""
    driver = ModuleType("pycuda.driver")

    def init() -> None:
        if fails:
            raise DriverError("cuInit failed: no CUDA-capable device is detected")

    class Context:
        handle = 1
        pop = staticmethod(lambda: None)
        push = detach = pop

    class Device:
        def __init__(self, index: int):
            self.name, self.compute_capability = (lambda: f"GPU {index}"), (lambda: (9, 0))
            self.retain_primary_context = Context

        @staticmethod
        def count() -> int:
            return count

    class Stream:
        handle = 2

    def refuse(code: bytes) -> None:
        raise LogicError("cuModuleLoadDataEx failed: device kernel image is invalid")

    vars(driver).update(
        Error=DriverError,
        MemoryError=NoMemoryError,
        LogicError=LogicError,
        RuntimeError=DriverError,
        init=init,
        Device=Device,
        Context=Context,
        Stream=Stream,
        Event=lambda *_: None,
        event_flags=SimpleNamespace(DISABLE_TIMING=2),
        module_from_buffer=refuse,
        get_driver_version=lambda: 12040,
        Module=object,
    )
    package = ModuleType("pycuda")
    package.driver = driver  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pycuda", package)
    monkeypatch.setitem(sys.modules, "pycuda.driver", driver)
    monkeypatch.delitem(sys.modules, "greenscreen.cuda.pycuda", raising=False)


def test_without_pycuda_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycuda", None)
    monkeypatch.delitem(sys.modules, "greenscreen.cuda.pycuda", raising=False)
    with pytest.raises(EngineError, match="PyCUDA is not installed") as caught:
        open_card(0)
    assert "pip install" in caught.value.hint


def test_without_driver_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_driver(monkeypatch, 0, fails=True)
    with pytest.raises(EngineError, match="driver does not start: cuInit failed"):
        open_card(0)


@pytest.mark.parametrize(("count", "index", "reason"), [(0, 0, "no NVIDIA GPU"), (2, 2, "no GPU 2, only 0 to 1")])
def test_a_number_without_gpu_is_named(monkeypatch: pytest.MonkeyPatch, count: int, index: int, reason: str) -> None:
    pretend_driver(monkeypatch, count)
    with pytest.raises(EngineError, match=reason) as caught:
        open_card(index)
    assert "--gpu" in caught.value.hint


def test_kernels_that_the_driver_does_not_take_are_no_lost_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when nvcc is newer than the driver; both versions and what to do are named."""
    pretend_driver(monkeypatch, 1)
    monkeypatch.setattr("greenscreen.cuda.graph.Graphs", SimpleNamespace)
    with open_card(0) as card, pytest.raises(EngineError) as caught:
        card.kernels(b"code", "render")
    assert not isinstance(caught.value, CardLostError)
    assert "CUDA 12.4, does not load the kernels" in caught.value.message
    assert "nvcc or NVRTC of CUDA 12" in caught.value.hint
