"""Every key does what the help says of it, and no other."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from desktop import PATIENCE, screenshot, shown, type_in
from PIL import Image, ImageGrab

from greenscreen.control import Control
from greenscreen.settings import Settings
from greenscreen.sinks.keys import KEYS, Keys

GREEN, ROOM, WHITE, BLACK = (30, 200, 10), (10, 50, 200), (255, 255, 255), (0, 0, 0)
LEFT, RIGHT = (160, 180), (480, 180)
HASTE = 0.9


@pytest.fixture(scope="module")
def person(display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of somebody who looks at a window; each test leaves the window as it found it."""
    home = tmp_path_factory.mktemp("person")
    with shown(display, 640, 360, home):
        screenshot(display, until=GREEN)
        yield home


def said(home: Path, count: int) -> list[dict[str, str | None]]:
    """What was changed since the last call: as many as expected, or as came within some seconds."""
    path, deadline = home / "said.txt", time.monotonic() + PATIENCE
    path.touch()
    while len(lines := path.read_text().splitlines()) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    path.unlink()
    return [json.loads(line) for line in lines]


def await_pixels(display: str, left: tuple[int, ...] | None, right: tuple[int, ...] | None) -> Image.Image:
    """The screen once the middles of both halves have these RGB colours; none for any."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        screen = ImageGrab.grab(xdisplay=display)
        seen = screen.getpixel(LEFT), screen.getpixel(RIGHT)
        if all(wanted in (None, colour) for wanted, colour in zip((left, right), seen, strict=True)):
            return screen
        time.sleep(0.05)
    pytest.fail(f"the colours stayed {seen}")


@pytest.mark.window
@pytest.mark.parametrize(
    ("key", "left", "right"),
    [("m", WHITE, BLACK), ("s", ROOM, None), ("x", None, GREEN)],
)
def test_a_key_for_here_only_changes_the_view_and_nothing_else(
    display: str, person: Path, key: str, left: tuple[int, ...] | None, right: tuple[int, ...] | None
) -> None:
    type_in(display, key)
    await_pixels(display, left, right)
    type_in(display, key)
    await_pixels(display, GREEN, None)
    assert said(person, 0) == []


@pytest.mark.window
@pytest.mark.parametrize(("key", "corner"), [("h", (40, 30)), ("question", (40, 30)), ("i", (600, 30))])
def test_help_and_meter_are_laid_over_the_picture_and_taken_away(
    display: str, person: Path, key: str, corner: tuple[int, int]
) -> None:
    before = ImageGrab.grab(xdisplay=display).getpixel(corner)
    for covered in (True, False):
        type_in(display, key)
        for _ in range(8 * PATIENCE):
            if (ImageGrab.grab(xdisplay=display).getpixel(corner) != before) == covered:
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"{key} shows nothing")
    assert said(person, 0) == []


@pytest.mark.window
@pytest.mark.parametrize("key", ["p", "space"])
def test_panic_hides_everything_at_once_and_again_brings_the_result_back(display: str, person: Path, key: str) -> None:
    type_in(display, key)
    ground = (36, 40, 46)
    await_pixels(display, ground, ground)
    time.sleep(HASTE)
    type_in(display, key)
    await_pixels(display, GREEN, None)
    assert [change["show"] for change in said(person, 2)] == ["placeholder", "result"]


@pytest.mark.parametrize("letter", ["p", "P", " "])
def test_whoever_holds_the_panic_key_down_or_presses_it_in_haste_stays_hidden(
    monkeypatch: pytest.MonkeyPatch, letter: str
) -> None:
    """With caps lock on, too, which Windows and macOS tell of by capitals."""
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    control = Control(Settings())
    keys = Keys(control, 360)
    for wait in (0, 0.66, 0.04, 0.04, 0.3):
        now += wait
        keys.press(ord(letter))
        assert control.settings.show == "placeholder"
    now += HASTE
    keys.press(ord(letter))
    assert control.settings.show == "result"
    keys.press(ord(letter))
    assert control.settings.show == "placeholder", "hiding waits for nothing"
    keys.close()


@pytest.mark.window
def test_behind_a_placeholder_there_is_nothing_to_look_at(display: str, person: Path) -> None:
    """Nobody should wonder whether panic worked because the preview goes on showing the room."""
    ground = (36, 40, 46)
    for key in ("s", "m"):
        type_in(display, key)
        type_in(display, "p")
        await_pixels(display, ground, ground)
        time.sleep(HASTE)
        type_in(display, "p")
        type_in(display, key)
        await_pixels(display, GREEN, None)
    said(person, 4)


@pytest.mark.window
@pytest.mark.parametrize(
    ("keys", "backgrounds"),
    [
        (["plus", "minus"], ["blur:12.5", "blur:10"]),
        (["n", "b"], ["green", "blur"]),
        (["b", "n", "plus", "minus"], ["white", "blur", "blur:9", "blur:7.2"]),
    ],
)
def test_keys_step_through_backgrounds_and_blur(
    display: str, person: Path, keys: list[str], backgrounds: list[str]
) -> None:
    for key in keys:
        type_in(display, key)
    assert [change["background"] for change in said(person, len(keys))] == backgrounds


@pytest.mark.window
@pytest.mark.parametrize(
    ("keys", "field", "values"),
    [
        (["e", "e", "d", "d"], "edge_shift", [0.5, 1, 0.5, 0]),
        (["f", "v"], "feather_out", [0.5, 0]),
        (["v", "a", "a"], "auto_frame", [True, False]),
        (["k", "k"], "clean_plate", [True, False]),
    ],
    ids=["outline", "edge", "following, after a knob that was at its end", "clean plate"],
)
def test_keys_move_the_edge_ask_for_a_plate_and_follow_the_person(
    display: str, person: Path, keys: list[str], field: str, values: list[object]
) -> None:
    for key in keys:
        type_in(display, key)
    assert [change[field] for change in said(person, len(values))] == values


@pytest.mark.window
def test_keys_record_and_take_snapshots_into_the_persons_own_folders(display: str, person: Path) -> None:
    for key in ("r", "c", "r"):
        type_in(display, key)
        time.sleep(0.1)
    changes = said(person, 3)
    recorded = [Path(change["record"] or "") for change in changes if "record" in change]
    (snapshot,) = [Path(change["snapshot"] or "") for change in changes if "snapshot" in change]
    assert (recorded[0].parent, recorded[0].suffix) == (person / "Videos", ".mp4")
    assert recorded[1] == Path()
    assert (snapshot.parent, snapshot.suffix) == (person / "Pictures", ".png")


def test_every_key_in_the_help_is_tested_here() -> None:
    assert " ".join(key.name for key in KEYS) == "p  Space n b + - e d f v a k r c m s x i h"
