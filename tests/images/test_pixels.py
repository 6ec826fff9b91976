"""Pixels are what the file says of them: how deep, how opaque, which way up."""

import re
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from photos import encoded, near, pillow
from PIL import Image as Pillow

from greenscreen.errors import SourceError
from greenscreen.images import open_photo, read_photo


def clear_tiff(pixels: np.ndarray, alpha: int) -> bytes:
    """A TIFF of `(H, W, 4)` in one strip that says of its alpha: 0 nothing, 1 multiplied already, 2 straight."""
    height, width, bits = *pixels.shape[:2], 8 * pixels.itemsize
    at = 8 + 2 + 12 * 10 + 4
    tags = [
        (256, 3, 1, width),
        (257, 3, 1, height),
        (258, 3, 4, at),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, at + 8),
    ]
    tags += [(277, 3, 1, 4), (278, 3, 1, height), (279, 4, 1, pixels.nbytes), (338, 3, 1, alpha)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return (
        b"II*\0" + struct.pack("<IH", 8, 10) + entries + bytes(4) + struct.pack("<4H", *[bits] * 4) + pixels.tobytes()
    )


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_an_avif_is_as_bright_whatever_its_depth(tmp_path: Path, picture: np.ndarray, bits: int) -> None:
    deep = picture if bits == 8 else (picture.astype(float) * (2**bits - 1) / 255).astype(np.uint16)
    (tmp_path / "deep.avif").write_bytes(encoded(deep, ".avif", cv2.IMWRITE_AVIF_DEPTH, bits))
    assert near(read_photo(tmp_path / "deep.avif"), picture)


def test_sixteen_bits_are_rounded_to_eight(tmp_path: Path) -> None:
    deep = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    (tmp_path / "deep.png").write_bytes(encoded(deep, ".png"))
    assert read_photo(tmp_path / "deep.png")[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize(("mask", "opacity"), [(b"", None), (bytes(4), None), (b"\0\0\0\xff", 128)])
def test_the_fourth_byte_of_a_bmp_is_opacity_only_where_it_says_so(
    tmp_path: Path, mask: bytes, opacity: int | None
) -> None:
    """A picture of the screen, whose spare bytes are 0, would be nothing but white."""
    pixels = np.full((4, 6, 4), (10, 100, 200, opacity or 0), np.uint8)
    colours = struct.pack("<3I", 0xFF0000, 0xFF00, 0xFF) + mask
    size = 108 if mask else 40
    header = struct.pack("<IiiHHIIiiII", size, 6, 4, 1, 32, 3, pixels.nbytes, 0, 0, 0, 0)
    header = (header + colours).ljust(size, b"\0")
    start = 14 + len(header)
    whole = b"BM" + struct.pack("<IHHI", start + pixels.nbytes, 0, 0, start) + header + pixels.tobytes()
    (tmp_path / "photo.bmp").write_bytes(whole)
    photo = open_photo(tmp_path / "photo.bmp")
    assert photo.image[0, 0].tolist() == [10, 100, 200]
    assert (photo.opacity is None) == (opacity is None)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(("stored", "colour"), [(0, 60), (1, 120), (2, 60)], ids=["unsaid", "multiplied", "straight"])
def test_colours_of_a_tiff_are_its_own_however_its_alpha_was_stored(
    tmp_path: Path, deep: bool, stored: int, colour: int
) -> None:
    """Darkened by alpha twice, a soft edge would have a dark rim."""
    pixels = np.full((4, 6, 4), 60, np.uint8)
    pixels[..., 3] = [0, 0, 128, 128, 255, 255]
    (tmp_path / "photo").write_bytes(clear_tiff(pixels.astype(np.uint16) * 257 if deep else pixels, stored))
    photo = open_photo(tmp_path / "photo")
    assert photo.opacity is not None
    assert photo.opacity[0].tolist() == [0, 0, 128, 128, 255, 255]
    assert photo.image[0, :, 0].tolist() == [255, 255, colour, colour, 60, 60]


@pytest.mark.parametrize("entry", [(262, 3, 1, 0), (284, 3, 1, 2)], ids=["negative", "planes"])
def test_sixteen_bits_of_a_tiff_that_would_be_taken_for_others_are_refused(
    tmp_path: Path, entry: tuple[int, int, int, int]
) -> None:
    pixels = np.full((4, 6, 3), 60 * 257, np.uint16)
    plain = cv2.imencode(".tiff", pixels, [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1].tobytes()
    (tmp_path / "plain").write_bytes(plain)
    assert read_photo(tmp_path / "plain").max() == 60
    said = re.search(struct.pack("<HHI", *entry[:3]) + b"....", plain, re.DOTALL)
    assert said
    (tmp_path / "photo").write_bytes(plain.replace(said[0], struct.pack("<HHII", *entry)))
    with pytest.raises(SourceError, match="unusual kind"):
        open_photo(tmp_path / "photo")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("turned", range(1, 9))
def test_a_photo_taken_with_a_turned_phone_stands_upright(
    tmp_path: Path, picture: np.ndarray, kind: str, turned: int
) -> None:
    upright = picture
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.transpose(1, 0, 2), 6: np.rot90(upright, 1), 7: np.rot90(upright.transpose(1, 0, 2), 2),
        8: np.rot90(upright, -1),
    }[turned]  # fmt: skip
    exif = Pillow.Exif()
    exif[0x112] = turned
    pillow(np.ascontiguousarray(stored)).save(tmp_path / "photo", kind, exif=exif.tobytes())
    assert near(read_photo(tmp_path / "photo"), upright)


def test_orientation_holds_for_transparent_photos_too(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x112] = 6
    Pillow.new("RGBA", (30, 10), (0, 0, 0, 0)).save(tmp_path / "photo.png", exif=exif.tobytes())
    assert read_photo(tmp_path / "photo.png").shape == (30, 10, 3)
