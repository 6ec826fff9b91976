"""Devices are told apart by what the kernel says about them, never by their number."""

import struct
from pathlib import Path

import pytest

from greenscreen.linux import v4l2
from greenscreen.linux.v4l2 import Device, list_devices, parse_capability

CAPTURE, OUTPUT, META, MPLANE, PER_NODE = 0x1, 0x2, 0x0080_0000, 0x1000, 0x8000_0000


def answer(driver: bytes, card: bytes, everything: int, node: int = 0) -> bytes:
    return struct.pack("=16s32s32sI2I3I", driver, card, b"bus", 0x060C00, everything, node, 0, 0, 0)


def sysfs(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "name").write_text(f"card of {name}\n")
    return folder


@pytest.mark.parametrize(
    ("raw", "capture", "output"),
    [
        (answer(b"uvcvideo", b"HD Webcam", CAPTURE | META | PER_NODE, CAPTURE), True, False),
        (answer(b"uvcvideo", b"HD Webcam", CAPTURE | META | PER_NODE, META), False, False),
        (answer(b"unicam", b"sensor", MPLANE | PER_NODE, MPLANE), True, False),
        (answer(b"v4l2 loopback", b"greenscreen", OUTPUT | PER_NODE, OUTPUT), False, True),
        (answer(b"v4l2 loopback", b"greenscreen", CAPTURE | OUTPUT), True, True),
    ],
    ids=["webcam", "metadata node", "multi-planar sensor", "idle exclusive loopback", "loopback of an old kernel"],
)
def test_what_a_node_can_do_is_read_from_its_own_bits(raw: bytes, capture: bool, output: bool) -> None:
    device = parse_capability("/dev/video3", raw)
    assert (device.capture, device.output) == (capture, output)


def test_names_are_read_to_the_first_nul_and_survive_bytes_that_are_not_text() -> None:
    device = parse_capability("/dev/video3", answer(b"v4l2 loopback\0junk", b"caf\xe9\0rest", CAPTURE))
    assert device == Device("/dev/video3", "caf\N{REPLACEMENT CHARACTER}", "v4l2 loopback", True, False, "bus")
    assert device.loopback


def test_no_devices_is_an_empty_list(tmp_path: Path) -> None:
    assert list_devices(tmp_path / "nothing") == []


def test_nodes_are_sorted_by_number_and_others_are_left_out(tmp_path: Path) -> None:
    found = list_devices(sysfs(tmp_path, "video10", "video2", "vbi0", "v4l-subdev0", "videoX"), dev=tmp_path)
    assert [Path(device.path).name for device in found] == ["video2", "video10"]


def test_a_node_that_cannot_be_asked_is_listed_without_abilities(tmp_path: Path) -> None:
    """Someone without permission should see that the camera is there."""
    found = list_devices(sysfs(tmp_path / "sys", "video0"), dev=tmp_path)
    assert found == [Device(str(tmp_path / "video0"), "card of video0", "", False, False)]


def test_a_node_that_may_not_be_asked_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(path)

    monkeypatch.setattr(v4l2, "_query", refuse)
    (found,) = list_devices(sysfs(tmp_path / "sys", "video0"), dev=tmp_path)
    assert found.forbidden


def test_a_plain_file_in_a_nodes_place_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "video0").write_bytes(b"")
    [device] = list_devices(sysfs(tmp_path / "sys", "video0"), dev=tmp_path)
    assert not device.capture
    assert not device.output


def test_the_real_list_can_always_be_asked_for() -> None:
    assert isinstance(list_devices(), list)


def test_a_loopback_that_offers_nothing_is_stuck() -> None:
    def stuck(driver: bytes, caps: int) -> bool:
        return parse_capability("/dev/video3", answer(driver, b"name", PER_NODE | caps, caps)).stuck

    assert stuck(b"v4l2 loopback", 0)
    assert not stuck(b"v4l2 loopback", OUTPUT)
    assert not stuck(b"uvcvideo", META)


def test_a_loopback_is_a_camera_only_while_it_is_fed() -> None:
    def camera(driver: bytes, caps: int) -> bool:
        return parse_capability("/dev/video3", answer(driver, b"name", PER_NODE | caps, caps)).camera

    assert camera(b"uvcvideo", CAPTURE)
    assert camera(b"v4l2 loopback", CAPTURE)
    assert not camera(b"v4l2 loopback", CAPTURE | OUTPUT)
    assert not camera(b"uvcvideo", META)
