"""What NVIDIA's driver says of itself: which GPUs, and which version of CUDA fits it."""

import re
import shutil
import subprocess
from dataclasses import dataclass

from greenscreen.errors import EngineError

OLDEST, NEWEST = 12, 13
"""CUDA's major versions for which there are TensorRT wheels."""


@dataclass(frozen=True)
class Driver:
    """`cuda` is the newest version that the driver can run, major and minor."""

    version: str
    cuda: tuple[int, int]
    gpus: tuple[str, ...]

    @property
    def remedy(self) -> str:
        """How to get a TensorRT and a PyCUDA that fit this driver."""
        if self.cuda[0] < OLDEST:
            return f"update NVIDIA's driver: this one runs CUDA {self.cuda[0]}.{self.cuda[1]}, TensorRT needs {OLDEST}"
        return f"pip install tensorrt-cu{self.wheels} pycuda"

    @property
    def wheels(self) -> int:
        """The major version of CUDA whose wheels fit."""
        return min(self.cuda[0], NEWEST)


def find_driver() -> Driver | None:
    """The driver of this machine, as nvidia-smi tells; none without it. Raises `EngineError` when it gives none."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return None
    query = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    lines = [line.rsplit(",", 1) for line in _ask(query).splitlines() if "," in line]
    cuda = re.search(r"CUDA Version: *(\d+)\.(\d+)", _ask([tool]))
    if not lines or not cuda:
        raise EngineError("nvidia-smi gives no answer that makes sense", "reinstall NVIDIA's driver")
    return Driver(lines[0][1].strip(), (int(cuda[1]), int(cuda[2])), tuple(name.strip() for name, _ in lines))


def _ask(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(f"nvidia-smi fails: {error}", "reinstall NVIDIA's driver") from error
