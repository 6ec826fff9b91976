"""A photo of a wide gamut looks as it should behind somebody; what cannot be followed is left as it is."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photos import LIKE_SRGB, P3, palette, profile
from PIL import Image, ImageCms

from greenscreen.images import open_photo, read_photo
from greenscreen.images.srgb import in_srgb

GAMMA = b"curv" + struct.pack(">IIH", 0, 1, 563)
TABLE = b"curv" + struct.pack(">II1024H", 0, 1024, *(round(65535 * (n / 1023) ** 1.8) for n in range(1024)))
PLAIN = b"para" + struct.pack(">IHHi", 0, 0, 0, round(65536 * 2.2))


@pytest.mark.parametrize("curve", [LIKE_SRGB, GAMMA, TABLE, PLAIN], ids=["srgb", "gamma", "table", "formula"])
def test_colours_are_those_that_little_cms_finds(curve: bytes) -> None:
    """The colour engine that GIMP, Firefox and most of Linux use."""
    image = palette()
    made = ImageCms.ImageCmsProfile(io.BytesIO(profile(curve)))
    picture = Image.fromarray(image[..., ::-1])
    wanted = ImageCms.profileToProfile(picture, made, ImageCms.createProfile("sRGB"), renderingIntent=1)
    assert wanted is not None
    assert np.abs(in_srgb(image, profile(curve)).astype(int) - np.asarray(wanted)[..., ::-1]).max() <= 2


def test_srgb_and_what_cannot_be_followed_stay_as_they_are() -> None:
    image, own = palette(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for data in (
        b"",
        own,
        profile()[:200],
        profile(b"curv"),
        profile(b"what" + bytes(20)),
        profile(b"curv" + struct.pack(">II", 0, 2**32 - 1) + bytes(1 << 18)),
        profile(colours=(P3[0],) * 3),
    ):
        np.testing.assert_array_equal(in_srgb(image, data), image)


@given(at=st.integers(128, 500), value=st.binary(min_size=1, max_size=8))
@settings(deadline=None, max_examples=60)
def test_a_broken_profile_breaks_nothing(at: int, value: bytes) -> None:
    data = profile()
    assert in_srgb(palette(), data[:at] + value + data[at + len(value) :]).shape == (40, 50, 3)


def test_a_photo_is_read_in_srgb_and_opened_in_its_own_colours(tmp_path: Path) -> None:
    """Backdrops come with `read_photo`; what is cut out keeps its profile, and its numbers with it."""
    Image.new("RGB", (8, 8), (230, 60, 40)).save(tmp_path / "photo.png", icc_profile=profile())
    assert (
        read_photo(tmp_path / "photo.png")[0, 0].tolist()
        == in_srgb(np.full((1, 1, 3), (40, 60, 230), np.uint8), profile())[0, 0].tolist()
    )
    assert read_photo(tmp_path / "photo.png")[0, 0, 2] > 240
    assert open_photo(tmp_path / "photo.png").image[0, 0].tolist() == [40, 60, 230]
