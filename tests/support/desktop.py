"""A window on a desktop of our own, for the tests that look at it and press its keys."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

ROOT = Path(__file__).parents[2]
TITLE = "greenscreen under test"
PATIENCE = 40  # seconds
SHOW = f"""
import json, sys, time
from pathlib import Path
import numpy as np
from greenscreen.control import Control
from greenscreen.picture.frame import Frame, Picture
from greenscreen.settings import Settings
from greenscreen.control.show import hidden, shown
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


@contextmanager
def x_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A desktop without anything on it; gives its `DISPLAY`, and its server, which may be ended."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x900x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as number:
        yield f":{number.readline().strip()}", server
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


def type_in(display: str, key: str) -> None:
    # Nobody else gives the window the keyboard on a desktop without a window manager.
    window = ["search", "--sync", "--onlyvisible", "--name", TITLE]
    subprocess.run([*xdotool(display), *window, "windowfocus", "--sync", "key", key, "sleep", "0.1"], check=True)


def end_by(display: str, key: str, process: subprocess.Popen[str]) -> tuple[str, str]:
    """Type a key that closes the window until it does, as people would; return what was said and complained of.

    On a busy machine Qt now and then loses a key that comes just after the window was mapped.
    """
    window = ["search", "--onlyvisible", "--name", TITLE, "windowfocus", "key", key]
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        subprocess.run([*xdotool(display), *window], check=False, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
    return process.communicate(timeout=1)
