"""The photo of a run is one picture of it, and only there when the run went well."""

import contextlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.errors import SinkError
from greenscreen.picture.frame import Picture
from greenscreen.sinks.still import StillSink


def picture(level: int, transparent: bool = False) -> Picture:
    return Picture(np.full((6, 8, 3), level, np.uint8), np.full((6, 8), 90, np.uint8), level / 30, transparent)


@pytest.mark.parametrize(("sent", "kept"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_the_one_asked_for_or_the_last_there_is(tmp_path: Path, sent: int, kept: int) -> None:
    with StillSink(tmp_path / "still.png", at=3) as sink:
        assert all(sink.send(picture(level)) for level in range(1, sent + 1))
        assert not list(tmp_path.iterdir())
    assert (cv2.imread(str(tmp_path / "still.png"), cv2.IMREAD_UNCHANGED) == kept).all()


def test_transparency_is_kept(tmp_path: Path) -> None:
    with StillSink(tmp_path / "still.png") as sink:
        sink.send(picture(7, transparent=True))
    assert cv2.imread(str(tmp_path / "still.png"), cv2.IMREAD_UNCHANGED)[0, 0].tolist() == [7, 7, 7, 90]


def test_ctrl_c_keeps_it_and_an_error_does_not(tmp_path: Path) -> None:
    for error in (KeyboardInterrupt, OSError):
        with contextlib.suppress(error), StillSink(tmp_path / f"{error.__name__}.png") as sink:
            sink.send(picture(7))
            raise error
    assert [path.name for path in tmp_path.iterdir()] == ["KeyboardInterrupt.png"]


def test_nothing_sent_is_nothing_written(tmp_path: Path) -> None:
    with StillSink(tmp_path / "still.png"):
        pass
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot be written"), StillSink(tmp_path / "no" / "still.png") as sink:
        sink.send(picture(7))
