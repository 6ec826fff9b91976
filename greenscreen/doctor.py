"""What this machine has, what it lacks, and how to get it."""

import importlib
import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from greenscreen import __version__
from greenscreen.contract import read_contract
from greenscreen.cuda.driver import Driver
from greenscreen.errors import GreenscreenError

# All that needs a library loads below, once it is known that the library does.


@dataclass(frozen=True)
class Finding:
    """One line: `state` is `ok`, `missing` (works without) or `broken` (does not work without)."""

    what: str
    state: str
    detail: str
    hint: str = ""


def examine() -> Iterator[Finding]:
    """Every finding, one after the other, the needed before the optional."""
    yield Finding(
        "greenscreen", "ok", f"{__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}"
    )
    libraries = list(_libraries())
    yield from libraries
    if any(library.state == "broken" for library in libraries):
        return
    from greenscreen.segment import ELSEWHERE, ENGINES

    models = list(_models())
    yield from models
    if models[0].state == "ok":
        for name in ENGINES:
            if ELSEWHERE.get(name, sys.platform) == sys.platform:
                yield _engine(name)
        yield _chosen()
    yield from _nvidia()
    yield _cameras()
    yield _virtual_camera()
    yield _display()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _libraries() -> Iterator[Finding]:
    needed = [
        # What its wheel takes from the system is on every desktop, but not on a bare Debian or Ubuntu.
        ("cv2", "opencv-python", "sudo apt install libgl1 libglib2.0-0 libsm6 libxext6"),
        ("av", "av", "pip install --force-reinstall av"),
    ]
    if not sys.platform.startswith("linux"):
        needed.append(("pyvirtualcam", "pyvirtualcam", "pip install --force-reinstall pyvirtualcam"))
    for module, package, remedy in needed:
        try:
            importlib.import_module(module)
        except ImportError as error:
            gone = isinstance(error, ModuleNotFoundError)
            again = f"pip install --force-reinstall --no-deps {package}"
            yield Finding(package, "broken", f"does not load: {error}", again if gone else remedy)
        else:
            yield Finding(package, "ok", _version(package) or "installed")


def _models() -> Iterator[Finding]:
    from greenscreen.segment import bundled_model
    from greenscreen.segment.host import fine_beside

    live = bundled_model()
    yield _model("model", live)
    if (fine := fine_beside(live)).exists():
        yield _model("model for photos and files", fine)


def _model(what: str, path: Path) -> Finding:
    try:
        contract = read_contract(path)
    except GreenscreenError as error:
        return Finding(what, "broken", error.message, error.hint)
    return Finding(what, "ok", f"{contract.name} ({path.stat().st_size / 1e6:.1f} MB), matches its contract")


def _engine(name: str) -> Finding:
    from greenscreen.segment import open_segmenter

    try:
        with open_segmenter(name, meanwhile=True) as segmenter:
            version, model = _version(name.partition("-")[0]), segmenter.contract.name
            return Finding(f"engine {name}", "ok", f"{version or 'installed'}, runs {model}")
    except GreenscreenError as error:
        return Finding(f"engine {name}", "missing", error.message, error.hint)


def _chosen() -> Finding:
    from greenscreen.segment import open_segmenter

    try:
        with open_segmenter(meanwhile=True) as segmenter:
            return Finding("engine auto", "ok", f"chooses {segmenter.engine}")
    except GreenscreenError as error:
        return Finding("engine auto", "broken", error.message, "pip install openvino")


def _nvidia() -> Iterator[Finding]:
    from greenscreen.cuda.driver import find_driver

    try:
        driver = find_driver()
    except GreenscreenError as error:
        yield Finding("NVIDIA GPU", "missing", error.message, error.hint)
        return
    if driver is None:
        yield Finding("NVIDIA GPU", "missing", "no driver found", "the CPU engine is used instead")
        return
    gpus = "; ".join(f"{number}: {name}" for number, name in enumerate(driver.gpus))
    runs = f"driver {driver.version}, CUDA up to {driver.cuda[0]}.{driver.cuda[1]}"
    yield Finding("NVIDIA GPU", "ok", f"{gpus} ({runs})")
    yield _tensorrt(driver)
    pycuda = _version("pycuda")
    yield Finding("pycuda", "ok", pycuda) if pycuda else Finding("pycuda", "missing", "not installed", driver.remedy)
    yield _kernel_compiler(driver)


def _tensorrt(driver: Driver) -> Finding:
    """TensorRT as it came: from NVIDIA's package, or as a wheel for one version of CUDA."""
    wheels = {cuda: version for cuda in (11, 12, 13) if (version := _version(f"tensorrt-cu{cuda}"))}
    if wheels and min(wheels) > driver.cuda[0]:
        detail = f"{wheels[min(wheels)]} is for CUDA {min(wheels)}, this driver runs {driver.cuda[0]}.{driver.cuda[1]}"
        return Finding("tensorrt", "missing", detail, f"pip uninstall tensorrt-cu{min(wheels)}; {driver.remedy}")
    version = next(iter(wheels.values()), None) or _version("tensorrt")
    return (
        Finding("tensorrt", "ok", version)
        if version
        else Finding("tensorrt", "missing", "not installed", driver.remedy)
    )


def _kernel_compiler(driver: Driver) -> Finding:
    from greenscreen.cuda.compiler import find_nvrtc, nvcc_version

    if nvcc := shutil.which("nvcc"):
        version = nvcc_version(nvcc)
        if version and version[0] > driver.cuda[0]:
            detail = f"{nvcc} is of CUDA {version[0]}, this driver runs {driver.cuda[0]}.{driver.cuda[1]}"
            remedy = f"update NVIDIA's driver, or install the CUDA toolkit {driver.cuda[0]}"
            return Finding("CUDA compiler", "missing", detail, f"{remedy}; then: greenscreen engine clean")
        return Finding("CUDA compiler", "ok", nvcc)
    try:
        find_nvrtc()
    except GreenscreenError as error:
        package = "nvidia-cuda-nvrtc-cu12" if driver.wheels == 12 else "nvidia-cuda-nvrtc"
        return Finding("CUDA compiler", "missing", error.message, f"pip install {package}")
    return Finding("CUDA compiler", "ok", "NVRTC")


def _cameras() -> Finding:
    from greenscreen.linux.v4l2 import JOIN_THE_GROUP
    from greenscreen.sinks.virtual_camera import forbidden
    from greenscreen.sources.camera import list_cameras
    from greenscreen.sources.trouble import PERMISSION

    devices = list_cameras()
    given = [device for device in devices if device.captures]
    names = ", ".join(f"{device.name} ({device.device})" for device in given or devices)
    if any(not device.virtual for device in given):
        return Finding("cameras", "ok", names)
    if closed := forbidden():
        return Finding("cameras", "missing", f"you may not use {', '.join(closed)}", JOIN_THE_GROUP)
    if given:
        return Finding(
            "cameras", "missing", f"none but virtual ones: {names}", "plug one in, or name one with --camera"
        )
    hint = f"plug one in, or use --camera demo or a video file{PERMISSION}"
    return Finding("cameras", "missing", f"none gives pictures, of {names}" if devices else "none found", hint)


def _virtual_camera() -> Finding:
    from greenscreen.linux.v4l2 import JOIN_THE_GROUP
    from greenscreen.sinks.virtual_camera import HOW_TO_MAKE_ONE, forbidden, list_virtual_cameras

    found = [f"{camera.name} ({camera.device})" for camera in list_virtual_cameras()]
    if found:
        return Finding("virtual camera", "ok", ", ".join(found))
    if closed := forbidden():
        return Finding("virtual camera", "missing", f"you may not use {', '.join(closed)}", JOIN_THE_GROUP)
    return Finding("virtual camera", "missing", "none found", f"to make one: {HOW_TO_MAKE_ONE}")


def _display() -> Finding:
    from greenscreen.sinks.x11 import has_display

    if has_display():
        return Finding("display", "ok", "a window can be shown")
    return Finding("display", "missing", "no window system answers", "record with --record, or log in to a desktop")
