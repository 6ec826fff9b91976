"""What the driver says decides which wheels are named."""

from pathlib import Path

import pytest

from greenscreen.cuda.driver import Driver, find_driver
from greenscreen.errors import EngineError

LIST = "NVIDIA H200, 580.10\\nNVIDIA T4, 580.10\\n"
TABLE = "| NVIDIA-SMI 580.10    Driver Version: 580.10    CUDA Version: {} |"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "nvidia-smi"


def answer(tool: Path, script: str) -> None:
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


@pytest.mark.parametrize(
    ("cuda", "remedy"),
    [
        ("13.0", "pip install tensorrt-cu13 pycuda"),
        ("12.4", "pip install tensorrt-cu12 pycuda"),
        ("14.1", "pip install tensorrt-cu13 pycuda"),
        ("11.8", "update NVIDIA's driver: this one runs CUDA 11.8, TensorRT needs 12"),
    ],
)
def test_the_wheels_fit_the_drivers_cuda(tool: Path, cuda: str, remedy: str) -> None:
    answer(tool, f'[ $# = 0 ] && echo "{TABLE.format(cuda)}" || printf "{LIST}"')
    driver = find_driver()
    assert driver is not None
    assert (driver.version, driver.gpus) == ("580.10", ("NVIDIA H200", "NVIDIA T4"))
    assert driver.remedy == remedy


@pytest.mark.parametrize(("script", "reason"), [("exit 9", "nvidia-smi fails"), ("echo hello", "no answer")])
def test_a_driver_that_does_not_answer_is_an_error(tool: Path, script: str, reason: str) -> None:
    answer(tool, script)
    with pytest.raises(EngineError, match=reason):
        find_driver()


def test_no_driver_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_driver() is None


def test_a_driver_is_a_value() -> None:
    assert Driver("1", (13, 0), ()) == Driver("1", (13, 0), ())
