"""A preview window on the desktop."""

import os
import sys
import time
from contextlib import suppress
from typing import Self

import cv2
import numpy as np

from greenscreen.control import Control, Status
from greenscreen.control.show import ROOM, shown
from greenscreen.errors import SinkError
from greenscreen.picture.frame import Image, Picture
from greenscreen.sinks.display import Row, draw_divide, mark_recording, write_note, write_table
from greenscreen.sinks.keys import HELP, Keys
from greenscreen.sinks.x11 import XServer, has_display

_LARGEST = (1280, 720)
_SQUARE = 16
_DARK, _LIGHT = 102, 153
_GREETING_SECONDS = 5
_FLAGS = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL


class WindowSink:
    """Shows pictures of `size` (width, height) in a window that can be resized, transparent ones over a checkerboard.

    Its keys, listed by `h`, change the settings through `control`, or how the picture is shown here and nowhere else.
    `send` returns false once the person pressed q or Esc, or closed the window.
    """

    def __init__(self, title: str, size: tuple[int, int], control: Control):
        self.name = "window"
        self._title = title
        self._size = size
        self._control = control
        self._board = _checkerboard(size)
        self._greet_until = 0.0
        self._server: XServer | None = None

    def __enter__(self) -> Self:
        if not has_display():
            raise SinkError(
                "there is no display to open a window on",
                "run it in a desktop session (on Wayland with XWayland), or send the result elsewhere",
            )
        if sys.platform.startswith("linux"):
            _prepare_qt()
            self._server = XServer()
        try:
            cv2.namedWindow(self._title, _FLAGS)
            cv2.resizeWindow(self._title, *_fit(self._size))
        except cv2.error as error:
            raise SinkError(
                "this OpenCV cannot open windows",
                "pip uninstall opencv-python-headless opencv-python, then pip install opencv-python",
            ) from error
        self._keys = Keys(self._control, self._size[1])
        self._greet_until = time.monotonic() + _GREETING_SECONDS
        return self

    def __exit__(self, *_: object) -> None:
        self._keys.close()
        if self._server_gone():
            return
        with suppress(cv2.error):  # Already closed by the person.
            cv2.destroyWindow(self._title)
            cv2.pollKey()
        if self._server:
            self._server.close()

    def send(self, picture: Picture) -> bool:
        if self._server_gone():
            raise SinkError("the desktop that showed the window is gone", "start again, or run it with --no-preview")
        if not self._open():  # Showing would open it again.
            return False
        try:
            cv2.imshow(self._title, self._view(picture))
            # Several keys may have been pressed since the last frame.
            while (code := cv2.pollKey()) != -1:
                # Of more bits some systems make the keys that are held; with fewer the left arrow would be a Q.
                if not self._keys.press(code & 0xFFFF):
                    return False
        except cv2.error as error:
            raise SinkError("the window cannot show pictures any more", "start again") from error
        return True

    def _server_gone(self) -> bool:
        """Whether the next call of Qt would end the process, with a recording half written."""
        return self._server is not None and not self._server.there

    def _open(self) -> bool:
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) > 0
        except cv2.error:
            return False

    def _view(self, picture: Picture) -> Image:
        """The picture as the person wants to see it here, written over a copy."""
        view = self._keys.view
        # A placeholder comes from no frame, and nothing lies behind it to be looked at.
        looked = shown(view.look, picture.frame, picture) if picture.frame else picture
        image = over(looked, self._board) if looked.transparent else looked.image.copy()
        if view.mirror:
            image = np.asarray(cv2.flip(image, 1), np.uint8)
        if view.look == "split" and looked is not picture:
            draw_divide(image, mirrored=view.mirror)
        if self._control.settings.record:
            mark_recording(image)
        if view.help:
            write_table(image, HELP)
        if view.meter:
            write_table(image, _meter_rows(self._control.status), right=True)
        if note := self._note():
            write_note(image, note)
        return image

    def _note(self) -> str:
        if message := self._control.message:
            return message
        if self._control.settings.show == "placeholder":
            return "nobody sees you: p brings the picture back"
        if self._control.settings.show in ROOM:
            return "your room is seen"
        return "h shows the keys" if time.monotonic() < self._greet_until else ""


def _meter_rows(status: Status) -> list[Row]:
    latency = [] if status.latency_ms is None else [("latency", f"{status.latency_ms:.0f} ms")]
    stages = [(name, f"{ms:.1f} ms") for name, ms in status.stages.items()]
    rests = ("network rests", f"{status.resting:.0%}")
    dropped = ("dropped", str(status.dropped))
    return [("rate", f"{status.fps:.1f} / s"), *latency, *stages, rests, dropped, ("engine", status.engine)]


def over(picture: Picture, background: Image) -> Image:
    """Return `(H, W, 3)` uint8 BGR: a transparent picture laid over a background of the same size."""
    alpha = picture.alpha.astype(np.float32) / 255
    return cv2.blendLinear(picture.image, background, alpha, 1 - alpha).astype(np.uint8, copy=False)


def _prepare_qt() -> None:
    """Keep OpenCV's Qt from aborting and from chatting; must come before the first window."""
    os.environ["QT_QPA_PLATFORM"] = "xcb"  # The only one in OpenCV's wheel, whatever the desktop asks its programs for.
    os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")
    # So that the window is as large to the eye on a screen of many pixels; the picture keeps all of its own.
    os.environ.setdefault("QT_ENABLE_HIGHDPI_SCALING", "1")


def _fit(size: tuple[int, int]) -> tuple[int, int]:
    """Return `size` scaled down, with its proportions, into the largest window that suits any desktop."""
    scale = min(1.0, _LARGEST[0] / size[0], _LARGEST[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _checkerboard(size: tuple[int, int]) -> Image:
    rows, columns = np.ogrid[: size[1], : size[0]]
    odd = (rows // _SQUARE + columns // _SQUARE) % 2
    board = np.where(odd, _DARK, _LIGHT).astype(np.uint8)
    return np.repeat(board[..., None], 3, axis=2)
