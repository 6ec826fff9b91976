"""The newest picture for whoever watches: encoded once for each view, never waited for."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Condition, Thread

import numpy as np

from greenscreen.frame import Image, Picture
from greenscreen.web.encode import NOTHING, encode_person, encode_view

Encode = Callable[[Picture], bytes]

AT_ONCE = 2
"""Pictures under way to one client: one being shown while the next travels."""


def person(picture: Picture) -> bytes:
    """The person alone; nothing for pictures that show something else, such as the placeholder."""
    return NOTHING if picture.frame is None else encode_person(picture.person, picture.alpha)


def before(picture: Picture) -> Image:
    return picture.image if picture.frame is None else picture.frame.image


def split(picture: Picture) -> Image:
    """Left half as filmed, right half as it goes out."""
    middle = picture.image.shape[1] // 2
    return np.hstack([before(picture)[:, :middle], picture.image[:, middle:]])


VIEWS: Mapping[str, Encode] = {
    "overlay": person,
    "after": lambda picture: encode_view(picture.image),
    "before": lambda picture: encode_view(before(picture)),
    "matte": lambda picture: encode_view(picture.alpha),
    "split": lambda picture: encode_view(split(picture)),
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
        """Takes the place of what was not sent yet."""
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
        self._picture: Picture | None = None
        self._ended = False
        self._news = Condition()
        self._thread = Thread(target=self._run, name="overlay encoder", daemon=True)
        self._thread.start()

    def offer(self, picture: Picture) -> None:
        """Takes the place of a picture that nobody had time for. Called by the loop; costs it next to nothing."""
        if self._watchers:
            with self._news:
                self._picture = picture
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
                self._news.wait_for(lambda: self._picture or self._ended)
                picture, self._picture = self._picture, None
                if self._ended or picture is None:
                    return
            for view in {watcher.view for watcher in self._watchers if watcher.credit > 0}:
                self._loop.call_soon_threadsafe(self._deliver, view, VIEWS[view](picture))

    def _deliver(self, view: str, message: bytes) -> None:
        for watcher in self._watchers:
            if watcher.view == view and watcher.credit > 0:
                watcher.put(message)
