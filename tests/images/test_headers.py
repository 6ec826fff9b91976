"""What is no whole photo, or none at all, is refused in words and before it is decoded; what is one is read."""

import contextlib
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from photos import KINDS, chunk, encoded, near, noise, pillow, png
from PIL import Image as Pillow

from greenscreen.errors import SourceError
from greenscreen.images import open_photo, read_photo


def tiff(width: int, height: int) -> bytes:
    return b"II*\0" + struct.pack("<IHHHIIHHIII", 8, 2, 256, 4, 1, width, 257, 4, 1, height, 0)


def test_a_gray_tiff_with_transparency_is_refused_and_not_seen_through(tmp_path: Path) -> None:
    Pillow.new("LA", (8, 8), (90, 0)).save(tmp_path / "photo", "TIFF")
    with pytest.raises(SourceError, match="gray TIFF with transparency"):
        open_photo(tmp_path / "photo")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_its_first_picture_and_that_is_told(
    tmp_path: Path, picture: np.ndarray, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    pillow(picture).save(tmp_path / "moving", kind, save_all=True, append_images=[pillow(picture[::-1])])
    assert near(read_photo(tmp_path / "moving"), picture)
    assert "moving is an animation" in caplog.text
    caplog.clear()
    pillow(picture).save(tmp_path / "still", kind)
    read_photo(tmp_path / "still")
    assert not caplog.text


@pytest.mark.parametrize("shape", [(1, 1), (10, 20000), (20000, 10)])
def test_extreme_shapes_are_read(tmp_path: Path, shape: tuple[int, int]) -> None:
    (tmp_path / "photo.png").write_bytes(encoded(np.zeros((*shape, 3), np.uint8), ".png"))
    assert read_photo(tmp_path / "photo.png").shape == (*shape, 3)


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
def test_a_cut_off_photo_is_refused_and_not_filled_with_gray(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], suffix: str, kept: float
) -> None:
    whole = encoded(noise(), suffix)
    path = tmp_path / f"half{suffix}"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(SourceError, match=r"^half") as caught:
        read_photo(path)
    assert caught.value.hint
    assert capfd.readouterr().err == ""


def test_a_cut_off_progressive_jpeg_with_a_whole_thumbnail_is_refused(tmp_path: Path) -> None:
    """The thumbnail in the EXIF block has an end-of-image marker of its own."""
    whole = encoded(noise(), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    thumbnail = b"Exif\0\0" + encoded(noise((16, 16)), ".jpg")
    block = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    path = tmp_path / "half.jpg"
    path.write_bytes(whole[:2] + block + whole[2:])
    assert read_photo(path).shape == (120, 160, 3)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(SourceError, match=r"half\.jpg is cut off"):
        read_photo(path)


def test_what_follows_the_picture_does_not_matter(tmp_path: Path, picture: np.ndarray) -> None:
    """Phones append a short film to their photos."""
    (tmp_path / "motion.jpg").write_bytes(encoded(picture, ".jpg") + b"\0\0\0\x18ftypmp42" * 20)
    assert near(read_photo(tmp_path / "motion.jpg"), picture)


@pytest.mark.parametrize(
    "bomb",
    [
        png(60000, 60000),
        tiff(60000, 60000),
        b"BM" + struct.pack("<12xIii", 40, 60000, -60000) + bytes(40),
        b"RIFF\0\0\0\0WEBPVP8X" + struct.pack("<II", 10, 0) + b"\xff\xff\0\xff\xff\0",
        b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 8, 8, 60000, 60000, 3) + b"\xff\xda\0\2\xff\xd9",
        b"\0\0\0\x18ftypavif" + b"\0\0\0\x14ispe\0\0\0\0" + struct.pack(">II", 60000, 60000),
    ],
    ids=["png", "tiff", "bmp", "webp", "jpeg", "avif"],
)
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, bomb: bytes) -> None:
    (tmp_path / "bomb").write_bytes(bomb)
    with pytest.raises(SourceError, match="megapixels"):
        read_photo(tmp_path / "bomb")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"hello, this is no photo", "not an image"),
        (b"\xff\xd8\xff" + b"0" * 100, "cut off"),
        (b"\xff\xd8\xff\xe0\0\2" + b"0" * 100, "damaged"),
        (b"\xff\xd8\xff\xda\0\2\xff\xd9", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 50, "cut off"),
        (png(4, 4).replace(b"IHDR", b"IHDX"), "damaged"),
        (png(0, 4), "damaged"),
        (png(4, 4, b"\0" * 5), "damaged"),
        (b"II*\0\xff\xff\xff\x7f", "cut off"),
        (b"II*\0\x08\0\0\0\0\0\0\0", "damaged"),
        (b"\0\0\0\x18ftypavif" + bytes(60), "damaged"),
        (b"\0\0\0\x18ftypheic" + bytes(60), "is a HEIC photo"),
        (b"\0\0\0\x18ftypmif1" + bytes(4) + b"mif1heic" + bytes(60), "is a HEIC photo"),
        (b"GIF89a" + bytes(60), "is a GIF"),
        (b"BM", "cut off"),
        (b"RIFF0000WEBP", "cut off"),
    ],
)
def test_what_is_no_photo_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(data)
    with pytest.raises(SourceError, match=message) as caught:
        read_photo(tmp_path / "photo.jpg")
    assert caught.value.hint


def test_random_bytes_after_a_good_start_never_escape_as_another_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "photo"
    for suffix in KINDS:
        whole = np.frombuffer(encoded(noise((20, 20)), suffix), np.uint8)
        for _ in range(40):
            spoiled = whole.copy()
            spoiled[rng.integers(4, min(len(spoiled), 200), 4)] = rng.integers(0, 256, 4)
            path.write_bytes(spoiled.tobytes())
            with contextlib.suppress(SourceError):
                assert read_photo(path).dtype == np.uint8


def test_libraries_do_not_chatter(tmp_path: Path) -> None:
    """A broken colour profile makes libpng complain, a broken TIFF OpenCV; in a process of its own, as levels stick."""
    (tmp_path / "profile.png").write_bytes(png(1, 1, b"\0\0\0\0", chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(b"no"))))
    whole = encoded(noise(), ".tiff")
    (tmp_path / "cut.tiff").write_bytes(whole[: len(whole) // 2] + whole[-200:])
    (tmp_path / "none.png").write_bytes(png(0, 0))
    program = (
        "import sys, pathlib; from greenscreen.images import read_photo; from greenscreen.errors import SourceError\n"
        "for name in sys.argv[1:]:\n"
        "    try: read_photo(pathlib.Path(name))\n"
        "    except SourceError: pass\n"
    )
    command = [
        sys.executable,
        "-c",
        program,
        *(str(tmp_path / name) for name in ("profile.png", "cut.tiff", "none.png")),
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout + done.stderr == b""
