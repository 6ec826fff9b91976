"""A preview window on the desktop."""

import ctypes
import os
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from greenscreen.errors import SinkError
from greenscreen.frame import Image, Picture

_LARGEST = (1280, 720)
_SQUARE = 16
_DARK, _LIGHT = 102, 153
_QUIT = {ord("q"), ord("Q"), 27}
_FLAGS = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL


class WindowSink:
    """Shows pictures of `size` (width, height) in a window that can be resized, transparent ones over a checkerboard.

    `send` returns false once the person pressed q or Esc, or closed the window.
    """

    def __init__(self, title: str, size: tuple[int, int]):
        self.name = "window"
        self._title = title
        self._size = size
        self._board = _checkerboard(size)

    def __enter__(self) -> Self:
        if not has_display():
            raise SinkError(
                "there is no display to open a window on",
                "run it in a desktop session (on Wayland with XWayland), or send the result elsewhere",
            )
        if sys.platform.startswith("linux"):
            _prepare_qt()
        try:
            cv2.namedWindow(self._title, _FLAGS)
            cv2.resizeWindow(self._title, *_fit(self._size))
        except cv2.error as error:
            raise SinkError(
                "this OpenCV cannot open windows",
                "pip uninstall opencv-python-headless opencv-python, then pip install opencv-python",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(cv2.error):  # Already closed by the person.
            cv2.destroyWindow(self._title)
            cv2.pollKey()

    def send(self, picture: Picture) -> bool:
        if not self._open():  # Showing would open it again.
            return False
        image = over(picture, self._board) if picture.transparent else picture.image
        try:
            cv2.imshow(self._title, image)
            return cv2.pollKey() & 0xFF not in _QUIT
        except cv2.error as error:
            raise SinkError("the window cannot show pictures any more", "start again") from error

    def _open(self) -> bool:
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) > 0
        except cv2.error:
            return False


def over(picture: Picture, background: Image) -> Image:
    """Return `(H, W, 3)` uint8 BGR: a transparent picture laid over a background of the same size."""
    alpha = picture.alpha.astype(np.float32) / 255
    return cv2.blendLinear(picture.image, background, alpha, 1 - alpha).astype(np.uint8, copy=False)


def has_display() -> bool:
    """Return whether a window can be opened. On Linux that takes an X server, which XWayland is too.

    Qt ends the whole process when it finds none, so the server is asked first, with the library that Qt itself uses.
    """
    if not sys.platform.startswith("linux"):
        return True
    if not os.environ.get("DISPLAY"):
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)


def _prepare_qt() -> None:
    """Keep OpenCV's Qt from aborting and from chatting; must come before the first window."""
    os.environ["QT_QPA_PLATFORM"] = "xcb"  # The only one in OpenCV's wheel, whatever the desktop asks its programs for.
    os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")


def _fit(size: tuple[int, int]) -> tuple[int, int]:
    """Return `size` scaled down, with its proportions, into the largest window that suits any desktop."""
    scale = min(1.0, _LARGEST[0] / size[0], _LARGEST[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _checkerboard(size: tuple[int, int]) -> Image:
    rows, columns = np.ogrid[: size[1], : size[0]]
    odd = (rows // _SQUARE + columns // _SQUARE) % 2
    board = np.where(odd, _DARK, _LIGHT).astype(np.uint8)
    return np.repeat(board[..., None], 3, axis=2)
