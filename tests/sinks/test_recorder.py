"""Recordings and snapshots start, stop and fail while everything else goes on."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from greenscreen.control import Control
from greenscreen.errors import SinkError, UsageError
from greenscreen.live.outputs import open_recorder
from greenscreen.picture.frame import Picture
from greenscreen.settings import Settings, make_settings
from greenscreen.sinks.keys import Keys
from greenscreen.sinks.recorder import Recorder
from greenscreen.sinks.snapshots import Snapshots


def picture(time: float) -> Picture:
    return Picture(np.full((64, 96, 3), 90, np.uint8), np.full((64, 96), 255, np.uint8), time)


def recorder(control: Control, alone: bool = False) -> Recorder:
    return open_recorder(control, (96, 64), 30, lambda _: None, alone)


def send(sink: Recorder | Snapshots, *times: float) -> None:
    for moment in times:
        assert sink.send(picture(moment))


def count(path: Path) -> int:
    with av.open(str(path)) as video:
        return sum(1 for _ in video.decode(video=0))


def until(true: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


def test_the_key_records_also_where_there_is_no_folder_of_videos_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_videos_path", lambda: tmp_path / "Videos")
    control = Control(make_settings())
    with recorder(control) as sink, closing(Keys(control, 64)) as keys:
        keys.press(ord("r"))
        assert until(lambda: control.message)
        assert control.message == f"recording to {control.settings.record}"
        send(sink, 0, 0.1)
    assert control.settings.record
    assert count(control.settings.record) == 2


def test_recordings_start_and_stop_one_after_the_other(tmp_path: Path) -> None:
    control, first, second = Control(make_settings()), tmp_path / "a.mp4", tmp_path / "b.mkv"
    with recorder(control) as sink:
        send(sink, 0, 0.1)
        control.change(record=first)
        send(sink, 0.2, 0.3, 0.4)
        control.change(record=second)
        send(sink, 0.5)
        assert count(first) == 3, "finished at once"
        control.change(record=None)
        send(sink, 0.6)
    assert (count(first), count(second)) == (3, 1)
    assert sorted(os.listdir(tmp_path)) == ["a.mp4", "b.mkv"]


@pytest.mark.parametrize(("name", "error"), [("no/where.mp4", SinkError), ("call.avi", UsageError)])
def test_what_cannot_be_recorded_is_refused_to_who_asks(tmp_path: Path, name: str, error: type[Exception]) -> None:
    (tmp_path / "clip.mp4").touch()
    control = Control(make_settings(camera=str(tmp_path / "clip.mp4")))
    with recorder(control) as sink:
        with pytest.raises(error):
            control.change(record=tmp_path / name)
        send(sink, 0)
    assert control.settings.record is None
    assert os.listdir(tmp_path) == ["clip.mp4"]


def test_a_recording_leaves_what_is_played_where_it_is_and_says_where_it_went(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    control = Control(make_settings(camera=str(tmp_path / "clip.mp4")))
    with recorder(control) as sink:
        control.change(record=tmp_path / "clip.mp4")
        send(sink, 0, 0.1)
        control.change(record=None)
        assert not control.message, "it is not finished yet"
        send(sink, 0.2)
        assert control.message == f"saved {tmp_path / 'clip-2.mp4'}"
    assert count(tmp_path / "clip-2.mp4") == 2
    assert (tmp_path / "clip.mp4").stat().st_size == 0


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next write fails."""
    monkeypatch.setattr("greenscreen.sinks.video.VideoSink._frame", full)


def test_a_full_disk_ends_the_recording_and_not_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control(make_settings(record=tmp_path / "a.mp4"))
    with recorder(control) as sink:
        send(sink, 0, 0.1)
        fill_disk(monkeypatch)
        send(sink, 0.2, 0.3)
        assert until(lambda: control.settings.record is None)
        assert "the recording ended" in control.message
        assert "No space left" in control.message
        send(sink, 0.4)
        monkeypatch.undo()
        control.change(record=tmp_path / "b.mp4")
        send(sink, 0.5, 0.6)
    assert count(tmp_path / "b.mp4") == 2


def test_a_full_disk_ends_a_run_that_only_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control(make_settings(record=tmp_path / "a.mp4"))
    with recorder(control, alone=True) as sink:
        send(sink, 0)
        fill_disk(monkeypatch)
        with pytest.raises(SinkError, match="No space left"):
            sink.send(picture(0.1))


def test_one_that_cannot_be_finished_does_not_end_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where it is all there is to the run."""
    for alone in (False, True):
        control = Control(make_settings(record=tmp_path / "a.mp4"))
        with recorder(control, alone) as sink:
            send(sink, 0, 0.1)
            control.change(record=tmp_path / "b.mp4")
            monkeypatch.setattr("greenscreen.sinks.video.settle", full)
            send(sink, 0.2)
            monkeypatch.undo()
            assert "a.mp4 cannot be written: No space left" in control.message
            send(sink, 0.3)
            assert not [thread for thread in threading.enumerate() if thread.name == "ends recording"]
            assert control.settings.record == tmp_path / "b.mp4"
        assert count(tmp_path / "b.mp4") == 2
        (tmp_path / "b.mp4").unlink()


def test_one_that_fails_as_the_next_begins_does_not_end_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who ends it waits for the change to the next, which takes its time."""
    control, opening, opened = Control(make_settings(record=tmp_path / "a.mp4")), threading.Event(), threading.Event()

    def slow(old: Settings, new: Settings) -> None:
        opening.set()
        assert opened.wait(10)

    with recorder(control) as sink:
        control.prepare(slow, "record")
        send(sink, 0, 0.1)
        change = threading.Thread(target=control.change, kwargs={"record": tmp_path / "b.mp4"})
        change.start()
        assert opening.wait(10)
        fill_disk(monkeypatch)
        send(sink, 0.2)
        monkeypatch.undo()
        opened.set()
        change.join()
        assert until(lambda: not [thread for thread in threading.enumerate() if thread.name == "ends recording"])
        assert control.settings.record == tmp_path / "b.mp4"
        send(sink, 0.3, 0.4)
    assert count(tmp_path / "b.mp4") == 2


def test_a_snapshot_is_the_next_picture_and_is_told(tmp_path: Path) -> None:
    control = Control(make_settings())
    path = tmp_path / "new folder" / "a.png"
    with Snapshots(control) as sink:
        send(sink, 0)
        assert control.snapshot(path) == path
        send(sink, 0.1, 0.2)
    assert (cv2.imread(str(path)) == 90).all()
    assert control.message == f"saved {path}"


def test_a_snapshot_takes_no_files_place_though_it_came_to_be_meanwhile(tmp_path: Path) -> None:
    control = Control(make_settings())
    path = control.snapshot(tmp_path / "a.png")
    path.write_text("valued")
    with Snapshots(control) as sink:
        send(sink, 0)
    assert path.read_text() == "valued"
    assert control.message == f"saved {tmp_path / 'a-2.png'}"


def test_a_snapshot_that_cannot_be_written_is_told_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    control = Control(make_settings())
    with Snapshots(control) as sink:
        control.snapshot(tmp_path / "file" / "a.png")
        send(sink, 0, 0.1)
    assert "no snapshot" in control.message


def test_snapshots_are_named_by_the_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platformdirs.user_pictures_path", lambda: tmp_path)
    path = Control(make_settings()).snapshot()
    assert path.parent == tmp_path
    assert path.name.startswith("greenscreen 2")
    assert path.suffix == ".png"
