"""The window shows the picture's colours, ends when the person wants it to, and never takes the process down."""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image, ImageGrab

from greenscreen.frame import Picture
from greenscreen.sinks.window import has_display, over

TITLE = "greenscreen under test"
SHOW = f"""
import sys, time
import numpy as np
from greenscreen.frame import Picture
from greenscreen.sinks.window import WindowSink

width, height = int(sys.argv[1]), int(sys.argv[2])
image = np.zeros((height, width, 3), np.uint8)
image[:, : width // 2] = (10, 200, 30)
alpha = np.where(image.any(axis=2), 255, 0).astype(np.uint8)
deadline = time.monotonic() + 20
with WindowSink({TITLE!r}, (width, height)) as window:
    while window.send(Picture(image, alpha, 0.0, transparent=True)) and time.monotonic() < deadline:
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
def shown(display: str, width: int, height: int) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "wayland"}
    environment.pop("QT_LOGGING_RULES", None)
    command = [sys.executable, "-W", "error", "-c", SHOW, str(width), str(height)]
    process = subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def screenshot(display: str, until: tuple[int, int, int]) -> Image.Image:
    """Return the whole screen once its left upper part shows the RGB colour `until`.

    Without a window manager, which would do so anyway, OpenCV's Qt now and then paints only once mapped again.
    """
    for attempt in range(1, 100):
        screen = ImageGrab.grab(xdisplay=display)
        if screen.getpixel((50, 50)) == until:
            return screen
        time.sleep(0.1)
        if attempt % 15 == 0:
            subprocess.run([*xdotool(display), "search", "--name", TITLE, "windowunmap", "windowmap"], check=False)
    pytest.fail("the picture did not appear")


def xdotool(display: str) -> list[str]:
    return ["env", f"DISPLAY={display}", "xdotool"]


@pytest.mark.window
def test_the_picture_is_on_the_screen_and_transparency_is_a_checkerboard(display: str) -> None:
    with shown(display, 640, 360):
        screen = screenshot(display, until=(30, 200, 10))
    assert screen.getpixel((300, 340)) == (30, 200, 10)
    squares = {screen.getpixel((x, y)) for x in range(330, 630, 4) for y in range(10, 350, 4)}
    assert squares == {(102, 102, 102), (153, 153, 153)}


@pytest.mark.window
def test_a_large_picture_begins_in_a_window_that_fits(display: str) -> None:
    with shown(display, 3840, 2160):
        screen = screenshot(display, until=(30, 200, 10))
    assert screen.getpixel((1278, 718)) != (0, 0, 0)
    assert screen.getpixel((1284, 718)) == screen.getpixel((1278, 724)) == (0, 0, 0)


@pytest.mark.window
@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_ends_it_quietly(display: str, key: str) -> None:
    with shown(display, 640, 360) as process:
        screenshot(display, until=(30, 200, 10))
        type_in(display, key)
        said, complaints = process.communicate(timeout=10)
    assert said == "closed\n"
    assert complaints == ""


@pytest.mark.window
def test_other_keys_do_not_end_it_but_the_close_button_does(display: str) -> None:
    with shown(display, 640, 360) as process:
        screenshot(display, until=(30, 200, 10))
        type_in(display, "x")
        time.sleep(0.3)
        assert process.poll() is None
        press_close_button(display)
        said, complaints = process.communicate(timeout=10)
    assert said == "closed\n"
    assert complaints == ""


def type_in(display: str, key: str) -> None:
    subprocess.run([*xdotool(display), "mousemove", "100", "100", "key", key], check=True)


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
def test_without_a_display_it_is_an_error_and_not_the_end_of_the_process(value: str | None) -> None:
    """Qt would abort here; a Wayland without XWayland is no display for OpenCV's Qt either."""
    environment = {name: text for name, text in os.environ.items() if name != "DISPLAY"}
    environment |= {"WAYLAND_DISPLAY": "wayland-0"} | ({"DISPLAY": value} if value is not None else {})
    done = subprocess.run(
        [sys.executable, "-c", SHOW, "64", "48"], env=environment, capture_output=True, text=True, timeout=30
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
