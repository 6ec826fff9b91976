"""Any photo a person may have is read as it looks; a written file is whole or not there."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from photos import KINDS, encoded, near, pillow
from PIL import Image as Pillow

from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.images import list_photos, open_photo, read_photo, write_image


@pytest.mark.parametrize("suffix", KINDS)
def test_every_usual_format_is_read(tmp_path: Path, picture: np.ndarray, suffix: str) -> None:
    path = tmp_path / f"фото 写真{suffix}"
    path.write_bytes(encoded(picture, suffix))
    assert near(read_photo(path), picture)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "L"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("TIFF", "CMYK")],
)
def test_every_colour_mode_becomes_bgr(tmp_path: Path, picture: np.ndarray, kind: str, mode: str) -> None:
    source = pillow(picture).convert(mode)
    source.save(tmp_path / "photo", kind)
    expected = np.array(source.convert("RGB"))[..., ::-1]
    assert near(read_photo(tmp_path / "photo"), expected)


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_transparency_lies_on_white(tmp_path: Path, suffix: str) -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 2:5, 3], pixels[:, 5:, 3] = 128, 255
    (tmp_path / f"cut{suffix}").write_bytes(encoded(pixels, suffix, cv2.IMWRITE_WEBP_QUALITY, 101))
    assert read_photo(tmp_path / f"cut{suffix}")[0, [0, 3, 7], 0].tolist() == [255, 127, 0]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_is_kept_beside_the_colours_and_hides_what_it_hid(tmp_path: Path, kind: str) -> None:
    pixels = np.full((4, 6, 4), 60, np.uint8)
    pixels[..., 3] = [0, 0, 128, 128, 255, 255]
    Pillow.fromarray(pixels).save(tmp_path / "photo", kind, lossless=True, exact=True)
    photo = open_photo(tmp_path / "photo")
    assert photo.opacity is not None
    assert photo.opacity[0].tolist() == [0, 0, 128, 128, 255, 255]
    assert photo.image[0, :, 0].tolist() == [255, 255, 60, 60, 60, 60]
    pixels[..., 3] = 255
    Pillow.fromarray(pixels).save(tmp_path / "photo", kind, lossless=True)
    assert open_photo(tmp_path / "photo").opacity is None


def test_missing_files_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no photo"):
        read_photo(tmp_path / "nothing.jpg")
    with pytest.raises(SourceError, match="there is no photo"):
        read_photo(tmp_path / ("x" * 300))
    with pytest.raises(SourceError, match="is a folder"):
        read_photo(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        with pytest.raises(SourceError, match="there is no photo"):
            read_photo(tmp_path / "pipe.jpg")


@pytest.mark.parametrize("channels", [None, 3, 4])
def test_png_gives_back_what_was_written(tmp_path: Path, channels: int | None) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7) + ((channels,) if channels else ()), dtype=np.uint8)
    write_image(tmp_path / "out.PNG", pixels)
    stored = cv2.imdecode(np.frombuffer((tmp_path / "out.PNG").read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(stored, pixels)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_jpeg_and_webp_are_chosen_by_the_ending(tmp_path: Path, picture: np.ndarray, suffix: str) -> None:
    write_image(tmp_path / f"out{suffix}", picture)
    kind = Pillow.open(io.BytesIO((tmp_path / f"out{suffix}").read_bytes())).format
    assert kind == ("WEBP" if suffix == ".webp" else "JPEG")


def test_an_existing_file_is_replaced_and_nothing_else_is_left(tmp_path: Path, picture: np.ndarray) -> None:
    (tmp_path / "out.png").write_text("old")
    write_image(tmp_path / "out.png", picture)
    assert near(read_photo(tmp_path / "out.png"), picture)
    assert os.listdir(tmp_path) == ["out.png"]


def test_what_must_be_kept_takes_the_next_free_name(tmp_path: Path, picture: np.ndarray) -> None:
    (tmp_path / "out.png").write_text("old")
    assert write_image(tmp_path / "out.png", picture, keep=True) == tmp_path / "out-2.png"
    assert near(read_photo(tmp_path / "out-2.png"), picture)
    assert (tmp_path / "out.png").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["out-2.png", "out.png"]


def test_endings_that_cannot_hold_the_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no kind of image"):
        write_image(tmp_path / "out.gif", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(UsageError, match="cannot hold transparency"):
        write_image(tmp_path / "out.jpg", np.zeros((4, 4, 4), np.uint8))
    with pytest.raises(SinkError, match="this size"):
        write_image(tmp_path / "out.jpg", np.zeros((2, 70000, 3), np.uint8))
    assert os.listdir(tmp_path) == []


def test_a_target_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, picture: np.ndarray) -> None:
    with pytest.raises(SinkError, match="cannot be written"):
        write_image(tmp_path / "missing" / "out.png", picture)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(SinkError, match="cannot be written"):
        write_image(tmp_path / "folder.png", picture)
    assert os.listdir(tmp_path) == ["folder.png"]


def write_beyond_the_limit(path: Path, then: str) -> int:
    """Has a process write an image larger than its files may be; returns its exit code."""
    program = (
        "import resource, signal, sys, pathlib, numpy as np\n"
        "from greenscreen.errors import SinkError; from greenscreen.images import write_image\n"
        f"signal.signal(signal.SIGXFSZ, signal.{then}); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "noise = np.random.default_rng(0).integers(0, 256, (99, 99, 3), dtype=np.uint8)\n"
        "try: write_image(pathlib.Path(sys.argv[1]), noise)\n"
        "except SinkError: sys.exit(7)\n"
    )
    return subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode


@pytest.mark.skipif(sys.platform != "linux", reason="limits the file size as a full disk would")
def test_a_full_disk_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    (tmp_path / "out.png").write_text("old")
    assert write_beyond_the_limit(tmp_path / "out.png", "SIG_IGN") == 7
    assert os.listdir(tmp_path) == ["out.png"]
    assert (tmp_path / "out.png").read_text() == "old"


@pytest.mark.skipif(sys.platform != "linux", reason="is killed in the middle of writing by the limit of file sizes")
def test_what_a_killed_run_left_goes_when_the_same_image_is_written(tmp_path: Path, picture: np.ndarray) -> None:
    assert write_beyond_the_limit(tmp_path / "out.png", "SIG_DFL") == -signal.SIGXFSZ
    (left,) = os.listdir(tmp_path)
    assert left.startswith(".")
    write_image(tmp_path / "out.png", picture)
    assert os.listdir(tmp_path) == ["out.png"]


def test_a_folder_is_listed_by_name_without_other_files(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", ".hidden.jpg", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "deep.png").mkdir()
    assert [path.name for path in list_photos(tmp_path)] == ["a.png", "b.JPG"]
    (tmp_path / "phone.HEIC").touch()
    assert [path.name for path in list_photos(tmp_path)] == ["a.png", "b.JPG"]
    assert [path.name for path in list_photos(tmp_path, others=True)] == ["a.png", "b.JPG", "phone.HEIC"]


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no photos"):
        list_photos(tmp_path)
    with pytest.raises(SourceError, match="cannot be read"):
        list_photos(tmp_path / "missing")
