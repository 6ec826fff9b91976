"""Where there is no GPU to be had, one sentence says why."""

import sys
from types import ModuleType

import pytest

from greenscreen.cuda import open_card
from greenscreen.errors import EngineError


class DriverError(Exception):
    """What PyCUDA's own errors are to the card."""


def pretend_driver(monkeypatch: pytest.MonkeyPatch, count: int, fails: bool = False) -> None:
    """PyCUDA on a machine with so many GPUs, or with a driver that does not start."""
    driver = ModuleType("pycuda.driver")

    def init() -> None:
        if fails:
            raise DriverError("cuInit failed: no CUDA-capable device is detected")

    class Device:
        @staticmethod
        def count() -> int:
            return count

    vars(driver).update(Error=DriverError, MemoryError=DriverError, init=init, Device=Device)
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
