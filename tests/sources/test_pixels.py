"""Frames come upright, of square pixels and in the colours that the file means, whatever it stores."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import ACCURATE, clip, read

from greenscreen.picture.hdr import PQ, toned
from greenscreen.sources.pixels import square
from greenscreen.sources.video import VideoSource

BT709, BT601, BT601_PAL, UNSPECIFIED, LIMITED, FULL = 1, 6, 5, 2, 1, 2


WEIGHTS = {BT709: (0.2126, 0.0722), BT601: (0.299, 0.114), BT601_PAL: (0.299, 0.114), UNSPECIFIED: (0.299, 0.114)}


@pytest.mark.parametrize("turn", [0, 90, -90, 180])
def test_a_clip_taken_with_a_turned_phone_stands_upright(tmp_path: Path, turn: int) -> None:
    frame = read(clip(tmp_path / "clip.mp4", 3, turn=turn, mark=True))[0]
    assert frame.size == ((48, 64) if turn in (90, -90) else (64, 48))
    corner = {0: (0, 0), 90: (-1, 0), -90: (0, -1), 180: (-1, -1)}[turn]
    assert frame.image[corner].mean() > 240


PATCHES = np.array(
    [
        (0, 0, 0),
        (255, 255, 255),
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (255, 255, 0),
        (128, 128, 128),
        (200, 150, 120),
    ],
    np.uint8,
)


def yuv(rgb: np.ndarray, matrix: int, limited: bool) -> list[np.ndarray]:
    """The three planes, by ITU-R BT.601 and BT.709: nothing of FFmpeg's own conversion."""
    kr, kb = WEIGHTS[matrix]
    r, g, b = np.moveaxis(rgb / 255, -1, 0)
    y = kr * r + (1 - kr - kb) * g + kb * b
    u, v = (b - y) / (2 - 2 * kb), (r - y) / (2 - 2 * kr)
    scaled = (16 + 219 * y, 128 + 224 * u, 128 + 224 * v) if limited else (255 * y, 128 + 255 * u, 128 + 255 * v)
    return [np.uint8(np.clip(np.rint(plane), 0, 255)) for plane in scaled]


@pytest.mark.parametrize(
    ("codec", "matrix", "limited", "tagged_range"),
    [
        ("libx264", BT709, True, LIMITED),
        ("libx264", BT601, True, LIMITED),
        ("libx264", BT601_PAL, True, LIMITED),
        ("libx264", UNSPECIFIED, True, None),
        ("libx264", BT709, False, FULL),
        ("libx264", BT601, False, FULL),
        ("libvpx-vp9", BT709, False, FULL),
    ],
)
def test_colours_come_back_as_the_file_means_them(
    tmp_path: Path, codec: str, matrix: int, limited: bool, tagged_range: int | None
) -> None:
    rgb = PATCHES.repeat(32, 0)[None].repeat(32, 0)
    path = tmp_path / "patches.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = 256, 32, "yuv420p"
        stream.options = {"qp": "0"} if codec == "libx264" else {"lossless": "1"}
        frame = av.VideoFrame(256, 32, "yuv420p")
        for target in (frame, stream.codec_context):
            target.colorspace = matrix
            target.color_range = tagged_range or 0
        for plane, values, step in zip(frame.planes, yuv(rgb, matrix, limited), (1, 2, 2), strict=True):
            padded = np.zeros((plane.height, plane.line_size), np.uint8)
            padded[:, : 256 // step] = values[::step, ::step]
            plane.update(padded.tobytes())
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    seen = read(path)[0].image[16, 16::32, ::-1]
    assert abs(seen.astype(int) - PATCHES).max() <= 2


def wide(path: Path, turn: int = 0) -> Path:
    """A round spot, stored at half the width as pixels that are twice as wide as high."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 96, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        if turn:
            stream.set_display_rotation(turn)
        y, x = np.mgrid[:96, :64]
        spot = np.where((2 * x - 63) ** 2 + (y - 48) ** 2 < 30**2, 230, 30).astype(np.uint8)
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(spot, "gray").reformat(format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("turn", [0, 90])
def test_anamorphic_video_keeps_its_shape(tmp_path: Path, turn: int, planar: bool) -> None:
    with VideoSource(wide(tmp_path / "clip.mp4", turn), planar=planar) as source:
        frame = next(iter(source))
    assert source.size == frame.size == ((96, 128) if turn else (128, 96))
    bright = frame.image[..., 1] > 128
    across, down = bright.any(0).sum(), bright.any(1).sum()
    assert across == pytest.approx(down, abs=3)
    assert across == pytest.approx(60, abs=3)


@pytest.mark.parametrize(
    ("stored", "shape", "shown"),
    [
        ((720, 576), Fraction(64, 45), (1024, 576)),
        ((720, 480), Fraction(8, 9), (720, 540)),
        ((1440, 1080), Fraction(4, 3), (1920, 1080)),
        ((33, 21), Fraction(3, 2), (50, 21)),
        ((640, 360), None, (640, 360)),
        ((640, 360), Fraction(1), (640, 360)),
        ((640, 360), Fraction(65535, 1), (640, 360)),
        ((640, 360), Fraction(-1, 2), (640, 360)),
        ((8000, 8000), Fraction(4), (8000, 8000)),
    ],
)
def test_sizes_with_square_pixels(stored: tuple[int, int], shape: Fraction | None, shown: tuple[int, int]) -> None:
    assert square(*stored, shape) == shown


@pytest.mark.parametrize(("live", "careful"), [(False, False), (True, False), (True, True)])
def test_a_transparent_video_keeps_its_opacity_and_hides_what_it_hid(tmp_path: Path, live: bool, careful: bool) -> None:
    path = tmp_path / "clip.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=25, options={"profile": "4444"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuva444p10le"
        pixels = np.full((48, 64, 4), 60, np.uint8)
        pixels[:, 32:, 3], pixels[:, :32, 3] = 255, 0
        for index in range(2):
            frame = av.VideoFrame.from_ndarray(pixels, "bgra").reformat(format="yuva444p10le")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with VideoSource(path, planar=live, careful=careful) as source:
        frame = next(iter(source))
    assert (frame.image[:, :24] > 250).all()
    assert np.abs(frame.image[:, 40:].astype(int) - 60).max() <= 4
    if live and not careful:
        assert frame.opacity is None
    else:
        assert (frame.opacity[:, :24] == 0).all()
        assert (frame.opacity[:, 40:] == 255).all()


@pytest.mark.parametrize(("transfer", "code", "gray"), [(16, 106, 128), (16, 148, 245), (18, 128, 144), (18, 191, 245)])
@pytest.mark.parametrize("stored", ["yuv420p10le", "yuv420p"])
def test_high_dynamic_range_is_not_pale(tmp_path: Path, stored: str, transfer: int, code: int, gray: int) -> None:
    """By hand from ITU-R BT.2100: what PQ and HLG store for a gray, where 203 nits are white and 1000 the peak.

    Nor is it where planes could be handed on as they are.
    """
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, stored
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), code, np.uint8), "bgr24").reformat(format=stored)
        for target in (stream.codec_context, frame):
            target.color_trc, target.color_primaries, target.colorspace, target.color_range = transfer, 9, 9, 1
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    # Eight bits are coarser.
    near = 4 if "10" in stored else 8
    assert read(path)[0].image.mean() == pytest.approx(gray, abs=near)
    with VideoSource(path, planar=True, careful=True) as source:
        assert next(iter(source)).image.mean() == pytest.approx(gray, abs=near)


@pytest.mark.parametrize("primaries", [1, 9, 12])
def test_high_dynamic_range_is_of_the_primaries_that_the_file_names(tmp_path: Path, primaries: int) -> None:
    """BT.709's, BT.2020's and P3's, of ITU-T H.273: the same codes are other colours."""
    path, codes = tmp_path / "clip.mkv", np.full((48, 64, 3), (60, 110, 90), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=25, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr24"
        frame = av.VideoFrame.from_ndarray(codes, "bgr24")
        for target in (stream.codec_context, frame):
            target.color_trc, target.color_primaries = PQ, primaries
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    expected = [toned(codes, 8, PQ, of)[0, 0].astype(int) for of in (primaries, 9)]
    seen = read(path)[0].image[24, 32]
    assert np.abs(seen - expected[0]).max() <= 2
    assert (np.abs(seen - expected[1]).max() > 6) == (primaries != 9)


@pytest.mark.parametrize("form", ["yuv420p", "yuv422p"])
@pytest.mark.parametrize(("matrix", "full"), [(6, 1), (5, 2), (1, 1), (1, 2), (9, 1), (2, 0)])
def test_planes_go_from_the_file_to_the_camera_without_becoming_bgr(
    tmp_path: Path, matrix: int, full: int, form: str
) -> None:
    """Those of the usual kind as they are; those of another matrix or range by ITU-T H.273, for no colour to be off."""
    path, size = tmp_path / "clip.mkv", 256
    rgb = PATCHES.repeat(32, 0)[None].repeat(size, 0)
    stored = None if matrix == 9 else yuv(rgb, matrix, full != FULL)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = size, size, form
        frame = av.VideoFrame(size, size, form)
        for target in (stream.codec_context, frame):
            target.colorspace, target.color_range = matrix, full
        if stored is None:
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(
                format=form, dst_colorspace=9, dst_color_range=1, interpolation=ACCURATE
            )
        else:
            for plane, values in zip(frame.planes, stored, strict=True):
                padded = np.zeros((plane.height, plane.line_size), np.uint8)
                padded[:, : plane.width] = values[:: size // plane.height, :: size // plane.width]
                plane.update(padded.tobytes())
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with VideoSource(path, planar=True) as source:
        seen = next(iter(source))
    assert seen.planar
    wanted = yuv(rgb, BT601, True)
    ours = [seen.pixels[:size], *seen.pixels[size:].reshape(2, size // 2, size // 2)]
    for plane, (got, want) in enumerate(zip(ours, wanted, strict=True)):
        step = 1 if plane == 0 else 2
        middle = slice(16 // step, None, 32 // step)
        assert np.abs(got[8, middle].astype(int) - want[16, 16::32]).max() <= 2, plane
    if matrix in (2, 6) and full != FULL and form == "yuv420p":
        with av.open(str(path)) as container:
            np.testing.assert_array_equal(seen.pixels, next(container.decode(video=0)).to_ndarray())


@pytest.mark.parametrize("more", [{"turn": 90}, {"size": (63, 48), "pix_fmt": "yuv444p"}, {"pix_fmt": "yuv444p"}])
def test_what_is_no_such_planes_comes_as_bgr(tmp_path: Path, more: dict) -> None:
    with VideoSource(clip(tmp_path / "clip.mp4", 2, **more), planar=True) as source:
        assert not next(iter(source)).planar
