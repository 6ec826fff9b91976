"""A recording exists only when it is complete, replaces nothing unasked, and says what keeps it from being written."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest
from recordings import KINDS, at, frames, patches, record

from greenscreen.errors import SinkError
from greenscreen.sinks.video import VideoSink


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
from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Frame, Picture
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
