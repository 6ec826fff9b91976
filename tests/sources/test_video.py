"""Every frame of a file arrives once, upright, in its own colours and at its own time; a broken file is told of."""

import itertools
import os
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Interpolation

from greenscreen.errors import SourceError
from greenscreen.sources.pixels import square
from greenscreen.sources.video import VideoSource

ACCURATE = Interpolation.BILINEAR | Interpolation.ACCURATE_RND
BT709, BT601, BT601_PAL, UNSPECIFIED, LIMITED, FULL = 1, 6, 5, 2, 1, 2
WEIGHTS = {BT709: (0.2126, 0.0722), BT601: (0.299, 0.114), BT601_PAL: (0.299, 0.114), UNSPECIFIED: (0.299, 0.114)}


def level(index: int) -> int:
    """The gray by which a frame of `clip` can be told."""
    return 40 + 5 * (index % 40)


def clip(path: Path, frames: int = 20, size: tuple[int, int] = (64, 48), **more: object) -> Path:
    """A video whose frame `i` is gray `level(i)`, with some noise so that it has a weight in bytes."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w", options=more.get("options", {})) as container:
        stream = container.add_stream(more.get("codec", "libx264"), rate=more.get("rate", 30))
        stream.width, stream.height = size
        stream.pix_fmt = more.get("pix_fmt", "yuv420p")
        if "turn" in more:
            stream.set_display_rotation(more["turn"])
        stamps = more.get("stamps", range(frames))
        if "stamps" in more:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for index, stamp in zip(range(frames), stamps, strict=False):
            gray = np.full((size[1], size[0], 3), level(index), np.int16) + rng.integers(-8, 9, (size[1], size[0], 1))
            if "mark" in more:
                gray[: size[1] // 4, : size[0] // 4] = 255
            # By default FFmpeg rounds gray to a tint of green.
            frame = av.VideoFrame.from_ndarray(np.uint8(gray), "bgr24")
            frame = frame.reformat(format=stream.pix_fmt, interpolation=ACCURATE)
            frame.pts = stamp
            if "stamps" in more:
                frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def song(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        for _ in range(4):
            sound = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
            sound.sample_rate = 44100
            container.mux(stream.encode(sound))
        container.mux(stream.encode())
    return path


def read(path: Path) -> list:
    with VideoSource(path) as source:
        return list(source)


def test_every_frame_comes_once_in_order_with_its_time(tmp_path: Path) -> None:
    with VideoSource(clip(tmp_path / "clip.mp4", 35)) as source:
        frames = list(source)
    assert (source.name, source.size, source.fps, source.frames) == ("clip.mp4", (64, 48), 30, 35)
    assert not source.live
    assert not source.has_audio
    assert [frame.index for frame in frames] == list(range(35))
    assert [frame.time for frame in frames] == pytest.approx([index / 30 for index in range(35)], abs=1e-4)
    assert [frame.image.mean() for frame in frames] == pytest.approx([level(index) for index in range(35)], abs=2)
    assert [frame.fresh for frame in frames] == [True] + [False] * 34


def test_a_variable_rate_is_kept(tmp_path: Path) -> None:
    """Screen recorders and phones in the dark write frames when there are some."""
    stamps = [500, 533, 566, 900, 910, 1700]
    frames = read(clip(tmp_path / "clip.mkv", 6, stamps=stamps))
    assert [frame.time for frame in frames] == pytest.approx([(stamp - 500) / 1000 for stamp in stamps], abs=2e-3)


def test_a_stream_without_times_gets_them_from_its_rate(tmp_path: Path) -> None:
    times = [frame.time for frame in read(clip(tmp_path / "clip.h264", 10))]
    assert all(b > a for a, b in itertools.pairwise(times))


@pytest.mark.parametrize("turn", [0, 90, -90, 180])
def test_a_clip_taken_with_a_turned_phone_stands_upright(tmp_path: Path, turn: int) -> None:
    frame = read(clip(tmp_path / "clip.mp4", 3, turn=turn, mark=True))[0]
    assert frame.size == ((48, 64) if turn in (90, -90) else (64, 48))
    corner = {0: (0, 0), 90: (-1, 0), -90: (0, -1), 180: (-1, -1)}[turn]
    assert frame.image[corner].mean() > 240


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "size", "suffix"),
    [
        ("libx264", "yuv444p", (61, 47), ".mp4"),
        ("libx264", "yuv422p10le", (64, 48), ".mkv"),
        ("libvpx-vp9", "yuv420p", (63, 45), ".webm"),
        ("mjpeg", "yuvj420p", (64, 48), ".avi"),
        ("ffv1", "bgr0", (33, 17), ".mkv"),
    ],
)
def test_usual_codecs_depths_and_odd_sizes_are_read(
    tmp_path: Path, codec: str, pix_fmt: str, size: tuple[int, int], suffix: str
) -> None:
    path = clip(tmp_path / f"clip{suffix}", 4, size, codec=codec, pix_fmt=pix_fmt)
    frames = read(path)
    assert [frame.size for frame in frames] == [size] * 4
    assert frames[2].image.mean() == pytest.approx(level(2), abs=3)


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


def test_looping_goes_on_in_time_and_is_fresh_at_each_start(tmp_path: Path) -> None:
    with VideoSource(clip(tmp_path / "clip.mp4", 5), loop=True) as source:
        frames = list(itertools.islice(source, 12))
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.time for frame in frames] == pytest.approx([index / 30 for index in range(12)], abs=1e-3)
    assert [frame.index for frame in frames if frame.fresh] == [0, 5, 10]


def test_frames_that_change_size_are_fitted_into_the_first(tmp_path: Path) -> None:
    parts = [clip(tmp_path / "a.h264", 3, (64, 48)), clip(tmp_path / "b.h264", 3, (32, 48))]
    (tmp_path / "both.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = read(tmp_path / "both.h264")
    assert [frame.size for frame in frames] == [(64, 48)] * 6
    assert frames[5].image[:, :14].max() == 0
    assert frames[5].image[:, 20:44].mean() == pytest.approx(level(2), abs=5)


def test_sound_is_noticed(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "clip.mp4"), "w") as container:
        video, audio = container.add_stream("libx264", rate=30), container.add_stream("aac", rate=44100)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
            frame.pts = index
            container.mux(video.encode(frame))
        sound = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        sound.sample_rate = 44100
        container.mux(audio.encode(sound))
        container.mux([*video.encode(), *audio.encode()])
    with VideoSource(tmp_path / "clip.mp4") as source:
        assert source.has_audio


def test_a_name_that_looks_like_an_address_is_still_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = clip(tmp_path / "плёнка 写真.mp4", 3)
    if os.name != "nt":
        path = path.rename(tmp_path / "http:clip.mp4")
    assert len(read(Path(path.name))) == 3


def cut(path: Path, keep: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


@pytest.mark.parametrize("movflags", ["+faststart", "frag_keyframe+empty_moov"])
def test_a_clip_cut_in_the_middle_gives_what_there_is_and_then_says_so(tmp_path: Path, movflags: str) -> None:
    path = cut(clip(tmp_path / "clip.mp4", 60, options={"movflags": movflags}), 0.6)
    frames = []
    with VideoSource(path) as source, pytest.raises(SourceError, match=r"after \d+ frames") as caught:
        frames.extend(source)
    assert 20 < len(frames) < 45
    assert f"after {len(frames)} frames" in str(caught.value)
    assert caught.value.hint


def test_a_clip_whose_index_was_lost_is_refused(tmp_path: Path) -> None:
    """What remains when a recorder crashes: the data without the moov atom at its end."""
    with pytest.raises(SourceError, match=r"no video|not a video"):
        read(cut(clip(tmp_path / "clip.mp4"), 0.8))


def with_a_hole(path: Path, at: float) -> Path:
    """A clip of 20 frames of which one is zeros, for the most part."""
    path = clip(path, 20, codec="png", pix_fmt="rgb24")
    data = bytearray(path.read_bytes())
    place = data.index(b"\x89PNG", int(len(data) * at))
    data[place : place + 300] = bytes(300)
    path.write_bytes(data)
    return path


def test_a_frame_that_cannot_be_decoded_costs_no_other_and_is_told(tmp_path: Path) -> None:
    frames, source = [], VideoSource(with_a_hole(tmp_path / "clip.mov", 0.5))
    with source, pytest.raises(SourceError, match=r"is damaged: 1 of its frames cannot be decoded") as caught:
        frames.extend(source)
    assert caught.value.hint
    assert len(frames) == 19
    assert frames[-1].time == pytest.approx(19 / 30, abs=0.01)


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_a_damaged_loop_goes_round_with_what_there_is(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A backdrop that ends in a broken frame is no reason to end a call."""
    if suffix == ".mov":
        path, whole = with_a_hole(tmp_path / "clip.mov", 0.8), 19
    else:
        path, whole = cut(clip(tmp_path / "clip.mkv", 60), 0.6), 0
    with VideoSource(path, loop=True) as source:
        frames = list(itertools.islice(source, 150))
    starts = [frame.index for frame in frames if frame.fresh]
    assert len(starts) > 2
    assert starts[1] == whole or (not whole and 20 < starts[1] < 50)
    assert all(a.time < b.time for a, b in itertools.pairwise(frames))
    assert caplog.text.count("goes round") == 1


def test_streams_that_damage_seems_to_begin_are_no_error_of_their_own(tmp_path: Path) -> None:
    """PyAV looks for those in vain, of a broadcast that names others on the way."""
    path, frames = clip(tmp_path / "clip.ts", 60), []
    data = bytearray(path.read_bytes())
    for place in np.random.default_rng(3).integers(len(data) // 10, len(data), 200):
        data[place] ^= 0xFF
    path.write_bytes(data)
    with VideoSource(path) as source, pytest.raises(SourceError, match=r"of its frames cannot be decoded"):
        frames.extend(source)
    assert len(frames) > 40


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".avi"])
def test_other_containers_that_are_cut_say_so_too(tmp_path: Path, suffix: str) -> None:
    path = clip(tmp_path / f"clip{suffix}", 60, codec="libvpx-vp9" if suffix == ".webm" else "libx264")
    assert len(read(path)) == 60
    frames = []
    with VideoSource(cut(path, 0.6)) as source, pytest.raises(SourceError, match="is cut off"):
        frames.extend(source)
    assert 5 < len(frames) < 50


def test_a_codec_that_nobody_knows_is_not_called_damage(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", 5)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(SourceError, match="cannot be decoded here"):
        VideoSource(path).__enter__()


@pytest.mark.skipif(sys.platform == "win32", reason="there no open file can be removed")
def test_a_file_that_is_removed_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", 10)
    with VideoSource(path) as source:
        frames = iter(source)
        next(frames)
        path.unlink()
        assert sum(1 for _ in frames) == 9


def test_a_file_whose_length_nobody_knew_is_whole(tmp_path: Path) -> None:
    """As a stream that was saved while it ran."""
    path = clip(tmp_path / "clip.mkv", 10, options={"live": "1"})
    with VideoSource(path) as source:
        assert source.frames is None
        assert len(list(source)) == 10


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


def test_interlaced_video_comes_without_combs(tmp_path: Path) -> None:
    """A bar moves; each frame's odd rows are from half a frame later than its even ones."""
    path = tmp_path / "clip.mkv"
    options = {"flags": "+ildct+ilme", "x264-params": "tff=1:crf=10"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for index in range(12):
            picture = np.full((64, 128), 40, np.uint8)
            picture[::2, 8 * index :][:, :24], picture[1::2, 8 * index + 4 :][:, :24] = 220, 220
            frame = av.VideoFrame.from_ndarray(picture, "gray").reformat(format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    frames = read(path)
    assert [frame.time for frame in frames] == pytest.approx([index / 25 for index in range(12)], abs=2e-3)
    for index, frame in enumerate(frames[2:10], 2):
        rows = frame.image[8:-8, :, 1].astype(int)
        assert np.abs(np.diff(rows, axis=0)).max() < 90, index
        assert (rows[:, 8 * index + 6 : 8 * index + 22] > 180).all()


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


def test_a_recording_from_the_middle_of_a_broadcast_begins_where_it_can(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.ts", 40)
    with av.open(str(path), "r") as whole:
        packets = [packet.pos for packet in whole.demux(video=0) if packet.size]
    path.write_bytes(path.read_bytes()[packets[20] :] + path.read_bytes())
    assert len(read(path)) == 40


@pytest.mark.parametrize("data", [b"", b"hello\n" * 50, os.urandom(20000)], ids=["empty", "text", "noise"])
@pytest.mark.parametrize("name", ["clip.mp4", "notes.txt", "clip.mkv", "clip"])
def test_what_is_no_video_is_refused(tmp_path: Path, data: bytes, name: str) -> None:
    """FFmpeg would even show a text file as a video of a terminal."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError) as caught:
        read(tmp_path / name)
    assert caught.value.hint


def test_a_playlist_cannot_reach_the_network(tmp_path: Path) -> None:
    (tmp_path / "clip.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(SourceError):
        read(tmp_path / "clip.m3u8")


def test_a_song_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no video"):
        read(song(tmp_path / "song.m4a"))


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no video"):
        read(tmp_path / "missing.mp4")
    with pytest.raises(SourceError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize(("matrix", "full"), [(6, 1), (5, 2), (1, 1), (1, 2), (9, 1), (2, 0)])
def test_planes_go_from_the_file_to_the_camera_without_becoming_bgr(tmp_path: Path, matrix: int, full: int) -> None:
    """Those of the usual kind as they are; those of another matrix or range by ITU-T H.273, for no colour to be off."""
    path, size = tmp_path / "clip.mkv", 256
    rgb = PATCHES.repeat(32, 0)[None].repeat(size, 0)
    stored = None if matrix == 9 else yuv(rgb, matrix, full != FULL)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = size, size, "yuv420p"
        frame = av.VideoFrame(size, size, "yuv420p")
        for target in (stream.codec_context, frame):
            target.colorspace, target.color_range = matrix, full
        if stored is None:
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(
                format="yuv420p", dst_colorspace=9, dst_color_range=1, interpolation=ACCURATE
            )
        else:
            for plane, values, step in zip(frame.planes, stored, (1, 2, 2), strict=True):
                padded = np.zeros((plane.height, plane.line_size), np.uint8)
                padded[:, : size // step] = values[::step, ::step]
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
    if matrix in (2, 6) and full != FULL:
        with av.open(str(path)) as container:
            np.testing.assert_array_equal(seen.pixels, next(container.decode(video=0)).to_ndarray())


@pytest.mark.parametrize("more", [{"turn": 90}, {"size": (63, 48), "pix_fmt": "yuv444p"}, {"pix_fmt": "yuv422p"}])
def test_what_is_no_such_planes_comes_as_bgr(tmp_path: Path, more: dict) -> None:
    with VideoSource(clip(tmp_path / "clip.mp4", 2, **more), planar=True) as source:
        assert not next(iter(source)).planar
