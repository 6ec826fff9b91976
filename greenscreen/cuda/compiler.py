"""The kernels, compiled for one GPU and kept: by nvcc where there is one, else by NVRTC, the compiler as a library."""

import ctypes
import hashlib
import importlib.util
import logging
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from greenscreen.cache import cache_folder, read_private, write_private
from greenscreen.errors import EngineError

log = logging.getLogger(__name__)

KERNELS = Path(__file__).parent / "kernels"
HEADER = "sample.cuh"
NVRTC = ("libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "nvrtc64_130_0.dll", "nvrtc64_120_0.dll")


def compiled(name: str, capability: tuple[int, int], constants: Mapping[str, object]) -> bytes:
    """Machine code of `kernels/NAME.cu` for a GPU of this compute capability; raises `EngineError`."""
    path = kept(name, capability, constants)
    code = read_private(path)
    if code is None:
        source, arch = source_of(name, constants), arch_of(capability)
        log.info("compiling %s for %s", name, arch)
        nvcc = shutil.which("nvcc")
        code = by_nvcc(nvcc, source, arch) if nvcc else by_nvrtc(source, (KERNELS / HEADER).read_text(), arch)
        write_private(path, code)
    return code


def kept(name: str, capability: tuple[int, int], constants: Mapping[str, object]) -> Path:
    """Where that machine code is, once it is made; raises `EngineError` when the folder cannot be trusted."""
    source, arch = source_of(name, constants), arch_of(capability)
    key = hashlib.sha256("\0".join((source, (KERNELS / HEADER).read_text(), arch)).encode()).hexdigest()[:24]
    return cache_folder("kernels") / f"{name}-{arch}-{key}.cubin"


def arch_of(capability: tuple[int, int]) -> str:
    return f"sm_{capability[0]}{capability[1]}"


def source_of(name: str, constants: Mapping[str, object]) -> str:
    """The kernels' source, after definitions of the constants that they share with the CPU's code."""
    return (
        "".join(f"#define {key} {value}\n" for key, value in constants.items()) + (KERNELS / f"{name}.cu").read_text()
    )


def kernel_names(name: str) -> list[str]:
    """The kernels in `kernels/NAME.cu`."""
    return re.findall(r"__global__ void (\w+)\(", (KERNELS / f"{name}.cu").read_text())


def by_nvcc(nvcc: str, source: str, arch: str) -> bytes:
    """Needs a C++ compiler beside it; raises `EngineError` with the first line it complains of."""
    with tempfile.TemporaryDirectory() as scratch:
        text, code = Path(scratch) / "kernels.cu", Path(scratch) / "kernels.cubin"
        text.write_text(source)
        command = [nvcc, "-cubin", f"-arch={arch}", "-std=c++17", "-I", str(KERNELS), "-o", str(code), str(text)]
        try:
            subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
            return code.read_bytes()
        except subprocess.CalledProcessError as error:
            reason = (error.stderr.strip().splitlines() or ["no reason given"])[0]
            raise EngineError(f"nvcc cannot compile for {arch}: {reason}", _ADVICE) from error
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineError(f"nvcc fails: {error}", _ADVICE) from error


def by_nvrtc(source: str, header: str, arch: str) -> bytes:
    """Raises `EngineError` when there is no NVRTC, or with what it complains of."""
    nvrtc = find_nvrtc()
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    headers, names = (ctypes.c_char_p * 1)(header.encode()), (ctypes.c_char_p * 1)(HEADER.encode())
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernels.cu", 1, headers, names)
    try:
        words = [f"--gpu-architecture={arch}".encode(), b"--std=c++17"]
        failed = nvrtc.nvrtcCompileProgram(program, len(words), (ctypes.c_char_p * len(words))(*words))
        kind = "ProgramLog" if failed else "CUBIN"
        getattr(nvrtc, f"nvrtcGet{kind}Size")(program, ctypes.byref(size))
        answer = ctypes.create_string_buffer(size.value)
        getattr(nvrtc, f"nvrtcGet{kind}")(program, answer)
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    if failed:
        reason = (answer.value.decode(errors="replace").strip().splitlines() or ["no reason given"])[0]
        raise EngineError(f"NVRTC cannot compile for {arch}: {reason}", _ADVICE)
    return answer.raw


def find_nvrtc() -> ctypes.CDLL:
    """NVRTC as the system has it, or as NVIDIA's wheels bring it; raises `EngineError`."""
    for candidate in _candidates():
        try:
            library = ctypes.CDLL(candidate)
        except OSError:
            continue
        _load_beside(Path(candidate))
        return library
    raise EngineError("there is neither nvcc nor NVRTC to compile the GPU's kernels", "pip install nvidia-cuda-nvrtc")


def _load_beside(library: Path) -> None:
    """What NVRTC needs lies beside it in a wheel, where it does not look; but it takes what is loaded already."""
    if library.is_absolute():
        for needed in library.parent.glob("*nvrtc-builtins*"):
            if ".alt." not in needed.name:
                with suppress(OSError):
                    ctypes.CDLL(str(needed))


def _candidates() -> Iterator[str]:
    yield from NVRTC
    wheels = importlib.util.find_spec("nvidia")
    for folder in wheels.submodule_search_locations or () if wheels else ():
        for name in NVRTC:
            yield from map(str, Path(folder).glob(f"*/*/{name}"))


def nvcc_version(nvcc: str) -> tuple[int, int] | None:
    """The version of CUDA that it is of; None where it does not say."""
    try:
        said = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"release (\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


_ADVICE = "install one that knows this GPU, or use a CPU engine: --engine openvino"
