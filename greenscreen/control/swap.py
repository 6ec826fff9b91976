"""Things that a setting names, such as the backdrop, changed while the loop uses them."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from greenscreen.control import Prepared
from greenscreen.settings import Settings

T = TypeVar("T")


class Swap(Generic[T]):
    """A thing that is opened by whoever changes the setting, who hears if that fails, and taken into use by the loop
    between two frames. The loop closes the old one, so that nothing is closed while it is used.

    `key` gets the thing's name from the settings.
    """

    def __init__(
        self,
        key: Callable[[Settings], Hashable],
        make: Callable[[Settings], T],
        close: Callable[[T], None],
        settings: Settings,
    ):
        """Makes the first; raises what `make` raises."""
        self._key, self._make, self._close = key, make, close
        self._now = key(settings), make(settings)
        self._next: tuple[Hashable, T] | None = None
        self._lock = Lock()

    def prepare(self, old: Settings, new: Settings) -> Prepared | None:
        """A hook for `Control.prepare`; raises what `make` raises."""
        if self._key(new) == self._key(old):
            return None
        key, made = self._key(new), self._make(new)
        return Prepared(lambda: self._offer((key, made)), lambda: self._close(made))

    def _offer(self, ready: tuple[Hashable, T]) -> None:
        with self._lock:
            unused, self._next = self._next, ready
        if unused:
            self._close(unused[1])

    def current(self, settings: Settings) -> T:
        """The thing that the settings name; raises what closing the one before raises, once.

        For the loop alone.
        """
        key = self._key(settings)
        with self._lock:
            # Another key means that the settings changed again meanwhile: the next frame will see to it.
            taken = self._next if self._next and self._next[0] == key else None
            if taken:
                self._next = None
        if taken:
            old, self._now = self._now, taken
            self._close(old[1])
        return self._now[1]

    @property
    def named(self) -> Hashable:
        """The name of the thing in use. For the loop alone."""
        return self._now[0]

    def close(self) -> None:
        """Closes what is in use and what is ready, even if one raises. For the loop's thread, after the loop."""
        try:
            self._close(self._now[1])
        finally:
            if self._next:
                self._close(self._next[1])
