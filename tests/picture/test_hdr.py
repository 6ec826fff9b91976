"""High dynamic range looks the same in a photo as in a video, with colours and transparency kept.

How bright a video's grays become is tested by hand in tests/sources/test_pixels.py.
"""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import still

from greenscreen.images import open_photo
from greenscreen.picture.hdr import BT709, BT2020, HLG, P3, PQ
from greenscreen.sources.video import VideoSource

FROM_BT709 = {
    BT709: np.eye(3),
    BT2020: [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]],  # ITU-R BT.2087
    P3: [[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]],  # W3C CSS Color 4
}
"""What linear R, G, B of BT.709 is in other primaries."""


@pytest.fixture
def picture() -> np.ndarray:
    """Blue, orange and gray in codes of sixteen bits, BGR."""
    bars = np.array([[40_000, 20_000, 10_000], [10_000, 20_000, 40_000], [30_000] * 3], np.uint16)
    return np.tile(bars.repeat(32, axis=0), (64, 1, 1))


def film(path: Path, picture: np.ndarray, curve: int, primaries: int = BT2020) -> Path:
    """A video of one frame, or a photo: an AVIF is either."""
    return still(path, picture, primaries, curve, BT2020)


def png(picture: np.ndarray, curve: int, primaries: int = BT2020) -> bytes:
    body = b"cICP" + bytes([primaries, curve, 0, 1])
    chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    data = cv2.imencode(".png", picture)[1].tobytes()
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize("curve", [PQ, HLG])
def test_a_photo_looks_like_the_video_of_the_same(tmp_path: Path, picture: np.ndarray, curve: int) -> None:
    with VideoSource(film(tmp_path / "clip.mp4", picture, curve)) as source:
        filmed = next(iter(source)).image
    (tmp_path / "deep.png").write_bytes(png(picture, curve))
    for path in (film(tmp_path / "photo.avif", picture, curve), tmp_path / "deep.png"):
        photo = open_photo(path)
        assert not photo.profile
        # Bars, without where they meet, as a video has half of the colour's detail.
        for left in (8, 40, 72):
            bars = [image[8:-8, left : left + 16].mean((0, 1)) for image in (photo.image, filmed)]
            assert np.abs(bars[0] - bars[1]).max() < 5, path
    blue, orange, gray = (filmed[32, column].astype(int) for column in (16, 48, 80))
    assert blue[0] > blue[2] + 150
    assert orange[2] > orange[0] + 150
    assert np.ptp(gray) < 6


def codes_of(light: np.ndarray, curve: int, primaries: int) -> np.ndarray:
    """Linear R, G, B of BT.709 as sixteen bits of B, G, R: of 203 nits, or a twelfth of a scene's light."""
    there = light @ np.transpose(FROM_BT709[primaries])
    if curve == PQ:
        power = (there * 0.0203) ** 0.1593017578125
        code = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375  # SMPTE ST 2084
    else:
        code = np.sqrt(there / 4)  # ARIB STD-B67
    return np.rint(code * 65_535).astype(np.uint16)[..., ::-1].copy()


@pytest.mark.parametrize("curve", [PQ, HLG])
@pytest.mark.parametrize("primaries", [BT709, P3])
def test_colours_are_those_of_the_primaries_that_the_file_names(tmp_path: Path, curve: int, primaries: int) -> None:
    bars = np.array([[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.1, 0.2, 0.8], [0.9, 0.5, 0.2], [0.5, 0.5, 0.5]])
    light = np.tile(bars.repeat(32, axis=0), (64, 1, 1))
    wide, other = (codes_of(light, curve, there) for there in (BT2020, primaries))
    for name, data in {"wide.png": png(wide, curve), "other.png": png(other, curve, primaries)}.items():
        (tmp_path / name).write_bytes(data)
    wanted = open_photo(tmp_path / "wide.png").image.astype(int)
    assert np.abs(open_photo(tmp_path / "other.png").image - wanted).max() <= 3
    photo = open_photo(film(tmp_path / "photo.avif", other, curve, primaries)).image
    for left in range(8, 160, 32):
        there = np.s_[8:-8, left : left + 16]
        assert np.abs(photo[there].mean((0, 1)) - wanted[there].mean((0, 1))).max() < 8


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_transparency_stays_as_it_is(tmp_path: Path, picture: np.ndarray, depth: type) -> None:
    clear = np.dstack([picture, np.full(picture.shape[:2], 65_535, np.uint16)])
    clear[:32, :, 3] = 32_768
    clear = clear if depth is np.uint16 else (clear >> 8).astype(np.uint8)
    (tmp_path / "clear.png").write_bytes(png(clear, PQ))
    (tmp_path / "solid.png").write_bytes(png(np.ascontiguousarray(clear[..., :3]), PQ))
    photo = open_photo(tmp_path / "clear.png")
    assert (photo.image == open_photo(tmp_path / "solid.png").image).all()
    assert (photo.opacity[:32] == 128).all()
    assert (photo.opacity[32:] == 255).all()


def test_a_usual_photo_that_a_brighter_one_comes_with_stays_as_it_is(tmp_path: Path, picture: np.ndarray) -> None:
    """Phones store a usual picture, and what makes a brighter one of it, which says that it is for another curve."""
    data = film(tmp_path / "photo.avif", picture, PQ).read_bytes()
    usual = data.replace(b"colrnclx\0\x09\0\x10", b"colrnclx\0\x09\0\x01")
    (tmp_path / "usual.avif").write_bytes(usual)
    (tmp_path / "both.avif").write_bytes(usual + b"\0\0\0\x13colrnclx\0\x09\0\x10\0\x09\0")
    one, other, bright = (open_photo(tmp_path / name).image for name in ("usual.avif", "both.avif", "photo.avif"))
    assert (one == other).all()
    assert (one != bright).any()
