"""A camera gives what it can and says so; one that gives nothing is told of in words that help.

A stream over HTTP, served here, goes the whole way through OpenCV. What only broken hardware does is played by `Fake`.
"""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from broadcast import Broadcast

from greenscreen.errors import SourceError
from greenscreen.linux.v4l2 import Device
from greenscreen.picture.colour import from_i420
from greenscreen.sources import camera
from greenscreen.sources.camera import CameraInfo, CameraSource, list_cameras
from greenscreen.sources.steady import Steady
from greenscreen.sources.trouble import lost, silent, why_closed

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at /dev and /proc")


@pytest.fixture
def address() -> Iterator[str]:
    with Broadcast() as camera:
        yield camera.address


def test_a_network_stream_is_read_until_it_breaks(
    address: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(camera, "_LOST_AFTER", 0.1)
    frames = []
    with CameraSource(f"{address}/60") as source:
        assert (source.live, source.size, source.note) == (True, (64, 48), "")
        with pytest.raises(SourceError, match="stopped giving pictures"):
            frames.extend(source)
    assert len(frames) > 10
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert [frame.fresh for frame in frames] == [True] + [False] * (len(frames) - 1)
    assert abs(frames[0].image.astype(int) - 120).max() < 4
    assert abs(frames[-1].time - time.monotonic()) < 5
    assert capfd.readouterr().err == ""


def test_pictures_pass_undecoded_and_the_end_is_noticed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_LOST_AFTER", 0.1)
    asked = []

    def passes() -> bool:
        asked.append(time.monotonic())
        return not 5 < len(asked) <= 10

    with CameraSource(f"{address}/60") as source:
        source.passes = passes
        frames = []
        with pytest.raises(SourceError, match="stopped giving pictures"):
            frames.extend(source)
    assert 1 < len(frames) < 10
    assert len(asked) > 10


def test_a_network_stream_within_steady_can_be_left_at_any_time(address: str) -> None:
    with Steady("stream", lambda: CameraSource(f"{address}/2000", (640, 480)), (640, 480), 30) as source:
        assert next(iter(source)).size == (64, 48)
        assert "gives 64x48" in source.note
        began = time.monotonic()
    assert time.monotonic() - began < 2


def test_an_address_where_nothing_is_is_refused_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match=r"^http://127\.0\.0\.1:9/ cannot be opened") as caught:
        CameraSource("http://me:secret@127.0.0.1:9/?token=secret#secret").__enter__()
    assert "the address" in caught.value.hint
    assert "secret" not in str(caught.value)
    assert capfd.readouterr().err == ""


@linux
@pytest.mark.parametrize("device", [99, "/dev/video99"])
def test_a_missing_camera_is_refused_quietly(device: int | str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match=r"there is no camera /dev/video99"), CameraSource(device):
        pass
    assert capfd.readouterr().err == ""


class Fake:
    """What `cv2.VideoCapture` does with hardware that a test machine has not got."""

    def __init__(self, reads: list, fps: float = 30, opened: bool = True, form: str = "BGR3"):
        self.reads, self.fps, self.opened, self.settings, self.released = reads, fps, opened, [], False
        self.form = form

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, key: int, value: float) -> bool:
        assert not isinstance(value, bool), "OpenCV takes numbers only"
        self.settings.append((key, value))
        return True

    def get(self, key: int) -> float:
        return cv2.VideoWriter.fourcc(*self.form) if key == cv2.CAP_PROP_FOURCC else self.fps

    def read(self, into: np.ndarray | None = None) -> tuple[bool, np.ndarray | None]:
        step = self.reads.pop(0) if self.reads else None
        if isinstance(step, threading.Event):
            step.wait()
            return False, None
        return step is not None, step

    def grab(self) -> bool:
        """At once, as with DirectShow."""
        return self.opened

    def release(self) -> None:
        self.released = True


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(camera, "_FIRST_WAIT", 0.1)
    monkeypatch.setattr(camera, "_LOST_AFTER", 0.1)
    monkeypatch.setattr(camera, "_node", lambda _device: None)

    def plug(*reads: object, **more: object) -> Fake:
        fake = Fake(list(reads), **more)
        monkeypatch.setattr(camera, "_capture", lambda _device: fake)
        return fake

    return plug


def picture(width: int, height: int, gray: int = 0) -> np.ndarray:
    return np.full((height, width, 3), gray, np.uint8)


def test_a_camera_that_obeys_needs_no_note(plug) -> None:
    fake = plug(picture(1280, 720))
    with CameraSource(0) as source:
        assert (source.name, source.size, source.fps, source.note) == ("camera 0", (1280, 720), 30, "")
    assert fake.released
    keys = [key for key, _ in fake.settings]
    assert keys.index(cv2.CAP_PROP_FOURCC) < keys.index(cv2.CAP_PROP_FRAME_WIDTH)
    assert (cv2.CAP_PROP_BUFFERSIZE, 1) in fake.settings


def test_a_small_picture_is_not_asked_for_as_jpeg(plug) -> None:
    fake = plug(picture(640, 480))
    with CameraSource(0, (640, 480)):
        assert cv2.CAP_PROP_FOURCC not in [key for key, _ in fake.settings]


def test_what_a_camera_gives_instead_is_noted(plug) -> None:
    plug(picture(640, 480), fps=15)
    with CameraSource(0, (1280, 720), 30) as source:
        assert (source.size, source.fps) == ((640, 480), 15)
        assert source.note == "camera 0 gives 640x480 at 15 instead of the 1280x720 at 30 asked for"


@pytest.mark.parametrize("fps", [0, -1, 90000, float("nan")])
def test_a_nonsensical_rate_is_not_believed(plug, fps: float) -> None:
    plug(picture(1280, 720), fps=fps)
    with CameraSource(0) as source:
        assert source.fps == 30


def test_single_failed_reads_gray_and_odd_frames_do_no_harm(plug) -> None:
    odd = [None, np.zeros((0, 0, 3), np.uint8), np.full((8, 8), 9, np.uint8), np.full((8, 8, 1), 9, np.uint8)]
    plug(None, picture(8, 8, 5), *odd, picture(4, 8, 200))
    with CameraSource(0, (8, 8)) as source:
        stream = iter(source)
        frames = [next(stream) for _ in range(4)]
    assert [frame.image.shape for frame in frames] == [(8, 8, 3)] * 4
    assert frames[1].image.max() == 9
    assert frames[3].image[0, [0, 4, 7], 0].tolist() == [0, 200, 0]


@linux
def test_what_a_camera_sends_is_taken_as_it_is(plug) -> None:
    """As NV12, here; a picture of another size is fitted, and a damaged one left out."""
    sent = np.full((12, 8), 90, np.uint8)
    fake = plug(sent, sent[:-1], sent + 9, np.full((6, 16), 200, np.uint8), form="NV12")
    with CameraSource(0, (8, 8)) as source:
        stream = iter(source)
        frames = [next(stream) for _ in range(3)]
    assert (cv2.CAP_PROP_CONVERT_RGB, 0) in fake.settings
    assert [frame.planar for frame in frames] == [True, True, False]
    assert [int(frame.pixels[0, 0]) for frame in frames[:2]] == [90, 99]
    assert frames[2].size == (8, 8)
    assert frames[2].image[[0, 4], 0, 1].tolist() == [0, from_i420(np.full((3, 2), 200, np.uint8))[0, 0, 1]]


@linux
@pytest.mark.parametrize("form", ["MJPG", "YUYV", "NV12"])
def test_what_is_not_what_it_should_be_is_left_to_opencv(plug, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_RAW_WAIT", 0.01)
    fake = plug(picture(8, 8), picture(8, 8), picture(8, 8), picture(8, 8, 70), form=form)
    with CameraSource(0, (8, 8)) as source:
        frame = next(iter(source))
    assert fake.settings[-1] == (cv2.CAP_PROP_CONVERT_RGB, 1)
    assert not frame.planar


def test_a_camera_that_opens_and_fails_is_told(plug) -> None:
    fake = plug()
    with pytest.raises(SourceError, match="camera 0 opens but gives no picture") as caught, CameraSource(0):
        pass
    assert caught.value.hint
    assert fake.released


@pytest.mark.parametrize("wrong", [lost, silent])
def test_nobody_is_asked_to_unplug_a_network_stream(wrong: Callable[[str], SourceError]) -> None:
    assert "plug" in wrong("camera 0").hint
    assert "plug" not in wrong("rtsp://door.local/live").hint


def test_a_camera_that_is_lost_is_told(plug) -> None:
    plug(picture(8, 8), picture(8, 8))
    with CameraSource(0) as source, pytest.raises(SourceError, match="stopped giving pictures"):
        list(source)


def replace(node: Path) -> None:
    (node.parent / "another").touch()
    (node.parent / "another").replace(node)


@linux
@pytest.mark.parametrize("leave", [Path.unlink, replace], ids=["gone", "another took its name"])
def test_a_camera_that_was_pulled_out_is_not_believed(
    plug, leave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenCV may repeat its last frame for ever."""
    node = tmp_path / "video0"
    node.touch()
    monkeypatch.setattr(camera, "_node", lambda _device: node)
    plug(*[picture(8, 8)] * 50)
    with CameraSource(0) as source:
        stream = iter(source)
        next(stream)
        next(stream)
        leave(node)
        with pytest.raises(SourceError, match="stopped giving pictures"):
            next(stream)


def test_a_frozen_picture_is_a_lost_camera_where_no_file_tells(plug, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and macOS have no device file that goes; no two pictures of a sensor are equal."""
    monkeypatch.setattr(camera, "_FROZEN_AFTER", 0.05)
    plug(*(picture(64, 64, gray) for gray in (*range(20), *[20] * 50)))
    seen: list[int] = []

    def watch(source: CameraSource) -> None:
        for frame in source:
            seen.append(frame.index)
            time.sleep(0.01)

    with CameraSource(0) as source, pytest.raises(SourceError, match="stopped giving pictures"):
        watch(source)
    assert len(seen) >= 20


def test_what_opencv_raises_is_translated(plug) -> None:
    fake = plug(picture(8, 8))

    def broken(into: np.ndarray) -> tuple[bool, np.ndarray]:
        raise cv2.error("corrupt JPEG")

    with CameraSource(0) as source:
        fake.read = broken
        with pytest.raises(SourceError, match="cannot be decoded"):
            list(source)


def test_the_reasons_for_a_closed_camera_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tmp_path / "video0"
    assert "demo" in why_closed("camera 0", node, []).hint
    assert "/dev/video2" in why_closed("camera 0", node, ["/dev/video2"]).hint
    assert "there is no camera" in why_closed("camera", node.with_name(300 * "v"), []).message
    node.touch()
    assert "gives no video" in why_closed("camera 0", node, []).message
    monkeypatch.setattr("os.access", lambda *_: False)
    forbidden = why_closed("camera 0", node, [])
    assert "may not use" in forbidden.message
    assert "video" in forbidden.hint


@linux
def test_only_devices_that_give_pictures_are_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = [
        Device("/dev/video0", "HD Webcam", "uvcvideo", True, False),
        Device("/dev/video1", "HD Webcam", "uvcvideo", False, False),
        Device("/dev/video8", "idle", "v4l2 loopback", False, True),
        Device("/dev/video9", "idle, of both ends", "v4l2 loopback", True, True),
        Device("/dev/video10", "fed", "v4l2 loopback", True, False),
    ]
    monkeypatch.setattr("greenscreen.linux.v4l2.list_devices", lambda: devices)
    assert [re.sub(r"\D", "", str(c.device)) for c in list_cameras() if c.captures] == ["0", "10"]
    assert len(list_cameras()) == 5
    assert [c.name for c in list_cameras() if c.virtual] == ["idle", "idle, of both ends", "fed"]


@pytest.mark.parametrize("names", [["HD Webcam", "OBS Virtual Camera"], []], ids=["named", "only numbered"])
def test_elsewhere_cameras_are_numbered_and_named_where_that_is_known(
    plug, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    plug()
    monkeypatch.setattr(camera, "_LINUX", False)
    monkeypatch.setattr(camera, "_PROBED", range(3))
    monkeypatch.setattr(camera, "camera_names", lambda: names)
    numbered = [CameraInfo(number, f"camera {number}", True) for number in range(3)]
    named = [CameraInfo(0, "HD Webcam", True), CameraInfo(1, "OBS Virtual Camera", True, virtual=True), numbered[2]]
    assert list_cameras() == (named if names else numbered)


def test_cameras_can_be_listed_without_any_and_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    assert isinstance(list_cameras(), list)
    assert capfd.readouterr().err == ""


def test_pictures_that_pass_at_once_take_no_whole_processor(plug, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    plug(*[np.full((48, 64, 3), value, np.uint8) for value in range(3)], fps=25)
    with CameraSource(0) as source:
        monkeypatch.setattr(time, "sleep", slept.append)
        source.passes = lambda: len(slept) < 7
        frames = iter(source)
        assert [int(next(frames).image[0, 0, 0]) for _ in range(2)] == [0, 1]
    assert slept == [0.5 / 25] * 7
