"""Every frame of a file arrives once, in order and at its own time."""

import itertools
from pathlib import Path

import pytest
from clips import clip, level, read

from greenscreen.sources.video import VideoSource


def test_every_frame_comes_once_in_order_with_its_time(tmp_path: Path) -> None:
    with VideoSource(clip(tmp_path / "clip.mp4", 35)) as source:
        frames = list(source)
    assert (source.name, source.size, source.fps, source.frames) == ("clip.mp4", (64, 48), 30, 35)
    assert not source.live
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
