"""The window shows the picture's colours, ends when the person wants it to, and never takes the process down."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageGrab

from greenscreen.control import Control
from greenscreen.frame import Picture
from greenscreen.settings import Settings
from greenscreen.sinks.display import write_note
from greenscreen.sinks.keys import KEYS
from greenscreen.sinks.window import WindowSink, has_display, over

ROOT = Path(__file__).parents[2]
TITLE = "greenscreen under test"
PATIENCE = 40  # seconds
SHOW = f"""
import json, sys, time
from pathlib import Path
import numpy as np
from greenscreen.control import Control
from greenscreen.frame import Frame, Picture
from greenscreen.settings import Settings
from greenscreen.show import hidden, shown
from greenscreen.sinks.window import WindowSink

width, height = int(sys.argv[1]), int(sys.argv[2])
frame = Frame(np.full((height, width, 3), (200, 50, 10), np.uint8), 0.0, 0)
image = np.zeros((height, width, 3), np.uint8)
image[:, : width // 2] = (10, 200, 30)
alpha = np.where(image.any(axis=2), 255, 0).astype(np.uint8)
picture = Picture(image, alpha, 0.0, True, frame)
control = Control(Settings(background="blur:10"))

def say(line):
    with Path("said.txt").open("a") as said:
        print(line, file=said)

told = {{"background", "record", "show", "edge_shift", "feather_out", "auto_frame", "clean_plate"}}
control.watch(lambda settings: say(settings.model_dump_json(include=told)))
deadline = time.monotonic() + 600
with WindowSink({TITLE!r}, (width, height), control) as window:
    while time.monotonic() < deadline:
        if path := control.take_snapshot():
            say(json.dumps({{"snapshot": str(path)}}))
        if not window.send(hidden(frame, True) if control.settings.show == "placeholder" else picture):
            break
        time.sleep(0.01)
print("closed" if time.monotonic() < deadline else "ran out of time")
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A desktop of our own: on a real one, other windows would lie over ours."""
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x900x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait()


@contextmanager
def shown(
    display: str, width: int, height: int, home: Path, scale: str | None = None
) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "wayland", "HOME": str(home)}
    environment = {name: text for name, text in environment.items() if not name.startswith(("XDG_", "QT_LOGGING"))}
    environment["PYTHONPATH"] = str(ROOT)
    if scale:
        environment["QT_SCALE_FACTOR"] = scale
    command = [sys.executable, "-W", "error", "-c", SHOW, str(width), str(height)]
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=home,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def screenshot(display: str, until: tuple[int, int, int], at: tuple[int, int] = (50, 50)) -> Image.Image:
    """Return the whole screen once it shows the RGB colour `until` there, on a busy machine after a while.

    Without a window manager, which would do so anyway, OpenCV's Qt now and then paints only once mapped again.
    """
    deadline, mapped = time.monotonic() + PATIENCE, time.monotonic()
    while time.monotonic() < deadline:
        screen = ImageGrab.grab(xdisplay=display)
        if screen.getpixel(at) == until:
            return screen
        time.sleep(0.1)
        if time.monotonic() - mapped > 2:
            mapped = time.monotonic()
            subprocess.run([*xdotool(display), "search", "--name", TITLE, "windowunmap", "windowmap"], check=False)
    pytest.fail("the picture did not appear")


def xdotool(display: str) -> list[str]:
    return ["env", f"DISPLAY={display}", "xdotool"]


@pytest.mark.window
def test_the_picture_is_on_the_screen_and_transparency_is_a_checkerboard(display: str, tmp_path: Path) -> None:
    with shown(display, 640, 360, tmp_path):
        screen = screenshot(display, until=(30, 200, 10))
    assert screen.getpixel((300, 200)) == (30, 200, 10)
    squares = {screen.getpixel((x, y)) for x in range(330, 630, 4) for y in range(10, 300, 4)}
    assert squares == {(102, 102, 102), (153, 153, 153)}


@pytest.mark.window
def test_a_large_picture_begins_in_a_window_that_fits(display: str, tmp_path: Path) -> None:
    with shown(display, 3840, 2160, tmp_path):
        screenshot(display, until=(30, 200, 10))
        screen = screenshot(display, until=(30, 200, 10), at=(638, 600))
    assert screen.getpixel((1278, 710)) != (0, 0, 0)
    assert screen.getpixel((1284, 718)) == screen.getpixel((1278, 724)) == (0, 0, 0)


@pytest.mark.window
def test_on_a_screen_of_many_pixels_the_window_is_larger_and_the_picture_fills_it(display: str, tmp_path: Path) -> None:
    with shown(display, 640, 360, tmp_path, scale="2"):
        screen = screenshot(display, until=(30, 200, 10), at=(600, 500))
    assert screen.getpixel((600, 500)) == (30, 200, 10)
    assert screen.getpixel((1276, 700)) != (0, 0, 0)
    assert screen.getpixel((1290, 700)) == (0, 0, 0)


@pytest.mark.window
@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_ends_it_quietly(display: str, key: str, tmp_path: Path) -> None:
    with shown(display, 640, 360, tmp_path) as process:
        screenshot(display, until=(30, 200, 10))
        type_in(display, key)
        said, complaints = process.communicate(timeout=PATIENCE)
    assert said == "closed\n"
    assert complaints == ""


@pytest.mark.window
def test_other_keys_do_not_end_it_but_the_close_button_does(display: str, tmp_path: Path) -> None:
    with shown(display, 640, 360, tmp_path) as process:
        screenshot(display, until=(30, 200, 10))
        # Of the left arrow, 0xFF51, the last eight bits are those of Q.
        for key in ("z", "Left"):
            type_in(display, key)
        time.sleep(0.3)
        assert process.poll() is None
        press_close_button(display)
        said, complaints = process.communicate(timeout=PATIENCE)
    assert said == "closed\n"
    assert complaints == ""


GREEN, ROOM, WHITE, BLACK = (30, 200, 10), (10, 50, 200), (255, 255, 255), (0, 0, 0)
LEFT, RIGHT = (160, 180), (480, 180)


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
    type_in(display, key)
    await_pixels(display, GREEN, None)
    assert [change["show"] for change in said(person, 2)] == ["placeholder", "result"]


@pytest.mark.window
def test_behind_a_placeholder_there_is_nothing_to_look_at(display: str, person: Path) -> None:
    """Nobody should wonder whether panic worked because the preview goes on showing the room."""
    ground = (36, 40, 46)
    for key in ("s", "m"):
        type_in(display, key)
        type_in(display, "p")
        await_pixels(display, ground, ground)
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


def type_in(display: str, key: str) -> None:
    # Nobody else gives the window the keyboard on a desktop without a window manager.
    window = ["search", "--sync", "--onlyvisible", "--name", TITLE]
    subprocess.run([*xdotool(display), *window, "windowfocus", "--sync", "key", key, "sleep", "0.1"], check=True)


class ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 24),  # XSendEvent reads a whole XEvent.
    )


def press_close_button(display: str) -> None:
    """Send what a window manager sends when its close button is pressed; there is none on this desktop."""
    found = subprocess.run([*xdotool(display), "search", "--name", TITLE], capture_output=True, check=True)
    xlib = ctypes.CDLL("libX11.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    xlib.XInternAtom.restype = ctypes.c_ulong
    connection = ctypes.c_void_p(xlib.XOpenDisplay(display.encode()))
    protocols = xlib.XInternAtom(connection, b"WM_PROTOCOLS", 0)
    delete = xlib.XInternAtom(connection, b"WM_DELETE_WINDOW", 0)
    for window in map(int, found.stdout.split()):
        event = ClientMessage(type=33, window=window, message_type=protocols, format=32)
        event.data[0] = delete
        xlib.XSendEvent(connection, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
    xlib.XCloseDisplay(connection)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
@pytest.mark.parametrize("value", [None, "", ":4242", "no such thing", "nowhere.invalid:0"])
def test_without_a_display_it_is_an_error_and_not_the_end_of_the_process(value: str | None, tmp_path: Path) -> None:
    """Qt would abort here; a Wayland without XWayland is no display for OpenCV's Qt either."""
    environment = {name: text for name, text in os.environ.items() if name != "DISPLAY"}
    environment |= {"WAYLAND_DISPLAY": "wayland-0"} | ({"DISPLAY": value} if value is not None else {})
    done = subprocess.run(
        [sys.executable, "-c", SHOW, "64", "48"],
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("SinkError: there is no display to open a window on")


@pytest.mark.window
def test_a_display_that_answers_is_found(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert has_display()


def test_laying_over_a_background_mixes_by_alpha() -> None:
    image = np.full((1, 3, 3), 200, np.uint8)
    picture = Picture(image, np.array([[0, 128, 255]], np.uint8), 0.0, transparent=True)
    mixed = over(picture, np.full((1, 3, 3), 100, np.uint8))
    assert mixed.dtype == np.uint8
    assert mixed[0, :, 0].tolist() == [100, 150, 200]


def test_what_people_must_know_is_written_over_the_picture() -> None:
    control = Control(Settings())
    window = WindowSink(TITLE, (64, 48), control)
    noted = {}
    for show in ("result", "matte", "original", "split", "placeholder"):
        control.change(show=show)
        noted[show] = window._note()
    assert noted["result"] == noted["matte"] == ""
    assert noted["original"] == noted["split"] == "your room is seen"
    assert noted["placeholder"].startswith("nobody sees you")
    control.tell("the disk is full")
    assert window._note() == "the disk is full"


def test_a_name_that_is_no_text_is_written_too() -> None:
    """OpenCV would crash on it, and the call with it."""
    pictures = np.zeros((2, 360, 640, 3), np.uint8)
    write_note(pictures[0], "background: \udcff\n.png")
    write_note(pictures[1], "background: ??.png")
    assert pictures[0].any()
    assert np.array_equal(*pictures)
