"""A colour profile goes with the photo, and what only looks like one does not."""

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from photos import chunk, encoded, near, pillow, png
from PIL import Image as Pillow

from greenscreen.images import open_photo, read_photo, write_image


def icc(space: bytes = b"RGB ", size: int = 300) -> bytes:
    """Something that looks like a colour profile: of this space, and incompressible."""
    rest = np.random.default_rng(0).bytes(size - 40)
    return struct.pack(">I", size) + bytes(12) + space + bytes(16) + b"acsp" + rest


def written_profile(path: Path) -> bytes | None:
    with Pillow.open(path) as image:
        image.load()
        return image.info.get("icc_profile")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("size", [300, 150_000])
def test_a_colour_profile_goes_from_the_photo_into_what_is_written(
    tmp_path: Path, picture: np.ndarray, kind: str, suffix: str, size: int
) -> None:
    """Without it, the colours of a wide gamut would be taken for those of a narrow one, and pale."""
    pillow(picture).save(tmp_path / "photo", kind, icc_profile=icc(size=size))
    photo = open_photo(tmp_path / "photo")
    assert photo.profile == icc(size=size)
    write_image(tmp_path / f"out{suffix}", photo.image, photo.profile)
    assert written_profile(tmp_path / f"out{suffix}") == photo.profile
    assert near(read_photo(tmp_path / f"out{suffix}"), photo.image)


@pytest.mark.parametrize(
    "profile", [icc(b"GRAY"), icc(b"CMYK"), icc()[:200], b"x" * 300], ids=["gray", "cmyk", "cut", "noise"]
)
def test_a_profile_of_other_colours_or_none_at_all_is_left_behind(tmp_path: Path, profile: bytes) -> None:
    for kind in ("PNG", "JPEG", "TIFF"):
        Pillow.new("L", (8, 8)).save(tmp_path / "photo", kind, icc_profile=profile)
        assert open_photo(tmp_path / "photo").profile == b""


def test_a_profile_of_which_only_the_name_is_there_is_none(tmp_path: Path, picture: np.ndarray) -> None:
    whole, cut = encoded(picture, ".jpg"), b"\xff\xe2" + struct.pack(">H", 14) + b"ICC_PROFILE\0"
    (tmp_path / "photo.jpg").write_bytes(whole[:2] + cut + whole[2:])
    assert open_photo(tmp_path / "photo.jpg").profile == b""


def test_a_profile_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    (tmp_path / "photo.png").write_bytes(png(1, 1, b"\0\0\0\0", chunk(b"iCCP", b"big\0\0" + packed)))
    tracemalloc.start()
    try:
        assert open_photo(tmp_path / "photo.png").profile == b""
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
