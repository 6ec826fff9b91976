"""A recording has the pictures' colours, sizes and times, and exists only when it is complete."""

import errno
import itertools
import os
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from greenscreen.colour import to_i420
from greenscreen.errors import SinkError, UsageError
from greenscreen.frame import Frame, Picture
from greenscreen.sinks.video import VideoSink

PATCHES = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (128, 128, 128), (0, 0, 0), (255, 255, 255)]
KINDS = [".mp4", ".webm", ".mov", ".mkv"]


def patches(width: int = 192, height: int = 64, patch_alpha: int = 255) -> Picture:
    image = np.zeros((height, width, 3), np.uint8)
    for bar, colour in zip(np.array_split(np.arange(width), len(PATCHES)), PATCHES, strict=True):
        image[:, bar] = colour
    return Picture(image, np.full((height, width), patch_alpha, np.uint8), 0.0)


def at(picture: Picture, time: float, transparent: bool = False) -> Picture:
    return Picture(picture.image, picture.alpha, time, transparent)


def record(path: Path, picture: Picture, times: list[float], **options: object) -> None:
    height, width = picture.image.shape[:2]
    with VideoSink(path, (width, height), 30.0, **options) as sink:  # type: ignore[arg-type]
        for time in times:
            assert sink.send(at(picture, time, picture.transparent))


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as video:
        return list(video.decode(video=0))


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


def test_suffixes_may_be_in_capitals(tmp_path: Path) -> None:
    record(tmp_path / "CLIP.MP4", patches(), [0.0])
    assert os.listdir(tmp_path) == ["CLIP.MP4"]


def test_the_final_name_appears_only_at_the_end_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"yesterday's")
    with VideoSink(path, (192, 64), 30.0) as sink:
        sink.send(patches())
        assert path.read_bytes() == b"yesterday's"
        [part] = set(os.listdir(tmp_path)) - {"clip.mp4"}
        assert part.startswith(".")
        assert part.endswith(".mp4")
    assert os.listdir(tmp_path) == ["clip.mp4"]
    assert len(frames(path)) == 1


def test_a_recording_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    record(tmp_path / "clip.mp4", patches(), [0.0])
    (tmp_path / "other").touch()
    assert (tmp_path / "clip.mp4").stat().st_mode == (tmp_path / "other").stat().st_mode


def broken_off(path: Path, error: BaseException, keep: bool = False) -> None:
    with VideoSink(path, (192, 64), 30.0, keep=keep) as sink:
        for index in range(5):
            sink.send(at(patches(), index / 30))
        raise error


def test_an_error_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"yesterday's")
    with pytest.raises(ZeroDivisionError):
        broken_off(path, ZeroDivisionError())
    assert os.listdir(tmp_path) == ["clip.mp4"]
    assert path.read_bytes() == b"yesterday's"


def test_a_live_recording_keeps_what_was_recorded_before_the_camera_was_lost(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with pytest.raises(ZeroDivisionError):
        broken_off(path, ZeroDivisionError(), keep=True)
    assert len(frames(path)) == 5
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", KINDS)
def test_ctrl_c_keeps_what_was_recorded(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    with pytest.raises(KeyboardInterrupt):
        broken_off(path, KeyboardInterrupt())
    assert len(frames(path)) == 5
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_no_pictures_is_no_file(tmp_path: Path, error: type[BaseException] | None) -> None:
    try:
        with VideoSink(tmp_path / "clip.mp4", (192, 64), 30.0):
            if error is not None:
                raise error
    except KeyboardInterrupt:
        pass
    assert os.listdir(tmp_path) == []


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"192x64 .* 100x64"), VideoSink(tmp_path / "c.mp4", (192, 64), 30.0) as sink:
        sink.send(patches(100, 64))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder.mp4", "it is a folder"),
        ("missing/clip.mp4", "No such file"),
        ("file/clip.mp4", "Not a directory"),
        ("n" * 300 + ".mp4", "name too long"),
        ("nul\0byte.mp4", "null (byte|character)"),
    ],
)
def test_a_name_that_cannot_be_taken_is_said_before_any_work(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=reason) as caught:
        VideoSink(tmp_path / name, (192, 64), 30.0).__enter__()
    assert caught.value.hint
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.mp4"]


def test_what_replaces_a_file_in_use_is_kept_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows replaces no file that a program has open, such as a player with the last attempt."""

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "it is being used by another process", str(target))

    (tmp_path / "clip.mp4").write_bytes(b"the last attempt")
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(SinkError, match=r"clip\.mp4 cannot be replaced") as caught:
        record(tmp_path / "clip.mp4", patches(), [0.0, 0.1])
    assert "clip-2.mp4" in caught.value.hint
    assert (tmp_path / "clip.mp4").read_bytes() == b"the last attempt"
    assert len(frames(tmp_path / "clip-2.mp4")) == 2
    assert sorted(os.listdir(tmp_path)) == ["clip-2.mp4", "clip.mp4"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SinkError, match="Permission denied"), VideoSink(tmp_path / "clip.mp4", (192, 64), 30.0):
        pass


FULL_DISK = """
import os, resource, signal, sys
from pathlib import Path
import numpy as np
from greenscreen.errors import SinkError
from greenscreen.colour import to_i420
from greenscreen.frame import Frame, Picture
from greenscreen.sinks.video import VideoSink

path, limit = Path(sys.argv[1]), int(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
noise = np.random.default_rng(0)
try:
    with VideoSink(path, (160, 120), 30.0, keep=sys.argv[4] == "keep") as sink:
        for index in range(int(sys.argv[3])):
            image = noise.integers(0, 256, (120, 160, 3), np.uint8)
            sink.send(Picture(image, image[..., 0], index / 30))
except SinkError as error:
    print(error, "|", error.hint)
print(sorted(os.listdir(path.parent)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize(
    ("pictures", "limit"),
    [(1, 0), (1, 700), (60, 100_000)],
    ids=["full from the start", "noticed at the end", "noticed on the way"],
)
def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path, suffix: str, pictures: int, limit: int) -> None:
    """With one picture everything is written on closing, where an error is easily lost."""
    path = tmp_path / f"clip{suffix}"
    command = [sys.executable, "-W", "error", "-c", FULL_DISK, str(path), str(limit), str(pictures), "leave"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == (
        f"{path} cannot be written: File too large | record to a file system that takes larger files\n[]\n"
    )
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
@pytest.mark.parametrize("suffix", KINDS)
def test_of_what_cannot_be_had_again_a_full_disk_keeps_what_fits(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    command = [sys.executable, "-W", "error", "-c", FULL_DISK, str(path), "1500000", "220", "keep"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[1:] == [f"['{path.name}']"]
    assert "File too large" in done.stdout
    assert done.stderr == ""
    with av.open(str(path)) as video:
        played = 0
        try:
            for _ in video.decode(video=0):
                played += 1
        except av.FFmpegError:  # Its end is missing.
            pass
    assert played >= 8


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
@pytest.mark.parametrize(("limit", "pictures"), [(700, 40), (0, 1)])
def test_a_disk_that_was_full_from_the_start_keeps_no_file_that_nothing_plays(
    tmp_path: Path, limit: int, pictures: int
) -> None:
    numbers = str(limit), str(pictures)
    command = [sys.executable, "-W", "error", "-c", FULL_DISK, str(tmp_path / "clip.mp4"), *numbers, "keep"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[1:] == ["[]"]
    assert done.stderr == ""


def test_a_live_recording_plays_even_if_nobody_could_close_it(tmp_path: Path) -> None:
    """As after a power cut."""
    with VideoSink(tmp_path / "clip.mp4", (192, 64), 30.0, keep=True) as sink:
        for index in range(200):
            sink.send(at(patches(), index / 30))
        sink._file.flush()
        (left,) = tmp_path.iterdir()
        (tmp_path / "copy.mp4").write_bytes(left.read_bytes())
    assert len(frames(tmp_path / "copy.mp4")) >= 90
    whole = frames(tmp_path / "clip.mp4")
    assert [frame.time for frame in whole] == pytest.approx([index / 30 for index in range(200)], abs=0.001)


def test_all_cores_encode(tmp_path: Path) -> None:
    """A thread count of 0 or the number of cores; 1 would be ffmpeg's default."""
    with VideoSink(tmp_path / "clip.mp4", (192, 64), 30.0) as sink:
        sink.send(patches())
        assert sink._stream is not None
        assert sink._stream.codec_context.thread_count != 1 or os.cpu_count() == 1
