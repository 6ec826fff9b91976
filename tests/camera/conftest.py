"""Runs programs on the virtual machine of scripts/camera-vm."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_MACHINE = 125  # camera-vm's exit status where no virtual machine can be had
InMachine = Callable[..., Path]


@pytest.fixture(scope="module")
def in_machine(tmp_path_factory: pytest.TempPathFactory) -> InMachine:
    """Runs a command there and returns the folder of what it brought back."""

    def run(*command: str, seconds: int = 400) -> Path:
        out = tmp_path_factory.mktemp("camera")
        machine = [str(ROOT / "scripts" / "camera-vm"), "-t", str(seconds), "-o", str(out)]
        answer = subprocess.run([*machine, *command], cwd=ROOT, capture_output=True, text=True)
        if answer.returncode == NO_MACHINE:
            pytest.skip(answer.stderr.strip())
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return out

    return run
