"""The same camera comes back under another number; another camera does not take its place."""

from pathlib import Path

import pytest

from greenscreen.errors import SourceError
from greenscreen.linux import same
from greenscreen.linux.same import SameCamera, same_device
from greenscreen.linux.v4l2 import Device


def camera(number: int, name: str = "HD Webcam", bus: str = "usb-1", driver: str = "uvcvideo", **more: bool) -> Device:
    return Device(f"/dev/video{number}", name, driver, **{"capture": True, "output": False} | more, bus=bus)


KNOWN = camera(0)


@pytest.mark.parametrize(
    ("devices", "path"),
    [
        ([camera(0)], "/dev/video0"),
        ([camera(2)], "/dev/video2"),
        ([camera(0, bus="usb-9"), camera(2)], "/dev/video2"),
        ([camera(3, bus="usb-9")], "/dev/video3"),
        ([camera(3, bus="usb-8"), camera(4, bus="usb-9")], None),
        ([camera(0, name="Other")], None),
        ([camera(0, capture=False)], None),
        ([camera(2), camera(0), camera(3)], "/dev/video0"),
        ([], None),
    ],
    ids=[
        "never gone", "another number", "its number taken by a twin", "another port", "two twins elsewhere",
        "its number taken by another", "a metadata node", "several nodes of one camera", "gone",
    ],
)  # fmt: skip
def test_it_is_known_by_name_and_place(devices: list[Device], path: str | None) -> None:
    found = same_device(KNOWN, devices)
    assert (found and found.path) == path


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch):
    def plug(*devices: Device) -> None:
        monkeypatch.setattr(same, "list_devices", lambda: list(devices))

    return plug


@pytest.mark.parametrize("word", [0, "/dev/video0"])
def test_a_word_is_followed_to_where_its_camera_is_now(plug, word: int | str) -> None:
    wanted = SameCamera(word)
    plug(camera(0), camera(1, "Other"))
    assert wanted.find() == word
    plug(camera(0, "Other"), camera(5))
    assert wanted.find() == "/dev/video5"
    plug(camera(0, "Other"))
    with pytest.raises(SourceError, match="HD Webcam is gone"):
        wanted.find()


def test_a_word_for_no_listed_device_is_handed_on(plug, tmp_path: Path) -> None:
    plug(camera(0))
    itself = tmp_path / "camera"
    itself.symlink_to(itself)
    for word in ("rtsp://camera/stream", 7, 300 * "v", str(itself)):
        assert SameCamera(word).find() == word


def test_without_a_word_it_is_the_first_camera_and_never_a_loopback(plug) -> None:
    """Which may be our own output."""
    wanted = SameCamera(None)
    loopback = camera(0, "greenscreen", driver="v4l2 loopback")
    plug(loopback)
    with pytest.raises(SourceError, match="there is no camera"):
        wanted.find()
    plug(loopback, camera(2))
    assert wanted.find() == "/dev/video2"


def test_a_camera_that_we_may_not_use_is_neither_gone_nor_unplugged(plug) -> None:
    closed = Device("/dev/video0", "HD Webcam: HD Webcam", "", capture=False, output=False, forbidden=True)
    first, known = SameCamera(None), SameCamera(None)
    plug(camera(0))
    assert known.find() == "/dev/video0"
    plug(closed)
    for wanted, sentence in (
        (first, "among the video devices that you may use"),
        (known, "not use the camera /dev/video0"),
    ):
        with pytest.raises(SourceError, match=sentence) as caught:
            wanted.find()
        assert "group" in caught.value.hint
    plug(camera(0))
    assert known.find() == "/dev/video0"
