"""The doctor says what is there, what is missing and how to get it, whatever the machine is like."""

import importlib
import shutil
import sys
from pathlib import Path

import pytest

from greenscreen import doctor, segment
from greenscreen.cuda import compiler
from greenscreen.cuda.driver import Driver
from greenscreen.doctor import Finding, examine
from greenscreen.errors import EngineError
from greenscreen.linux.v4l2 import LOOPBACK_DRIVER, Device
from greenscreen.segment.host import fine_beside
from greenscreen.sinks import virtual_camera
from greenscreen.sources import camera
from greenscreen.sources.camera import CameraInfo


def findings() -> dict[str, Finding]:
    return {finding.what: finding for finding in examine()}


@pytest.mark.usefixtures("bare")
def test_a_bare_machine_can_work_and_every_gap_has_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "list_cameras", list)
    found = findings()
    assert not [finding for finding in found.values() if finding.state == "broken"]
    assert {found[name].state for name in ("greenscreen", "opencv-python", "av", "model", "engine auto")} == {"ok"}
    assert {found[name].state for name in ("cameras", "virtual camera", "display")} == {"missing"}
    assert all(finding.hint for finding in found.values() if finding.state != "ok")
    assert not {"engine onnxruntime-directml", "engine onnxruntime-coreml"} & {*found} or sys.platform != "linux"
    assert "greenscreen setup" in found["virtual camera"].hint or "OBS" in found["virtual camera"].hint


def test_devices_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a webcam's second node, which gives no pictures, is not called a camera."""
    cameras = [CameraInfo("/dev/video0", "Webcam", True), CameraInfo("/dev/video1", "Its metadata", False)]
    loopback = Device("/dev/video10", "Green", LOOPBACK_DRIVER, capture=False, output=True)
    monkeypatch.setattr(camera, "list_cameras", lambda: cameras)
    monkeypatch.setattr(virtual_camera, "list_devices", lambda: [loopback])
    found = findings()
    assert found["cameras"] == Finding("cameras", "ok", "Webcam (/dev/video0)")
    assert found["virtual camera"] == Finding("virtual camera", "ok", "Green (/dev/video10)")


def test_a_virtual_camera_is_none_to_film_with(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [CameraInfo(0, "OBS Virtual Camera", True, virtual=True)]
    monkeypatch.setattr(camera, "list_cameras", lambda: cameras)
    finding = findings()["cameras"]
    assert (finding.state, finding.detail) == ("missing", "none but virtual ones: OBS Virtual Camera (0)")
    assert "--camera" in finding.hint


def test_a_device_that_gives_no_pictures_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "list_cameras", lambda: [CameraInfo("/dev/video1", "Its metadata", False)])
    monkeypatch.setattr(virtual_camera, "list_devices", list)
    finding = findings()["cameras"]
    assert (finding.state, finding.detail) == ("missing", "none gives pictures, of Its metadata (/dev/video1)")
    assert "plug one in" in finding.hint


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's devices belong to somebody")
def test_devices_that_may_not_be_used_are_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even beside a virtual camera, which nobody means to film with."""
    webcam = Device("/dev/video0", "Webcam", "", capture=False, output=False, forbidden=True)
    fed = Device("/dev/video10", "Green", LOOPBACK_DRIVER, capture=True, output=False)
    for module in ("greenscreen.sources.camera.v4l2", "greenscreen.sinks.virtual_camera"):
        monkeypatch.setattr(f"{module}.list_devices", lambda: [webcam, fed])
    for what in ("cameras", "virtual camera"):
        finding = findings()[what]
        assert (finding.state, finding.detail) == ("missing", "you may not use /dev/video0")
        assert "usermod" in finding.hint


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ImportError("libGL.so.1: cannot open shared object file"), "sudo apt install libgl1"),
        # As when opencv-contrib-python goes, which lies in the same folder.
        (ModuleNotFoundError("No module named 'cv2'"), "pip install --force-reinstall --no-deps opencv-python"),
    ],
)
def test_what_opencv_lacks_is_named(monkeypatch: pytest.MonkeyPatch, error: ImportError, remedy: str) -> None:
    def load(name: str) -> None:
        if name == "cv2":
            raise error

    monkeypatch.setattr(importlib, "import_module", load)
    (broken,) = (finding for finding in examine() if finding.state == "broken")
    assert broken.detail == f"does not load: {error}"
    assert remedy in broken.hint


@pytest.mark.parametrize("module", ["cv2", "av"])
def test_a_library_that_does_not_load_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (broken,) = (finding for finding in examine() if finding.state == "broken")
    assert "does not load" in broken.detail
    assert "install" in broken.hint


def test_the_larger_model_is_named_if_it_is_damaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Calls go on without it: the engines are tried all the same."""
    live = segment.bundled_model()
    for path in (live, live.with_suffix(".json")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(segment, "bundled_model", lambda: tmp_path / live.name)
    fine_beside(tmp_path / live.name).write_bytes(b"damaged")
    found = findings()
    assert found["model"].state == found["engine auto"].state == "ok"
    assert found["model for photos and files"].state == "broken"


def test_a_damaged_model_is_named_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = tmp_path / "student.onnx"
    model.write_bytes(b"damaged")
    model.with_suffix(".json").write_bytes(segment.bundled_model().with_suffix(".json").read_bytes())
    monkeypatch.setattr(segment, "bundled_model", lambda: model)
    (broken,) = (finding for finding in examine() if finding.state == "broken")
    assert broken.what == "model"
    assert "not the file its contract" in broken.detail
    assert "reinstall" in broken.hint


SMI = """[ $# = 0 ] && echo 'CUDA Version: 12.8' || echo 'NVIDIA Nothing, 1.2'"""


@pytest.mark.parametrize(
    ("script", "state", "detail"),
    [(SMI, "ok", "0: NVIDIA Nothing (driver 1.2"), ("exit 9", "missing", "nvidia-smi fails")],
)
def test_the_gpu_is_what_its_driver_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, state: str, detail: str
) -> None:
    """And what TensorRT takes is named by the CUDA that the driver runs."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = findings()
    assert found["NVIDIA GPU"].state == state
    assert detail in found["NVIDIA GPU"].detail
    if state == "ok":
        assert found["tensorrt"].hint == "pip install tensorrt-cu12 pycuda"


@pytest.mark.parametrize(
    ("cuda", "installed", "state", "told", "hint"),
    [
        ((12, 8), {}, "missing", "not installed", "pip install tensorrt-cu12 pycuda"),
        ((12, 8), {"tensorrt-cu12": "10.16", "tensorrt-cu13": "11.4"}, "ok", "10.16", ""),
        ((14, 0), {"tensorrt-cu13": "11.4"}, "ok", "11.4", ""),
        ((13, 0), {"tensorrt": "11.4"}, "ok", "11.4", ""),
        (
            (12, 8),
            {"tensorrt-cu13": "11.4"},
            "missing",
            "11.4 is for CUDA 13, this driver runs 12.8",
            "pip uninstall tensorrt-cu13; pip install tensorrt-cu12 pycuda",
        ),
    ],
)
def test_tensorrt_must_fit_the_driver(
    monkeypatch: pytest.MonkeyPatch,
    cuda: tuple[int, int],
    installed: dict[str, str],
    state: str,
    told: str,
    hint: str,
) -> None:
    monkeypatch.setattr(doctor, "_version", installed.get)
    found = doctor._tensorrt(Driver("1", cuda, ("a GPU",)))
    assert (found.state, found.detail, found.hint) == (state, told, hint)


def test_what_compiles_the_kernels_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none() -> None:
        raise EngineError("there is neither nvcc nor NVRTC to compile the GPU's kernels")

    nvcc = tmp_path / "nvcc"
    nvcc.write_text("#!/bin/sh\necho 'Cuda compilation tools, release 13.0, V13.0.88'\n")
    nvcc.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(nvcc))
    assert doctor._kernel_compiler(Driver("1", (13, 0), ())) == Finding("CUDA compiler", "ok", str(nvcc))
    newer = doctor._kernel_compiler(Driver("1", (12, 4), ()))
    assert (newer.state, newer.detail) == ("missing", f"{nvcc} is of CUDA 13, this driver runs 12.4")
    assert "CUDA toolkit 12" in newer.hint
    nvcc.write_text("#!/bin/sh\nexit 1\n")
    assert doctor._kernel_compiler(Driver("1", (12, 4), ())).detail == str(nvcc)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(compiler, "find_nvrtc", none)
    for cuda, package in ((12, "nvidia-cuda-nvrtc-cu12"), (13, "nvidia-cuda-nvrtc")):
        found = doctor._kernel_compiler(Driver("1", (cuda, 0), ()))
        assert (found.state, found.hint) == ("missing", f"pip install {package}")
