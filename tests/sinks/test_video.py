"""A recording has the pictures' colours, sizes and times."""

import itertools
import os
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from recordings import KINDS, PATCHES, at, frames, patches, record

from greenscreen.errors import SinkError, UsageError
from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Frame, Picture
from greenscreen.sinks.video import VideoSink


def frames_with_alpha(path: Path) -> list[av.VideoFrame]:
    """Decode VP9 with libvpx: ffmpeg's own decoder leaves the alpha out."""
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(path)) as video:
        decoder.extradata = video.streams.video[0].codec_context.extradata
        return [frame for packet in video.demux(video=0) if packet.size for frame in decoder.decode(packet)]


def worst_patch(image: np.ndarray) -> int:
    """Return how far the worst patch is off in its middle, in levels."""
    height, width = image.shape[:2]
    middles = [int(np.mean(bar)) for bar in np.array_split(np.arange(width), len(PATCHES))]
    return int(np.abs(image[height // 2, middles].astype(int) - PATCHES).max())


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("size", [(192, 64), (193, 65)], ids=["even", "odd"])
def test_colours_and_size_survive_in_players_that_read_tags_and_in_those_that_do_not(
    tmp_path: Path, suffix: str, size: tuple[int, int]
) -> None:
    path = tmp_path / f"clip{suffix}"
    record(path, patches(*size), [0.0, 0.1, 0.2])

    by_tags = frames(path)[-1]
    opened, by_habit = cv2.VideoCapture(str(path)).read()

    assert opened
    assert (by_tags.width, by_tags.height) == size == by_habit.shape[1::-1]
    assert worst_patch(by_tags.to_ndarray(format="bgr24")) <= 2
    assert worst_patch(by_habit) <= 2
    assert by_tags.colorspace in (5, 6)  # BT.601 with 625 or 525 lines: the same matrix
    assert by_tags.color_range == 1  # limited


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_live_pictures_keep_their_planes(tmp_path: Path, suffix: str) -> None:
    """They are in the file's own form already; by way of BGR they would cost ten times as much."""

    class Planar(Picture):
        @property
        def image(self) -> np.ndarray:
            raise AssertionError("became BGR")

        @property
        def i420(self) -> np.ndarray:
            return to_i420(patches().image)

    bars = patches()
    frame = Frame(to_i420(bars.image), 0.0, 0)
    path = tmp_path / f"clip{suffix}"
    with VideoSink(path, (192, 64), 30.0) as sink:
        for index in range(3):
            sink.send(Planar(bars.image, bars.alpha, index / 30, frame=frame))
    seen = frames(path)[-1]
    assert worst_patch(seen.to_ndarray(format="bgr24")) <= 3
    assert seen.colorspace in (5, 6)
    assert (seen.color_range, seen.color_primaries, seen.color_trc) == (1, 1, 1)


@pytest.mark.parametrize("suffix", KINDS)
def test_variable_times_are_kept_and_begin_at_zero(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    record(path, patches(), [70.0, 70.033, 70.5, 70.6, 72.0])
    assert [frame.time for frame in frames(path)] == pytest.approx([0.0, 0.033, 0.5, 0.6, 2.0], abs=0.001)


@pytest.mark.parametrize("suffix", KINDS)
def test_times_that_stand_still_or_go_back_become_strictly_increasing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    record(path, patches(), [5.0, 5.0, 5.0, 4.0, 5.0001, 6.0])
    times = [frame.time for frame in frames(path)]
    assert len(times) == 6
    assert all(a < b for a, b in itertools.pairwise(times))
    assert times[-1] == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize("fps", [0.0, float("nan"), float("inf"), 29.97, 1e9])
def test_a_source_that_does_not_know_its_rate_can_be_recorded(tmp_path: Path, fps: float) -> None:
    with VideoSink(tmp_path / "clip.mp4", (192, 64), fps) as sink:
        sink.send(patches())
    assert len(frames(tmp_path / "clip.mp4")) == 1


@pytest.mark.parametrize(("suffix", "tolerance"), [(".webm", 2), (".mov", 1)])
@pytest.mark.parametrize("size", [(192, 64), (193, 65)], ids=["even", "odd"])
def test_transparency_survives(tmp_path: Path, suffix: str, tolerance: int, size: tuple[int, int]) -> None:
    path = tmp_path / f"clip{suffix}"
    picture = at(patches(*size, patch_alpha=100), 0.0, transparent=True)
    picture.alpha[:, : size[0] // 2] = 255
    record(path, picture, [0.0, 0.1])

    frame = (frames_with_alpha if suffix == ".webm" else frames)(path)[-1]
    pixels = frame.to_ndarray(format="bgra")

    assert (frame.width, frame.height) == size
    assert worst_patch(pixels[..., :3]) <= 2
    assert abs(int(pixels[32, size[0] // 4, 3]) - 255) <= tolerance
    assert abs(int(pixels[32, size[0] * 3 // 4, 3]) - 100) <= tolerance


def test_an_opaque_picture_in_a_transparent_recording_is_solid(tmp_path: Path) -> None:
    """Its alpha still says where the person is, but its background is meant to be seen."""
    picture = patches(patch_alpha=0)
    with VideoSink(tmp_path / "clip.mov", (192, 64), 30.0) as sink:
        sink.send(at(picture, 0.0, transparent=True))
        sink.send(at(picture, 0.1, transparent=False))
    assert [int(f.to_ndarray(format="bgra")[..., 3].max()) for f in frames(tmp_path / "clip.mov")] == [0, 255]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_kind_without_alpha_says_which_have_it(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UsageError) as caught:
        record(tmp_path / f"clip{suffix}", at(patches(), 0.0, transparent=True), [0.0])
    assert ".webm or .mov" in caught.value.hint
    assert os.listdir(tmp_path) == []


def test_a_recording_that_began_opaque_refuses_to_become_transparent(tmp_path: Path) -> None:
    def change() -> None:
        with VideoSink(tmp_path / "clip.webm", (192, 64), 30.0) as sink:
            sink.send(patches())
            sink.send(at(patches(), 0.1, transparent=True))

    with pytest.raises(UsageError, match="began with a background"):
        change()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("size", [(192, 64), (193, 65)], ids=["even", "odd"])
def test_a_matte_in_matroska_is_lossless(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "matte.mkv"
    alpha = np.random.default_rng(1).integers(0, 256, size[::-1], np.uint8)
    record(path, Picture(patches(*size).image, alpha, 0.0), [0.0, 0.1], matte=True)
    for frame in frames(path):
        assert frame.format.name == "gray"
        assert np.array_equal(frame.to_ndarray(), alpha)
    assert np.array_equal(cv2.VideoCapture(str(path)).read()[1][..., 0], alpha)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mov"])
def test_a_matte_in_other_kinds_is_the_same_gray(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"matte{suffix}"
    picture = patches()
    ramp = np.broadcast_to(np.linspace(0, 255, 192, dtype=np.uint8), (64, 192)).copy()
    record(path, Picture(picture.image, ramp, 0.0, transparent=True), [0.0, 0.1], matte=True)
    gray = frames(path)[-1].to_ndarray(format="bgr24").astype(int)
    assert np.abs(gray - ramp[..., None]).mean() < 1.5


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"192x64 .* 100x64"), VideoSink(tmp_path / "c.mp4", (192, 64), 30.0) as sink:
        sink.send(patches(100, 64))
    assert os.listdir(tmp_path) == []


def test_a_picture_too_large_for_the_encoder_is_refused_with_a_way_out(tmp_path: Path) -> None:
    """As of a panorama: H.264 ends at 16384 pixels a side."""
    with (
        pytest.raises(SinkError, match=r"clip\.mp4 cannot be written: its encoder takes no .* this size") as caught,
        VideoSink(tmp_path / "clip.mp4", (16400, 64), 30.0) as sink,
    ):
        sink.send(patches(16400, 64))
    assert ".webm" in caught.value.hint
    assert os.listdir(tmp_path) == []


def test_all_cores_encode(tmp_path: Path) -> None:
    """A thread count of 0 or the number of cores; 1 would be ffmpeg's default."""
    with VideoSink(tmp_path / "clip.mp4", (192, 64), 30.0) as sink:
        sink.send(patches())
        assert sink._stream is not None
        assert sink._stream.codec_context.thread_count != 1 or os.cpu_count() == 1
