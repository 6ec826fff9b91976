"""The kernels compile for every GPU that people have, once, by whichever compiler there is."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from greenscreen import cache
from greenscreen.cuda import compiler
from greenscreen.cuda.compiler import HEADER, KERNELS, by_nvcc, by_nvrtc, compiled, find_nvrtc, source_of
from greenscreen.errors import EngineError
from greenscreen.gpu.kernels import CONSTANTS, PARTS

NVCC = shutil.which("nvcc")
needs_nvcc = pytest.mark.skipif(NVCC is None, reason="needs nvcc")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    return tmp_path / "cache"


@needs_nvcc
def test_every_kernel_compiles_for_turing_to_blackwell_without_warnings(tmp_path: Path) -> None:
    known = subprocess.run([str(NVCC), "--list-gpu-arch"], capture_output=True, text=True, check=True).stdout
    wanted = [arch for arch in ("75", "80", "86", "89", "90", "100", "120") if f"compute_{arch}" in known.split()]
    assert len(wanted) > 1
    source = "".join(source_of(name, CONSTANTS if name == PARTS[0] else {}) for name in PARTS)
    # The kernels ask for no architecture, so the first half of the way is the same for all but what CUDA itself has for
    # the oldest or the newest alone.
    assert "__CUDA_ARCH__" not in source + (KERNELS / HEADER).read_text()
    whole = tmp_path / "all.cu"
    whole.write_text(source)
    older, newest = ",".join(f"sm_{arch}" for arch in wanted[:-1]), wanted[-1]
    command = [str(NVCC), "-fatbin", "--threads", "0", "-std=c++17", "-Werror", "all-warnings", "-I", str(KERNELS)]
    command += ["-gencode", f"arch=compute_{wanted[0]},code=[{older}]"]
    command += ["-gencode", f"arch=compute_{newest},code=sm_{newest}"]
    answer = subprocess.run([*command, "-o", str(tmp_path / "all.fatbin"), str(whole)], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


@needs_nvcc
def test_what_was_compiled_once_is_kept(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiled("matte", (9, 0), CONSTANTS)
    monkeypatch.setattr(compiler, "by_nvcc", lambda *_: pytest.fail("compiled again"))
    assert compiled("matte", (9, 0), CONSTANTS) == first
    (kept,) = (own_cache / "kernels").iterdir()
    assert kept.name.startswith("matte-sm_90-")


@needs_nvcc
def test_a_gpu_that_nvcc_does_not_know_is_named() -> None:
    with pytest.raises(EngineError, match="nvcc cannot compile for sm_31"):
        by_nvcc(str(NVCC), source_of("matte", CONSTANTS), "sm_31")


def test_without_nvcc_the_library_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        find_nvrtc()
    except EngineError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert compiled("matte", (9, 0), CONSTANTS)[:4] == b"\x7fELF"
    with pytest.raises(EngineError, match=r"NVRTC cannot compile for sm_90: .*error"):
        by_nvrtc("nonsense", "", "sm_90")


def test_without_any_compiler_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: str) -> None:
        raise OSError

    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(ctypes, "CDLL", nothing)
    with pytest.raises(EngineError, match="neither nvcc nor NVRTC") as caught:
        compiled("matte", (9, 0), CONSTANTS)
    assert "pip install nvidia-cuda-nvrtc" in caught.value.hint
