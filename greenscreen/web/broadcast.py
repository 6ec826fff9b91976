"""The newest picture for all who watch: encoded once for each view, and nobody waits."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Condition, Thread

import numpy as np
from numpy.typing import NDArray

from greenscreen.picture.frame import Picture
from greenscreen.web.encode import NOTHING, encode_person, encode_view, raw_person

AT_ONCE = 2
"""Pictures under way to one client: one being shown while the next travels."""


Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """`take` gets from a picture what the view shows, which may render it; `encode` makes a message of that.

    Pictures are rendered in the loop's own thread, as steadied alphas build on those of the frame before.
    """

    take: Callable[[Picture], tuple[Pixels, ...]]
    encode: Callable[..., bytes]


def take_person(picture: Picture) -> tuple[Pixels, ...]:
    """The person alone; nothing of pictures that show something else, such as the placeholder."""
    return () if picture.frame is None else (picture.person, picture.alpha)


def encode_taken(*taken: Pixels) -> bytes:
    return encode_person(*taken) if taken else NOTHING


def raw_taken(*taken: Pixels) -> bytes:
    return raw_person(*taken) if taken else NOTHING


def take_before(picture: Picture) -> tuple[Pixels, ...]:
    return (picture.image if picture.frame is None else picture.frame.image,)


def take_split(picture: Picture) -> tuple[Pixels, ...]:
    """Left half as filmed, right half as it goes out."""
    (before,), middle = take_before(picture), picture.image.shape[1] // 2
    return (np.hstack([before[:, :middle], picture.image[:, middle:]]),)


VIEWS: Mapping[str, View] = {
    "overlay": View(take_person, encode_taken),
    "pixels": View(take_person, raw_taken),
    "after": View(lambda picture: (picture.image,), encode_view),
    "before": View(take_before, encode_view),
    "matte": View(lambda picture: (picture.alpha,), encode_view),
    "split": View(take_split, encode_view),
}


@dataclass(eq=False)
class Watcher:
    """One client of one view. It says when it has shown a picture, and gets no more than it can show.

    A browser takes in whatever is sent and lets it pile up, so the network alone would not tell how slow it is.
    """

    view: str
    credit: int = AT_ONCE
    _message: bytes = b""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, message: bytes) -> None:
        """Replaces a message that was not sent yet."""
        self._message = message
        self._news.set()

    async def next(self) -> bytes:
        """The newest message, once there is one."""
        await self._news.wait()
        self._news.clear()
        self.credit -= 1
        return self._message

    def shown(self) -> None:
        self.credit = min(self.credit + 1, AT_ONCE)


class Broadcast:
    """Between the loop's thread, which offers pictures, and the server's, where the watchers are."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self._loop = loop
        self._watchers: tuple[Watcher, ...] = ()
        self._taken: dict[str, tuple[Pixels, ...]] = {}
        self._ended = False
        self._news = Condition()
        self._thread = Thread(target=self._run, name="overlay encoder", daemon=True)
        self._thread.start()

    def offer(self, picture: Picture) -> None:
        """Replaces a picture that nobody had time for. Called by the loop, which waits for nobody."""
        wanted = {watcher.view for watcher in self._watchers if watcher.credit > 0}
        if wanted:
            taken = {view: VIEWS[view].take(picture) for view in wanted}
            with self._news:
                self._taken = taken
                self._news.notify()

    def add(self, watcher: Watcher) -> None:
        self._watchers = (*self._watchers, watcher)

    def remove(self, watcher: Watcher) -> None:
        self._watchers = tuple(other for other in self._watchers if other is not watcher)

    def close(self) -> None:
        """Ends the thread; must come before the server's loop ends."""
        with self._news:
            self._ended = True
            self._news.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._taken or self._ended)
                taken, self._taken = self._taken, {}
                if self._ended:
                    return
            for view, pixels in taken.items():
                self._loop.call_soon_threadsafe(self._deliver, view, VIEWS[view].encode(*pixels))

    def _deliver(self, view: str, message: bytes) -> None:
        for watcher in self._watchers:
            if watcher.view == view and watcher.credit > 0:
                watcher.put(message)
