"""Any photo a person may have is read upright and whole, or refused in words; a written file is whole or not there."""

import contextlib
import io
import os
import re
import signal
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.images import letterbox, list_photos, open_photo, read_photo, write_image

KINDS = [".jpg", ".png", ".webp", ".bmp", ".tiff", ".avif"]


@pytest.fixture
def picture() -> np.ndarray:
    """24x40 BGR: blue above, red below, a white bar at the left."""
    image = np.zeros((24, 40, 3), np.uint8)
    image[:12], image[12:], image[:, :8] = (220, 40, 20), (10, 50, 210), 255
    return image


def noise(size: tuple[int, int] = (120, 160)) -> np.ndarray:
    return cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8), (0, 0), 1)


def encoded(image: np.ndarray, suffix: str, *options: int) -> bytes:
    return cv2.imencode(suffix, image, options)[1].tobytes()


def near(a: np.ndarray, b: np.ndarray) -> bool:
    """Within what chroma subsampling and compression cost, away from the edges between colours."""
    return a.shape == b.shape and np.median(abs(a.astype(int) - b.astype(int)).max(2)) < 12


def pillow(image: np.ndarray) -> Pillow.Image:
    return Pillow.fromarray(image[..., ::-1])


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


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_an_avif_is_as_bright_whatever_its_depth(tmp_path: Path, picture: np.ndarray, bits: int) -> None:
    deep = picture if bits == 8 else (picture.astype(float) * (2**bits - 1) / 255).astype(np.uint16)
    (tmp_path / "deep.avif").write_bytes(encoded(deep, ".avif", cv2.IMWRITE_AVIF_DEPTH, bits))
    assert near(read_photo(tmp_path / "deep.avif"), picture)


def test_sixteen_bits_are_rounded_to_eight(tmp_path: Path) -> None:
    deep = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    (tmp_path / "deep.png").write_bytes(encoded(deep, ".png"))
    assert read_photo(tmp_path / "deep.png")[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_transparency_lies_on_white(tmp_path: Path, suffix: str) -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 2:5, 3], pixels[:, 5:, 3] = 128, 255
    (tmp_path / f"cut{suffix}").write_bytes(encoded(pixels, suffix, cv2.IMWRITE_WEBP_QUALITY, 101))
    assert read_photo(tmp_path / f"cut{suffix}")[0, [0, 3, 7], 0].tolist() == [255, 127, 0]


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


def png(width: int, height: int, data: bytes = b"", extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND")


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tiff(width: int, height: int) -> bytes:
    return b"II*\0" + struct.pack("<IHHHIIHHIII", 8, 2, 256, 4, 1, width, 257, 4, 1, height, 0)


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


def test_libraries_do_not_chatter(tmp_path: Path) -> None:
    """A broken colour profile makes libpng complain, a broken TIFF OpenCV; in a process of its own, as levels stick."""
    (tmp_path / "profile.png").write_bytes(png(1, 1, b"\0\0\0\0", chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(b"no"))))
    whole = encoded(noise(), ".tiff")
    (tmp_path / "cut.tiff").write_bytes(whole[: len(whole) // 2] + whole[-200:])
    program = (
        "import sys, pathlib; from greenscreen.images import read_photo; from greenscreen.errors import SourceError\n"
        "for name in sys.argv[1:]:\n"
        "    try: read_photo(pathlib.Path(name))\n"
        "    except SourceError: pass\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "profile.png"), str(tmp_path / "cut.tiff")]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout + done.stderr == b""


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


def test_letterboxing_keeps_the_shape() -> None:
    boxed = letterbox(np.full((10, 10, 3), 200, np.uint8), 40, 20)
    assert boxed.shape == (20, 40, 3)
    assert (boxed[:, :10] == 0).all()
    assert (boxed[:, 10:30] == 200).all()
    assert letterbox(np.zeros((1, 20000, 3), np.uint8), 40, 20).shape == (20, 40, 3)
