"""Whether anybody watches the virtual camera, so that the real one need only be open then."""

import ctypes
import os
import time
from contextlib import suppress
from pathlib import Path

from greenscreen.linux.holders import holders

_EVERY = 0.4  # seconds between two looks
_GRACE = 3.0  # seconds that a program may take to come back, as call programs do when their settings change
_OPEN_OR_CLOSE = 0x20 | 0x08 | 0x10  # inotify's IN_OPEN, IN_CLOSE_WRITE and IN_CLOSE_NOWRITE


class Demand:
    """Whether other programs watch the virtual camera that `watch` named; until then none does.

    v4l2loopback from 0.13 on says how many programs stream. With older ones a program counts if it has the device open
    at two looks in a row: call programs and desktops open every camera for a moment to see what it is.
    """

    def __init__(self) -> None:
        self._path: str | None = None
        self._opens: _Opens | None = None
        self._next = self._until = 0.0
        self._seen = False

    def watch(self, path: str) -> None:
        self._path = path

    def wanted(self) -> bool:
        """Whether somebody watches, or did a few seconds ago. Cheap; for one thread."""
        now = time.monotonic()
        if self._path is not None and now >= self._next:
            self._next = now + _EVERY
            if self._watched(self._path):
                self._until = now + _GRACE
        return now < self._until

    def close(self) -> None:
        if self._opens:
            self._opens.close()

    def _watched(self, path: str) -> bool:
        from greenscreen.linux.loopback import streaming_readers

        if self._opens is None:
            with suppress(OSError):
                readers = streaming_readers(path)
                if readers is not None:
                    return readers > 0
            self._opens = _Opens(path)
        before, self._seen = self._seen, self._opens.any()
        return before and self._seen


class _Opens:
    """Who else has a file open: /proc is searched only after inotify reported that the file was opened or closed.

    Where there is no inotify, of which each user has a limited number, /proc is searched at every look.
    """

    def __init__(self, path: str):
        self._path = Path(path)
        libc = ctypes.CDLL(None)
        self._events = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._events >= 0 and libc.inotify_add_watch(self._events, os.fsencode(path), _OPEN_OR_CLOSE) < 0:
            self.close()
        self._open = bool(holders(self._path))

    def any(self) -> bool:
        if self._changed():
            self._open = bool(holders(self._path))
        return self._open

    def close(self) -> None:
        if self._events >= 0:
            os.close(self._events)
            self._events = -1

    def _changed(self) -> bool:
        if self._events < 0:
            return True
        changed = False
        with suppress(BlockingIOError):
            while os.read(self._events, 4096):
                changed = True
        return changed
