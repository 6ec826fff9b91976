"""While it runs: what the person changes is in the very next pictures, and nothing else changes."""

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.control import Control
from greenscreen.errors import GreenscreenError
from greenscreen.live import run as live
from greenscreen.live.run import run_live
from greenscreen.picture.frame import Picture
from greenscreen.picture.placeholder import placeholder
from greenscreen.planar import Planar
from greenscreen.segment import Segmenter
from greenscreen.segment.sparing import SAID
from greenscreen.settings import make_settings
from greenscreen.sources.synthetic import SyntheticSource

GREEN, BLUE = (64, 177, 0), (187, 71, 0)
Act = Callable[[Control], object]


class Watcher:
    """A sink that keeps every picture, and does something between two of them, as somebody at the knobs would."""

    name = "watcher"

    def __init__(self, control: Control, acts: dict[int, Act]):
        self.control, self.acts = control, acts
        self.images: list[np.ndarray] = []

    def send(self, picture: Picture) -> bool:
        self.images.append(picture.image.copy())
        if act := self.acts.get(len(self.images)):
            act(self.control)
        return True


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, half: str, bare: Path) -> Callable[..., list[np.ndarray]]:
    """Runs over a synthetic picture whose left half is the person; returns the images that were sent."""

    def run(acts: dict[int, Act], frames: int = 8, **settings: object) -> list[np.ndarray]:
        usual = {"camera": "synthetic", "size": "160x96", "engine": half, "frames": frames}
        control = Control(make_settings(**usual | settings))
        watcher = Watcher(control, acts)
        monkeypatch.setattr(live, "open_sinks", lambda *_: [watcher])
        run_live(control, lambda _: None)
        assert control.stopping, "so that whoever attends the run leaves too"
        return watcher.images

    return run


def is_room(image: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether the room, far from the person, is of this colour."""
    return bool(np.abs(image[:, 120:].astype(int) - colour).max() <= 3)


def test_a_new_background_is_in_the_next_picture(watch: Callable[..., list[np.ndarray]]) -> None:
    images = watch({4: lambda control: control.change(background="blue")})
    assert [is_room(image, GREEN) for image in images] == [True] * 4 + [False] * 4
    assert all(is_room(image, BLUE) for image in images[4:])


def test_one_that_cannot_be_opened_leaves_the_old(watch: Callable[..., list[np.ndarray]]) -> None:
    Path("broken.png").write_text("no picture")

    def attempt(control: Control) -> None:
        for word in ("broken.png", "missing", "transparent"):
            with pytest.raises(GreenscreenError):
                control.change(background=word)

    assert all(is_room(image, GREEN) for image in watch({4: attempt}))


def test_panic_is_in_the_next_picture_and_nothing_of_the_camera_is(watch: Callable[..., list[np.ndarray]]) -> None:
    acts: dict[int, Act] = {
        2: lambda control: control.change(show="placeholder"),
        5: lambda control: control.change(show="result"),
    }
    images = watch(acts)
    hidden = [bool(np.abs(image.astype(int) - placeholder(160, 96)).max() <= 3) for image in images]
    assert hidden == [False] * 2 + [True] * 3 + [False] * 3


def test_turning_zooming_and_following_keep_the_size(watch: Callable[..., list[np.ndarray]]) -> None:
    acts: dict[int, Act] = {
        1: lambda control: control.change(rotate=90),
        2: lambda control: control.change(rotate=0, mirror=True),
        3: lambda control: control.change(zoom=3, pan_x=-1),
        4: lambda control: control.change(zoom=1, auto_frame=True),
    }
    images = watch(acts, frames=12)
    assert {image.shape for image in images} == {(96, 160, 3)}
    assert len(images) == 12


def test_a_turned_camera_makes_an_upright_run(watch: Callable[..., list[np.ndarray]]) -> None:
    cv2.imwrite("photo.png", np.full((96, 160, 3), 90, np.uint8))
    images = watch({}, camera="photo.png", size=None, rotate=90, frames=2)
    assert {image.shape for image in images} == {(160, 96, 3)}


def test_stopping_ends_it_after_the_frame_it_is_at(watch: Callable[..., list[np.ndarray]]) -> None:
    assert len(watch({3: Control.stop}, frames=1000)) == 3


def test_the_status_is_published_with_the_first_picture(watch: Callable[..., list[np.ndarray]]) -> None:
    seen = []
    watch({2: lambda control: seen.append(control.status)})
    (status,) = seen
    assert (status.state, status.engine, status.source) == ("live", "stub", "synthetic")
    assert status.latency_ms is None, "nobody captures a computed picture"
    assert {"segment", "refine", "composite"} <= set(status.stages)


def test_low_latency_shows_the_same_where_nothing_moves(watch: Callable[..., list[np.ndarray]]) -> None:
    for latency in ("exact", "low"):
        assert all(is_room(image, GREEN) for image in watch({}, latency=latency))


def test_a_frame_is_made_ready_for_the_loops_once(
    watch: Callable[..., list[np.ndarray]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one pass over the whole picture."""
    made: list[int] = []
    make = Planar.__call__
    monkeypatch.setattr(Planar, "__call__", lambda planar, frame: made.append(frame.index) or make(planar, frame))
    watch({})
    assert made == list(range(8))


def test_a_busy_machine_looks_less_often_and_says_so(
    watch: Callable[..., list[np.ndarray]], stub_engine: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look takes longer than there is from one frame of a camera to the next."""
    looked, seen = [], []

    def answer(width: int, height: int) -> np.ndarray:
        time.sleep(0.05)
        looked.append(True)
        return np.ones((height, width), np.float32)

    monkeypatch.setattr(SyntheticSource, "live", True)
    # What is spared because nothing is new would not be for load.
    monkeypatch.setattr(Segmenter, "_may_carry", False)
    watch({100: lambda control: seen.append(control.status)}, frames=100, engine=stub_engine(answer))
    assert 60 < len(looked) < 85
    assert seen[0].message == SAID
    assert seen[0].resting > 0.3
