"""Each word of the command line means one source, and what means nothing is told."""

import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from greenscreen.errors import SourceError, UsageError
from greenscreen.images import write_image
from greenscreen.linux.v4l2 import Device
from greenscreen.sources import open_source
from greenscreen.sources.camera import CameraInfo
from greenscreen.sources.photos import PhotoSource
from greenscreen.sources.steady import Steady
from greenscreen.sources.synthetic import SyntheticSource
from greenscreen.sources.video import VideoSource


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("0", "camera 0"),
        ("12", "camera 12"),
        ("/dev/video2", "/dev/video2"),
        ("/dev/v4l/by-id/usb-cam", "/dev/v4l/by-id/usb-cam"),
        ("rtsp://me:secret@host/live", "rtsp://host/live"),
        ("http://host:8080/video", "http://host:8080/video"),
    ],
)
def test_cameras_are_live_and_never_lag(word: str, name: str) -> None:
    source = open_source(word)
    assert isinstance(source, Steady)
    assert (source.live, source.name) == (True, name)


@pytest.mark.parametrize("word", ["/dev/video\udcff", "rtsp://host/\udcff", "/dev/video0\n"])
def test_a_camera_whose_name_is_no_text_is_refused(word: str) -> None:
    """OpenCV would crash on it."""
    with pytest.raises(UsageError, match="not a camera's name"):
        open_source(word)


def test_files_are_opened_by_what_they_are(tmp_path: Path) -> None:
    write_image(tmp_path / "me.png", np.zeros((2, 2, 3), np.uint8))
    (tmp_path / "clip.mp4").touch()
    assert isinstance(open_source(str(tmp_path / "me.png")), PhotoSource)
    assert isinstance(open_source(str(tmp_path)), PhotoSource)
    assert isinstance(open_source(str(tmp_path / "clip.mp4")), VideoSource)


def test_the_test_picture_takes_size_and_rate() -> None:
    source = open_source("synthetic", (64, 48), 10)
    assert isinstance(source, SyntheticSource)
    assert (source.size, source.fps) == ((64, 48), 10)


@pytest.mark.skipif(
    not (resources.files("greenscreen") / "assets" / "demo.mp4").is_file(), reason="the demo clip is not built"
)
def test_the_demo_plays() -> None:
    with open_source("demo") as source:
        frame = next(iter(source))
    assert frame.size == source.size == (1280, 720)


@pytest.mark.parametrize("word", ["", "nothing-here", "99999999999999999999", "ftp://host/x", "x" * 5000, "a\0b"])
def test_words_that_mean_nothing_are_told(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_source(word)
    assert caught.value.hint


def test_without_a_word_the_first_camera_is_taken_or_else_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [CameraInfo("/dev/video1", "metadata", False), CameraInfo("/dev/video2", "webcam", True)]
    monkeypatch.setattr("greenscreen.sources.camera.list_cameras", lambda: cameras)
    assert open_source(None).name == "/dev/video2"
    monkeypatch.setattr("greenscreen.sources.camera.list_cameras", list)
    monkeypatch.setattr("greenscreen.sources.list_devices", list)
    told: list[str] = []
    assert open_source(None, tell=told.append).name == "demo.mp4"
    assert told == ["no camera gives pictures: the demo clip stands in for one"]


def test_cameras_that_nobody_let_us_use_are_told_of_before_the_demo_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Device("/dev/video0", "HD Webcam", "", capture=False, output=False, forbidden=True)
    monkeypatch.setattr("greenscreen.sources.list_devices", lambda: [closed])
    monkeypatch.setattr("greenscreen.sources.camera.list_cameras", list)
    told: list[str] = []
    assert open_source(None, tell=told.append).name == "demo.mp4"
    assert "you may not use /dev/video0 (join the group" in told[0]


def test_a_virtual_camera_is_taken_only_if_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own pictures may come out of it."""
    cameras = [CameraInfo(0, "OBS Virtual Camera", True, virtual=True), CameraInfo(1, "HD Webcam", True)]
    monkeypatch.setattr("greenscreen.sources.list_devices", list)
    monkeypatch.setattr("greenscreen.sources.camera.list_cameras", lambda: cameras)
    told: list[str] = []
    assert open_source(None, tell=told.append).name == "camera 1"
    assert open_source("0", tell=told.append).name == "camera 0"
    assert not told
    cameras.pop()
    assert open_source(None, tell=told.append).name == "demo.mp4"
    only = "OBS Virtual Camera, a virtual one (--camera 0 takes it)"
    assert told == [f"no camera gives pictures but {only}: the demo clip stands in for one"]


def test_importing_the_package_loads_no_video_library() -> None:
    program = "import sys, greenscreen.sources; sys.exit('av' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_phones_photo_is_told_of_rather_than_played_in_tiles(tmp_path: Path) -> None:
    (tmp_path / "me.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    with pytest.raises(SourceError, match="is a HEIC photo"), open_source(str(tmp_path / "me.heic")):
        pass
