"""The X server, which XWayland is too, asked with the library that Qt itself uses.

Qt ends the whole process where it finds no server, and where its server goes, as when somebody logs out.
"""

import ctypes
import os
import sys
from typing import Any


class XServer:
    """A connection of our own to the server that `DISPLAY` names."""

    def __init__(self) -> None:
        self._xcb, self._connection = None, ctypes.c_void_p()
        if os.environ.get("DISPLAY"):
            self._xcb = _library()
        if self._xcb:
            self._connection = ctypes.c_void_p(self._xcb.xcb_connect(None, None))

    @property
    def there(self) -> bool:
        """Whether it answers, and does still when asked again, which takes a few millionths of a second."""
        if not self._xcb:
            return False
        # Only who reads hears that the other end is closed. The few events that come to everybody are dropped.
        if event := self._xcb.xcb_poll_for_event(self._connection):
            ctypes.CDLL(None).free(ctypes.c_void_p(event))
        return not self._xcb.xcb_connection_has_error(self._connection)

    def close(self) -> None:
        if self._xcb:
            self._xcb.xcb_disconnect(self._connection)
            self._xcb = None


def has_display() -> bool:
    """Return whether a window can be opened."""
    if not sys.platform.startswith("linux"):
        return True
    server = XServer()
    try:
        return server.there
    finally:
        server.close()


def _library() -> Any:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return None
    xcb.xcb_connect.restype = xcb.xcb_poll_for_event.restype = ctypes.c_void_p
    return xcb
