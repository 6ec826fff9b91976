"""Slides follow each other, and one that is broken does not end the show."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from greenscreen.composite.background import open_backdrop
from greenscreen.control import Control
from greenscreen.gallery import gallery_folder
from greenscreen.live import slideshow
from greenscreen.live.slideshow import show_slides
from greenscreen.settings import Settings


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    """A run whose clock goes forty times too fast, and whose backgrounds are truly opened."""
    monkeypatch.setattr(slideshow, "_LOOK_EVERY", 0.02)
    monkeypatch.setattr(slideshow, "time", SimpleNamespace(monotonic=lambda: 40 * time.monotonic()))
    control = Control(Settings())

    def open_it(old: Settings, new: Settings) -> None:
        backdrop = open_backdrop(new.background)
        if backdrop:
            backdrop.close()

    control.prepare(open_it, "background")
    thread = Thread(target=show_slides, args=[control])
    thread.start()
    yield control
    control.stop()
    thread.join()


def add(name: str, broken: bool = False) -> Path:
    path = gallery_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"broken" if broken else cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
    return path


def shown(control: Control, count: int) -> list[str]:
    seen: list[str] = []
    control.change(slideshow=2)
    unwatch = control.watch(lambda settings: seen.append(settings.background))
    deadline = time.monotonic() + 10
    while len(seen) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    unwatch()
    return seen[:count]


def test_slides_go_round_and_broken_ones_are_left_out(control: Control) -> None:
    add("beach.png")
    add("forest.png", broken=True)
    add("office.png")
    assert shown(control, 5) == ["beach", "office", "beach", "office", "beach"]


def test_without_slides_it_says_where_they_belong(control: Control) -> None:
    assert shown(control, 0) == []
    deadline = time.monotonic() + 10
    while str(gallery_folder()) not in control.message and time.monotonic() < deadline:
        time.sleep(0.02)
    assert str(gallery_folder()) in control.message
    assert control.settings.background == "green"


def test_without_being_asked_nothing_changes(control: Control) -> None:
    add("beach.png")
    time.sleep(0.2)
    assert control.settings.background == "green"
