"""What can be known about the virtual camera without one: its colours, and what it says when it is not there."""

import sys
from dataclasses import replace
from errno import EAGAIN, EBUSY
from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.errors import SinkError, UsageError
from greenscreen.linux.loopback import HeldError, Loopback
from greenscreen.linux.v4l2 import Device
from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Picture
from greenscreen.sinks import virtual_camera
from greenscreen.sinks.virtual_camera import VirtualCameraSink, list_virtual_cameras

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="v4l2loopback is Linux's")

WEBCAM = Device("/dev/video0", "HD Webcam", "uvcvideo", capture=True, output=False)
HDMI_OUT = Device("/dev/video1", "HDMI", "vivid", capture=False, output=True)
BUSY = Device("/dev/video10", "OBS", "v4l2 loopback", capture=True, output=False)
FREE = Device("/dev/video11", "greenscreen", "v4l2 loopback", capture=False, output=True)
FORBIDDEN = Device("/dev/video13", "greenscreen", "", capture=False, output=False, forbidden=True)
STUCK = Device("/dev/video12", "greenscreen", "v4l2 loopback", capture=False, output=False)


@pytest.mark.parametrize(
    "colour", [(0, 0, 255), (0, 255, 0), (255, 0, 0), (128, 128, 128), (0, 0, 0), (255, 255, 255), (37, 90, 200)]
)
def test_colours_survive_the_way_to_i420_and_back(colour: tuple[int, int, int]) -> None:
    image = np.full((48, 64, 3), colour, np.uint8)
    back = cv2.cvtColor(to_i420(image), cv2.COLOR_YUV2BGR_I420)
    assert int(np.abs(back.astype(int) - colour).max()) <= 2


def test_i420_is_of_limited_range() -> None:
    """Full range would look washed out or green in programs that expect a webcam."""
    assert to_i420(np.zeros((4, 4, 3), np.uint8))[0, 0] == 16
    assert to_i420(np.full((4, 4, 3), 255, np.uint8))[0, 0] == 235


def test_an_odd_size_goes_out_cropped_to_even() -> None:
    sink = VirtualCameraSink((641, 361), 30.0)
    assert (sink._width, sink._height) == (640, 360)


def test_transparency_is_refused_with_a_way_out() -> None:
    picture = Picture(np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64), np.uint8), 0.0, transparent=True)
    with pytest.raises(UsageError, match="no transparency") as caught:
        VirtualCameraSink((64, 48), 30.0).send(picture)
    assert "green" in caught.value.hint


def with_devices(monkeypatch: pytest.MonkeyPatch, *devices: Device) -> None:
    monkeypatch.setattr(virtual_camera, "list_devices", lambda: list(devices))


@linux
def test_cameras_that_can_be_sent_to_are_loopbacks_without_a_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stuck one counts: no program writes to it, and opening it gives its output back."""
    with_devices(monkeypatch, WEBCAM, HDMI_OUT, BUSY, FREE, STUCK)
    assert [camera.device for camera in list_virtual_cameras()] == ["/dev/video11", "/dev/video12"]


@linux
def test_the_one_that_setup_makes_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program's loopback may be meant for its own pictures."""
    with_devices(monkeypatch, replace(FREE, path="/dev/video2", name="OBS Virtual Camera"), FREE)
    assert [camera.device for camera in list_virtual_cameras()] == ["/dev/video11", "/dev/video2"]


@linux
@pytest.mark.parametrize(
    ("devices", "asked", "message", "hint"),
    [
        ([], None, "there is no virtual camera on this computer", "greenscreen setup"),
        ([WEBCAM, HDMI_OUT], None, "there is no virtual camera on this computer", "greenscreen setup"),
        ([BUSY], None, "another program already sends to /dev/video10", "close that program"),
        ([BUSY, FREE], "/dev/video10", "another program already sends to /dev/video10", "close that program"),
        (
            [FREE],
            "/dev/video4242",
            "/dev/video4242 does not exist",
            "there is /dev/video11; to make one: greenscreen setup",
        ),
        (
            [WEBCAM, FREE],
            __file__,
            f"{__file__} is not a virtual camera",
            "there is /dev/video11; to make one: greenscreen setup",
        ),
        ([FREE, FORBIDDEN], "/dev/video13", "you may not use the video device /dev/video13", "usermod -aG video"),
        (
            [FORBIDDEN],
            None,
            "there is no virtual camera among the video devices that you may use",
            "usermod -aG video",
        ),
    ],
)
def test_without_a_camera_to_send_to_it_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, devices: list[Device], asked: str | None, message: str, hint: str
) -> None:
    with_devices(monkeypatch, *devices)
    with pytest.raises(SinkError) as caught:
        VirtualCameraSink((64, 48), 30.0, asked).__enter__()
    assert caught.value.message == message
    assert hint in caught.value.hint


@linux
def test_names_that_no_file_can_have_do_not_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with_devices(monkeypatch, FREE, FORBIDDEN)
    itself = tmp_path / "video"
    itself.symlink_to(itself)
    for asked in (f"/dev/{300 * 'v'}", str(itself)):
        with pytest.raises(SinkError, match="does not exist"):
            VirtualCameraSink((64, 48), 30.0, asked).__enter__()


@linux
def test_what_cannot_be_opened_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The list said that it was a loopback, but it is gone, or somebody else's, by the time it is opened."""
    path = tmp_path / "video10"
    path.touch()
    with_devices(monkeypatch, Device(str(path), "greenscreen", "v4l2 loopback", capture=False, output=True))
    with pytest.raises(SinkError, match="cannot be opened") as caught:
        VirtualCameraSink((64, 48), 30.0).__enter__()
    assert "\n" not in caught.value.message
    assert caught.value.hint


@linux
@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (
            HeldError((1280, 720)),
            "is held at 1280x720 by a program",
            "send that with --size 1280x720, or end the program",
        ),
        (HeldError((64, 48), "YUYV"), "is held at 64x48 in YUYV by a program", "end the program that watches it"),
        (OSError(EBUSY, "Device or resource busy"), "another program already sends to", "close that program"),
        (BlockingIOError(EAGAIN, "Try again"), "another program already sends to", "close that program"),
    ],
)
def test_what_another_program_keeps_is_told_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch, error: OSError, message: str, hint: str
) -> None:
    """That of another pixel format is not to send its size: it may be the one that was asked for."""

    def enter(_: Loopback) -> Loopback:
        raise error

    monkeypatch.setattr(Loopback, "__enter__", enter)
    with_devices(monkeypatch, FREE)
    with pytest.raises(SinkError) as caught:
        VirtualCameraSink((64, 48), 30.0).__enter__()
    assert message in caught.value.message
    assert caught.value.hint.startswith(hint)
