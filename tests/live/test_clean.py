"""The clean plate in a call: while the person is asked to step aside nothing of the room leaves; then it is used."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from greenscreen.control import Control
from greenscreen.errors import UsageError
from greenscreen.live import run as live
from greenscreen.live.clean import ASK, CALLED_OFF, NOBODY_WENT, TAKEN, UNFIT
from greenscreen.live.run import refuse_contradictions, run_live
from greenscreen.picture.frame import Frame, Matte, Picture
from greenscreen.picture.placeholder import placeholder
from greenscreen.planar import Planar
from greenscreen.settings import make_settings
from greenscreen.sources import Source

RATE = 10
Act = Callable[[Control], object]
SIZE = (160, 96)


class Camera(Source):
    """Ten frames a second of a striped room, with somebody in it in the frames in which the stub sees them."""

    name, size, fps, live = "camera", SIZE, float(RATE), False

    def __init__(self, frames: int, moved: int = 10**9):
        self.frames, self.moved = frames, moved

    def __enter__(self) -> "Camera":
        return self

    def __exit__(self, *_: object) -> None: ...

    def __iter__(self):
        rng = np.random.default_rng(0)
        room = np.repeat(rng.integers(40, 220, (12, 20, 3)), 8, 0).repeat(8, 1)
        for index in range(self.frames):
            scene = np.roll(room, 37, 1) if index >= self.moved else room
            image = np.clip(scene + rng.normal(0, 2, scene.shape), 0, 255).astype(np.uint8)
            yield Frame(image, index / RATE, index, fresh=index == 0)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, stub_engine: Callable[..., str], bare: Path):
    """Runs a call; returns for each picture whether it was the placeholder, and what was said."""
    assert Planar().wait(), "as a picture changes its form a little when it becomes I420"

    def run(
        camera: Camera, there: Callable[[int], bool], acts: dict[int, Act] | None = None
    ) -> tuple[list[bool], list[str]]:
        hidden: list[bool] = []
        said: list[str] = []

        def answer(width: int, height: int) -> Matte:
            matte = np.zeros((height, width), np.float32)
            matte[:, : width // 2] = there(len(hidden))
            return matte

        class Watcher:
            name = "watcher"

            def send(self, picture: Picture) -> bool:
                hidden.append(bool(np.array_equal(picture.image, placeholder(*SIZE))))
                if act := (acts or {}).get(len(hidden)):
                    act(control)
                return True

        monkeypatch.setattr(live, "open_sinks", lambda *_: [Watcher()])
        monkeypatch.setattr(live, "open_source", lambda *_: camera)
        monkeypatch.setattr(live, "paced", lambda frames: frames)
        settings = make_settings(engine=stub_engine(answer), clean_plate=True, frames=camera.frames)
        control = Control(settings)
        run_live(control, said.append)
        return hidden, [line for line in said if "plate" in line]

    return run


def test_nothing_is_sent_until_the_room_was_seen_without_anybody(
    call: Callable[..., tuple[list[bool], list[str]]],
) -> None:
    hidden, said = call(Camera(60), lambda n: n < 10 or n >= 35)
    first = hidden.index(False)
    assert 29 <= first <= 33
    assert not any(hidden[first:])
    assert said == [ASK, TAKEN]


def test_who_does_not_step_aside_goes_on_without(call: Callable[..., tuple[list[bool], list[str]]]) -> None:
    hidden, said = call(Camera(330), lambda _: True)
    assert hidden.index(False) > 300
    assert said == [ASK, NOBODY_WENT]


def test_who_calls_it_off_is_seen_and_no_longer_asked(call: Callable[..., tuple[list[bool], list[str]]]) -> None:
    messages: list[str] = []
    acts: dict[int, Act] = {
        5: lambda control: control.change(clean_plate=False),
        6: lambda control: messages.append(control.message),
    }
    hidden, said = call(Camera(10), lambda _: True, acts)
    assert hidden == [True] * 5 + [False] * 5
    assert said == [ASK, CALLED_OFF]
    assert messages == [CALLED_OFF]


def test_a_moved_camera_is_told_once_and_another_plate_can_be_taken(
    call: Callable[..., tuple[list[bool], list[str]]],
) -> None:
    acts: dict[int, Act] = {
        60: lambda control: control.change(clean_plate=False),
        65: lambda control: control.change(clean_plate=True),
    }
    hidden, said = call(Camera(100, moved=45), lambda n: 22 < n < 65 or n > 88, acts)
    assert said == [ASK, TAKEN, UNFIT, ASK, TAKEN]
    assert hidden[65:85] == [True] * 20
    assert not any(hidden[25:65])
    assert not hidden[-1]


def test_a_picture_that_moves_has_no_plate() -> None:
    with pytest.raises(UsageError, match="stands still"):
        refuse_contradictions(make_settings(clean_plate=True, auto_frame=True))
