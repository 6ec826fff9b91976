"""A photo stands in for a camera for as long as anyone looks; a folder of them is a slide show."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from greenscreen.errors import SourceError
from greenscreen.images import write_image
from greenscreen.sources.photos import PhotoSource


def photo(path: Path, size: tuple[int, int], gray: int) -> Path:
    write_image(path, np.full((size[1], size[0], 3), gray, np.uint8))
    return path


def test_one_photo_is_given_for_ever_at_the_rate_asked_for(tmp_path: Path) -> None:
    with PhotoSource(photo(tmp_path / "me.png", (20, 10), 90), fps=10) as source:
        frames = list(itertools.islice(source, 50))
    assert (source.name, source.size, source.fps, source.live) == ("me.png", (20, 10), 10, False)
    assert [frame.time for frame in frames] == pytest.approx([index / 10 for index in range(50)])
    assert [frame.index for frame in frames if frame.fresh] == [0]
    assert all((frame.image == 90).all() for frame in frames)


def test_a_folder_shows_each_photo_for_three_seconds_in_the_size_of_the_first(tmp_path: Path) -> None:
    for name, size, gray in (("a.png", (20, 10), 50), ("b.png", (10, 10), 100), ("c.png", (40, 20), 150)):
        photo(tmp_path / name, size, gray)
    with PhotoSource(tmp_path, fps=4) as source:
        frames = list(source)
    assert [frame.index for frame in frames if frame.fresh] == [0, 12, 24]
    assert len(frames) == 36
    assert {frame.size for frame in frames} == {(20, 10)}
    assert frames[12].image[0, [0, 10, 19], 0].tolist() == [0, 100, 0]
    assert (frames[24].image == 150).all()


def test_missing_photos_are_told_before_anything_starts(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.jpg"):
        with pytest.raises(SourceError), PhotoSource(path):
            pass


def test_a_broken_photo_stops_no_other_and_is_told_by_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0")
    photo(tmp_path / "b.png", (8, 8), 50)
    photo(tmp_path / "d.png", (8, 8), 100)
    with PhotoSource(tmp_path, fps=1) as source:
        frames = list(source)
    assert [int(frame.image[0, 0, 0]) for frame in frames if frame.fresh] == [50, 100]
    assert [record.getMessage()[:5] for record in caplog.records] == ["a.jpg", "c.jpg"]


def test_a_folder_of_nothing_but_broken_photos_is_refused(tmp_path: Path) -> None:
    for name in ("a.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(SourceError, match=r"c\.jpg"), PhotoSource(tmp_path):
        pass
