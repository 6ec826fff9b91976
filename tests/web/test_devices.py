"""Cameras and engines are chosen from those that are there, and nothing else of this machine can be reached by it."""

import time
from typing import Any

import pytest

from greenscreen.errors import UsageError
from greenscreen.linux.v4l2 import Device
from greenscreen.settings import make_settings
from greenscreen.web import devices

WEBCAM = Device("/dev/video4", "HD Webcam", "uvcvideo", capture=True, output=False)
OURS = Device("/dev/video10", "greenscreen", "v4l2 loopback", capture=True, output=False)
METADATA = Device("/dev/video5", "HD Webcam", "uvcvideo", capture=False, output=False)


@pytest.fixture(autouse=True)
def _plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_devices", lambda: [WEBCAM, METADATA, OURS])
    monkeypatch.setattr(devices.sys, "platform", "linux")


@pytest.mark.parametrize(
    ("asked", "camera"),
    [(None, None), ("4", "/dev/video4"), ("/dev/video4", "/dev/video4"), ("/home/me/private.mp4", None)],
)
def test_cameras_are_listed_and_the_chosen_one_named(asked: str | None, camera: str | None) -> None:
    """Our own virtual camera is none, and a file's path is nobody's business."""
    found = devices.choices(make_settings(camera=asked))
    assert found["cameras"] == [{"device": "/dev/video4", "name": "HD Webcam"}]
    assert found["camera"] == camera
    assert "private" not in str(found)


@pytest.mark.parametrize(
    "values",
    [
        {"camera": "/etc/passwd"},
        {"camera": "http://evil.example/stream"},
        {"camera": "/dev/video10"},
        {"camera": None},
        {"camera": ["/dev/video4"]},
        {"engine": "os"},
        {"engine": {}},
        {"model": "/tmp/x.onnx"},
        {"__class__": 1},
        {"camera": "x" * 9000},
    ],
    ids=lambda values: str(values)[:40],
)
def test_nothing_else_can_be_named(run: Any, values: dict[str, Any]) -> None:
    before = run.control.settings
    answer = run.ask("/api/devices", "PATCH", values)
    assert answer.status == 422
    assert "choose" in answer.json["error"]
    assert run.control.settings == before
    assert run.well()


def test_without_a_camera_there_is_none_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_devices", lambda: [OURS])
    with pytest.raises(UsageError) as caught:
        devices.chosen({"camera": "/dev/video0"})
    assert caught.value.hint == "plug a camera in"


def test_a_file_does_not_become_a_camera(run: Any) -> None:
    """It has a size, a rate and an end of its own."""
    answer = run.ask("/api/devices", "PATCH", {"camera": "/dev/video4"})
    assert answer.status == 422
    assert "a camera can only be exchanged for another" in answer.json["error"]
    assert run.moves()


def test_another_engine_takes_over_while_it_runs(run: Any) -> None:
    answer = run.ask("/api/devices", "PATCH", {"engine": "onnxruntime"})
    assert (answer.status, answer.json["engine"]) == (200, "onnxruntime")
    until = time.monotonic() + 10
    while (engine := run.ask("/api/state").json["status"]["engine"]) != "onnxruntime" and time.monotonic() < until:
        time.sleep(0.1)
    assert engine == "onnxruntime"
    assert run.moves()


def test_an_engine_that_is_not_there_is_said_and_the_old_one_stays(run: Any) -> None:
    answer = run.ask("/api/devices", "PATCH", {"engine": "onnxruntime-coreml"})
    assert answer.status == 409
    assert answer.json["error"]
    assert run.control.settings.engine == "stub"
    assert run.moves()
