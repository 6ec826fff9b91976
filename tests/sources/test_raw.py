"""A camera's own bytes become I420 of the same colours as OpenCV's BGR, and what is damaged becomes nothing."""

from threading import Event

import cv2
import numpy as np
import pytest

from greenscreen.picture.colour import from_i420, planes, to_i420
from greenscreen.picture.frame import Frame
from greenscreen.planar import Planar
from greenscreen.sources import raw
from greenscreen.sources.raw import decoder

# Colours change slowly, so that it does not matter which pixels of a square have whose.
CORNERS = np.random.default_rng(0).integers(60, 200, (2, 2, 3), np.uint8)
ROOM = cv2.resize(CORNERS, (128, 96), interpolation=cv2.INTER_LINEAR)


def fourcc(name: str) -> float:
    """As OpenCV tells it."""
    return float(cv2.VideoWriter.fourcc(*name))


def jpeg(image: np.ndarray, sampling: int = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422) -> np.ndarray:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 98, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling])[1]


def nv12(image: np.ndarray) -> np.ndarray:
    y, u, v = planes(to_i420(image))
    return np.vstack([y, np.dstack([u, v]).reshape(len(u), -1)])


def yuyv(image: np.ndarray) -> np.ndarray:
    """Each pixel's own luma, and its row's colours of every other."""
    y, u, v = planes(to_i420(image.repeat(2, 0).repeat(2, 1)))
    return np.dstack([y[::2, ::2], np.dstack([u[:, ::2], v[:, ::2]]).reshape(image.shape[:2])])


SENT = {
    "YUYV": (yuyv(ROOM), cv2.COLOR_YUV2BGR_YUYV),
    "NV12": (nv12(ROOM), cv2.COLOR_YUV2BGR_NV12),
    "YU12": (to_i420(ROOM), cv2.COLOR_YUV2BGR_I420),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", SENT)
def test_plain_formats_have_the_colours_that_opencv_sees_in_them(
    name: str, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if compiled:
        assert Planar().wait()
    else:
        monkeypatch.setattr(raw, "READY", Event())
    sent, code = SENT[name]
    made = Frame(decoder(fourcc(name))(sent), 0, 0)
    assert made.size == (128, 96)
    assert made.planar
    assert made.pixels.shape == (144, 128)
    assert np.abs(made.image.astype(int) - cv2.cvtColor(sent, code)).max() <= 5


@pytest.mark.parametrize("sampling", [0x411111, 0x211111, 0x221111, 0x121111, 0x111111])
@pytest.mark.parametrize("padding", [b"", bytes(3000)])
def test_jpeg_of_any_sampling_has_the_colours_that_opencv_sees_in_it(sampling: int, padding: bytes) -> None:
    sent = np.frombuffer(jpeg(ROOM, sampling).tobytes() + padding, np.uint8)[None]
    made = decoder(fourcc("MJPG"))(sent)
    assert made.shape == (144, 128)
    off = np.abs(from_i420(made).astype(int) - cv2.imdecode(sent, cv2.IMREAD_COLOR))
    assert off.mean() < 1.5
    assert off.max() <= 12


def test_a_gray_jpeg_stays_gray() -> None:
    made = decoder(fourcc("MJPG"))(cv2.imencode(".jpg", ROOM[..., 1])[1])
    _, u, v = planes(made)
    assert (u == 128).all()
    assert (v == 128).all()


def test_damaged_jpegs_are_nothing_and_the_next_whole_one_is_seen() -> None:
    """A cut-off one would show below what some other picture had there."""
    whole = jpeg(ROOM).ravel()
    decode = decoder(fourcc("MJPG"))
    half = whole[: len(whole) // 2]
    ended = np.append(half, whole[-2:])
    for broken in (half, ended, whole[:40], whole[:0], np.zeros(5000, np.uint8), whole[-2:]):
        assert decode(broken) is None
    assert np.abs(from_i420(decode(whole)).astype(int) - ROOM).mean() < 2


def test_a_jpeg_that_lacks_its_end_alone_is_seen() -> None:
    """As some webcams send them all, of each of which OpenCV's decoder would complain on the terminal."""
    made = decoder(fourcc("MJPG"))(jpeg(ROOM).ravel()[:-2])
    assert np.abs(from_i420(made).astype(int) - ROOM).mean() < 2


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("MJPG", jpeg(ROOM[:95])),
        ("MJPG", jpeg(ROOM[:, :127])),
        ("YUYV", SENT["YUYV"][0][:95]),
        ("YUYV", SENT["YUYV"][0].reshape(1, -1)),
        ("NV12", SENT["NV12"][0][:-1]),
        ("NV12", SENT["NV12"][0][:, :127]),
        ("YU12", SENT["YU12"][0].reshape(1, -1)),
    ],
)
def test_what_has_no_such_form_is_left_to_opencv(name: str, sent: np.ndarray) -> None:
    assert decoder(fourcc(name))(sent) is None


@pytest.mark.parametrize("code", [fourcc("BGR3"), fourcc("Y16 "), 0, -1, 1e18, float("nan"), float("inf")])
def test_other_formats_are_left_to_opencv(code: float) -> None:
    assert decoder(code) is None
