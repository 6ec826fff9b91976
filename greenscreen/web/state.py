"""What every client is shown: settings, status, who watches. Sent at once when something changes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from greenscreen.control import Control
from greenscreen.control.profiles import list_profiles
from greenscreen.gallery import gallery
from greenscreen.web.fields import live_fields


@dataclass(frozen=True)
class Visitor:
    """Somebody who is connected."""

    address: str
    page: str
    since: float = field(default_factory=time.time)
    """Unix time in seconds."""


class State:
    """Lives in the server's loop; `changed` alone may be called from any thread."""

    def __init__(self, control: Control, loop: asyncio.AbstractEventLoop):
        self._control, self._loop = control, loop
        self._visitors: list[Visitor] = []
        self._listeners: list[Callable[[], None]] = []
        self._names = list(live_fields())

    def settings(self) -> dict[str, Any]:
        """The live settings. A background that is a file is given by name alone: paths are nobody's business."""
        values = self._control.settings.model_dump(mode="json", include=set(self._names))
        return values | {"background": Path(self._control.settings.background).name}

    def now(self) -> dict[str, Any]:
        return {
            "settings": self.settings(),
            "status": asdict(self._control.status),
            "recording": self._control.settings.record is not None,
            "watchers": [asdict(visitor) for visitor in self._visitors],
            "backgrounds": list(gallery()),
            "profiles": list_profiles(),
        }

    def panic(self, hide: bool) -> None:
        """The placeholder at once, or the result. Nothing needs to be opened for either."""
        self._control.change(show="placeholder" if hide else "result")

    def enter(self, visitor: Visitor) -> None:
        self._visitors.append(visitor)
        self._tell()

    def leave(self, visitor: Visitor) -> None:
        self._visitors.remove(visitor)
        self._tell()

    @property
    def crowd(self) -> int:
        return len(self._visitors)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Has `listener` called at every change; returns a way to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self) -> None:
        """Has every listener told soon."""
        self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
