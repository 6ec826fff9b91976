"""Kept networks: the same as compiled anew, never trusted when damaged, and never missed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino
import pytest

from greenscreen.cache import cache_folder
from greenscreen.contract import read_contract
from greenscreen.segment import bundled_model
from greenscreen.segment.compiled import compile_kept
from greenscreen.segment.plans import remove_plans

CONTRACT = read_contract(bundled_model())


def shapes(height: int, width: int) -> dict[str, tuple[int, ...]]:
    return {CONTRACT.image: (1, height, width, 3), str(CONTRACT.previous): (1, height, width, 1)}


SHAPES = shapes(96, 160)
SETTINGS = {"PERFORMANCE_HINT": "LATENCY"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache_folder("plans")


def matte(compiled: openvino.CompiledModel) -> np.ndarray:
    rng = np.random.default_rng(0)
    return next(iter(compiled({name: rng.random(shape, np.float32) for name, shape in SHAPES.items()}).values()))


def kept(folder: Path) -> Path:
    (path,) = folder.glob("*.openvino")
    return path


def test_what_is_kept_gives_the_same_matte(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = matte(compile_kept(bundled_model(), SHAPES, SETTINGS))
    written = kept(folder).stat().st_mtime_ns
    monkeypatch.setattr("greenscreen.segment.compiled.compile_now", None)  # must not be needed
    np.testing.assert_array_equal(matte(compile_kept(bundled_model(), SHAPES, SETTINGS)), first)
    assert kept(folder).stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "anybody's"])
def test_what_is_damaged_or_not_ones_own_is_compiled_anew(folder: Path, damage: str) -> None:
    first = matte(compile_kept(bundled_model(), SHAPES, SETTINGS))
    path = kept(folder)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    written = {"cut": content[:-9], "changed": content, "empty": b"", "anybody's": path.read_bytes()}[damage]
    path.write_bytes(written)
    if damage == "anybody's":
        path.chmod(0o666)
    np.testing.assert_array_equal(matte(compile_kept(bundled_model(), SHAPES, SETTINGS)), first)


def test_nothing_to_keep_it_in_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert matte(compile_kept(bundled_model(), SHAPES, SETTINGS)).shape == (1, 96, 160, 1)


def test_another_size_or_setting_is_another_file_and_cleaning_removes_all(folder: Path) -> None:
    compile_kept(bundled_model(), SHAPES, SETTINGS)
    compile_kept(bundled_model(), SHAPES, {"PERFORMANCE_HINT": "THROUGHPUT"})
    compile_kept(bundled_model(), shapes(64, 64), SETTINGS)
    assert len(list(folder.iterdir())) == 3
    kernel = cache_folder("kernels") / "matte-sm_90.cubin"
    kernel.write_bytes(b"kernel")
    assert remove_plans() > 0
    assert not list(folder.iterdir())
    assert not kernel.exists()


HEARD = """
import signal
from threading import Thread
from greenscreen.contract import read_contract
from greenscreen.segment import bundled_model, load_engine

signal.signal(signal.SIGINT, lambda *_: print("heard"))
engines = [load_engine("openvino")(bundled_model(), read_contract(bundled_model()), 64, 64) for _ in range(2)]
thread = Thread(target=engines.%s)
thread.start()
thread.join()
engines.clear()
signal.raise_signal(signal.SIGINT)
"""


@pytest.mark.parametrize("leave", ["clear", "reverse"])
def test_ctrl_c_is_heard_after_engines_have_come_and_gone(leave: str) -> None:
    """OpenVINO's plugin would take the stack with it on which signals are heard, and the process end by a crash."""
    done = subprocess.run([sys.executable, "-c", HEARD % leave], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "heard\n")
