"""Backgrounds have simple names, and are stepped through in a circle."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen import gallery
from greenscreen.composite.background import Still, open_backdrop
from greenscreen.errors import UsageError


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty gallery."""
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    monkeypatch.setattr(gallery, "gallery_folder", lambda: folder)
    return folder


def add(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(cv2.imencode(".png", np.full((8, 8, 3), 9, np.uint8))[1].tobytes())


def test_names_are_those_of_images_and_videos_in_order(folder: Path) -> None:
    add(folder, "Waves.mp4", "beach.PNG", "notes.txt", ".hidden.png")
    assert list(gallery.gallery()) == ["beach", "Waves"]
    assert gallery.find(" BEACH ") == folder / "beach.PNG"
    assert gallery.find("notes") is None


def test_files_that_differ_in_their_ending_alone_keep_it(folder: Path) -> None:
    add(folder, "beach.jpg", "Beach.mp4", "office.png")
    assert list(gallery.gallery()) == ["beach.jpg", "Beach.mp4", "office"]
    assert gallery.find("beach.jpg") == gallery.find("beach") == folder / "beach.jpg"
    assert gallery.find("beach.MP4") == folder / "Beach.mp4"
    assert gallery.beside("beach.jpg", 1) == "Beach.mp4"
    assert gallery.find("office.png") is None


def test_what_is_called_like_another_background_is_none(folder: Path) -> None:
    add(
        folder,
        *(f"{word}.png" for word in (*gallery.COLOURS, "Blur", "transparent", "#123", "blur:3")),
        " my beach .png",
    )
    assert list(gallery.gallery()) == [" my beach "]
    assert isinstance(open_backdrop(" my beach "), Still)


def test_no_folder_is_an_empty_gallery(folder: Path) -> None:
    folder.rmdir()
    assert gallery.gallery() == {}
    assert gallery.beside("blur", 1) == "green"


def test_stepping_goes_round_both_ways(folder: Path) -> None:
    add(folder, "beach.png", "office.jpg")
    forth = ["beach"]
    while len(forth) < 7:
        forth.append(gallery.beside(forth[-1], 1))
    assert forth == ["beach", "office", "blur", "green", "black", "white", "beach"]
    assert [gallery.beside(word, -1) for word in forth[1:]] == forth[:-1]


def test_stepping_from_elsewhere_begins_with_the_persons_own(folder: Path) -> None:
    add(folder, "beach.png")
    assert gallery.beside("#123456", 1) == "beach"
    assert gallery.beside("BLUR:12", 1) == "green"


@pytest.mark.parametrize(
    ("now", "factor", "then"),
    [("blur", 1.25, "blur:12.5"), ("blur:20", 0.5, "blur:10"), ("blur:190", 2, "blur:200"), ("green", 2, "blur")],
)
def test_blur_goes_up_and_down_within_reason(now: str, factor: float, then: str) -> None:
    assert gallery.blurred(now, factor, usual=10) == then
    assert open_backdrop(then) is not None


def test_a_name_opens_its_picture_and_an_unknown_one_lists_those_there_are(folder: Path) -> None:
    add(folder, "beach.png")
    backdrop = open_backdrop("Beach")
    assert backdrop is not None
    backdrop.close()
    with pytest.raises(UsageError) as caught:
        open_backdrop("beech")
    assert "beach" in caught.value.hint
