"""The window shows the picture's colours, ends when the person wants it to, and never takes the process down."""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from desktop import PATIENCE, ROOT, SHOW, TITLE, end_by, screenshot, shown, type_in, x_server, xdotool

from greenscreen.control import Control
from greenscreen.picture.frame import Picture
from greenscreen.settings import Settings
from greenscreen.sinks.window import WindowSink, over
from greenscreen.sinks.x11 import has_display


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
        said, complaints = end_by(display, key, process)
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


OUTLIVE = """
import os, sys
import numpy as np
from greenscreen.control import Control
from greenscreen.picture.frame import Picture
from greenscreen.settings import Settings
from greenscreen.sinks.window import WindowSink
from greenscreen.sinks.x11 import has_display

black = Picture(np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64), np.uint8), 0.0, False)
with WindowSink("window", (64, 48), Control(Settings())) as window:
    assert window.send(black)
    os.kill(int(sys.argv[1]), 9)
    while has_display():
        pass
    window.send(black)
"""


@pytest.mark.window
@pytest.mark.usefixtures("tools")
def test_a_desktop_that_goes_is_an_error_and_not_the_end_of_the_process() -> None:
    """As when somebody logs out: Qt would end the process at once, with a recording half written."""
    with x_server() as (display, server):
        environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", OUTLIVE, str(server.pid)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("SinkError: the desktop that showed the window is gone")


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
