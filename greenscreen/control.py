"""What the person wants now. Whoever turns a knob calls `change`; the loop reads `settings` once a frame."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, RLock
from typing import Any, Literal

from greenscreen.errors import UsageError
from greenscreen.settings import Settings, changed, is_live

State = Literal["starting", "live", "paused", "waiting"]

Hook = Callable[[Settings, Settings], None]
Callback = Callable[[Settings], None]


@dataclass(frozen=True)
class Status:
    """How the run is doing, as of about a second ago."""

    state: State = "starting"
    """`paused` while the placeholder is shown because somebody asked for it, `waiting` while there is no camera."""
    message: str = ""
    """What the person should know about the state; empty most of the time."""
    fps: float = 0.0
    """Pictures sent, a second."""
    latency_ms: float | None = None
    """From the capture of a frame to the end of its sending; none for files, which nobody captures."""
    stages: dict[str, float] = field(default_factory=dict)
    """Median milliseconds by stage."""
    frames: int = 0
    """Pictures sent since the start."""
    dropped: int = 0
    """Frames of a live source that nobody had time for, since the start."""
    engine: str = ""
    source: str = ""


class Control:
    """The settings of a run while it runs, and its status. Every method may be called from any thread.

    `settings` and `status` are frozen objects that are replaced as a whole, so reading them takes no lock.
    """

    def __init__(self, settings: Settings):
        self.settings = settings
        self.status = Status()
        self._changing = RLock()
        self._hooks: list[Hook] = []
        self._callbacks: list[Callback] = []
        self._stop = Event()

    def change(self, **values: Any) -> Settings:
        """Sets fields that may change while running, and returns the new settings.

        Raises `UsageError` for values or fields that cannot be, and whatever a hook raises to refuse, such as
        `SourceError` for a background that cannot be opened; then nothing has changed.
        """
        with self._changing:
            for name in values:
                if not is_live(name):
                    raise UsageError(f"{name} cannot be changed while running", "set it before the start")
            old, new = self.settings, changed(self.settings, **values)
            for hook in self._hooks:
                hook(old, new)
            self.settings = new
            for callback in list(self._callbacks):
                callback(new)
            return new

    def prepare(self, hook: Hook) -> None:
        """Has `hook(old, new)` called before every change, in the thread that makes it; it may raise to refuse."""
        self._hooks.append(hook)

    def watch(self, callback: Callback) -> Callable[[], None]:
        """Has `callback(settings)` called after every change, in the thread that made it; returns what ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def publish(self, status: Status) -> None:
        """Replaces the status; the loop does so about once a second."""
        self.status = status

    def stop(self) -> None:
        """Ends the run in peace, after the frame it is at."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleeps, for threads that look after something now and then; true at once when the run is to end."""
        return self._stop.wait(seconds)
