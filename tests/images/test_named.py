"""What a file names by a number looks as what another one describes by its profile."""

import io
from pathlib import Path

import numpy as np
import pytest
from clips import still
from photos import P3 as P3_AT_D50
from photos import chunk, encoded, palette, profile
from PIL import Image, ImageCms

from greenscreen.images import open_photo, read_photo, write_image
from greenscreen.images.named import profile_named
from greenscreen.images.profile import profile_of
from greenscreen.picture.hdr import BT709, BT2020, P3

USUAL = 1
BT2020_AT_D50 = (0.67351, 0.27904, -0.00193), (0.16567, 0.67534, 0.02998), (0.12506, 0.04561, 0.79686)
"""XYZ of its red, green and blue, as ICC's own BT2020 profile has them."""


def png(image: np.ndarray, primaries: int, curve: int = USUAL, extra: bytes = b"") -> bytes:
    data = encoded(image, ".png")
    return data[:33] + chunk(b"cICP", bytes([primaries, curve, 0, 1])) + extra + data[33:]


@pytest.mark.parametrize(("primaries", "colours"), [(P3, P3_AT_D50), (BT2020, BT2020_AT_D50)])
def test_a_png_that_names_its_colours_looks_as_one_with_their_profile(
    tmp_path: Path, primaries: int, colours: tuple[tuple[float, ...], ...]
) -> None:
    image = palette()
    (tmp_path / "named.png").write_bytes(png(image, primaries))
    write_image(tmp_path / "told.png", image, profile(colours=colours))
    named, told = read_photo(tmp_path / "named.png").astype(int), read_photo(tmp_path / "told.png")
    assert np.abs(named - told).max() <= 1
    assert np.abs(named - image).max() > 20
    assert (open_photo(tmp_path / "named.png").image == image).all()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_what_is_written_has_a_profile_that_others_read(tmp_path: Path, suffix: str) -> None:
    image = np.full((16, 16, 3), (40, 60, 230), np.uint8)
    (tmp_path / "named.png").write_bytes(png(image, P3))
    photo = open_photo(tmp_path / "named.png")
    write_image(tmp_path / f"out{suffix}", photo.image, photo.profile)
    with Image.open(tmp_path / f"out{suffix}") as out:
        found = ImageCms.ImageCmsProfile(io.BytesIO(out.info["icc_profile"]))
        shown = ImageCms.profileToProfile(out.convert("RGB"), found, ImageCms.createProfile("sRGB"), renderingIntent=1)
    assert shown is not None
    assert np.abs(np.asarray(shown)[8, 8, ::-1].astype(int) - photo.on_white[8, 8]).max() <= 3


def test_what_an_avif_names_counts_where_it_has_no_profile(tmp_path: Path) -> None:
    for primaries in (BT709, P3):
        image = np.full((64, 64, 3), (60, 90, 210), np.uint8)
        still(tmp_path / f"{primaries}.avif", image, primaries, USUAL, USUAL)
    usual, wide = (read_photo(tmp_path / f"{primaries}.avif")[32, 32].astype(int) for primaries in (BT709, P3))
    assert open_photo(tmp_path / f"{BT709}.avif").profile == b""
    data = (tmp_path / f"{P3}.avif").read_bytes()
    assert profile_of(data) == profile_named(P3)
    assert profile_of(data + b"colrprof" + profile()) == profile()
    assert wide[2] > usual[2] + 8
    assert wide[1] < usual[1] - 4


def test_what_a_png_names_counts_for_more_than_its_profile(tmp_path: Path) -> None:
    image, other = palette(), profile(colours=BT2020_AT_D50)
    write_image(tmp_path / "told.png", image, other)
    told = (tmp_path / "told.png").read_bytes()[33:]
    for primaries, wanted in ((P3, profile_named(P3)), (BT709, b""), (2, other)):
        data = encoded(image, ".png")[:33] + chunk(b"cICP", bytes([primaries, USUAL, 0, 1])) + told
        (tmp_path / "both.png").write_bytes(data)
        assert open_photo(tmp_path / "both.png").profile == wanted
