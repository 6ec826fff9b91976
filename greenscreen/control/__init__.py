"""What the person wants now. Whoever turns a knob calls `change`; the loop reads `settings` once a frame."""

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock
from typing import Any, Literal

from greenscreen.errors import UsageError
from greenscreen.filing import free, new_snapshot
from greenscreen.settings import Settings, changed, is_live

State = Literal["starting", "live", "paused", "waiting"]

_TOLD_FOR = 6.0  # seconds

Values = dict[str, Any]
Callback = Callable[[Settings], None]


@dataclass(frozen=True)
class Prepared:
    """What a hook has made ready. Exactly one of the two is called, and neither may raise."""

    take: Callable[[], None]
    """Puts it to use, as the change is made."""
    drop: Callable[[], None] = lambda: None
    """Lets go of it, as the change was refused by another hook."""


Hook = Callable[[Settings, Settings], Prepared | None]


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
    resting: float = 0.0
    """Share of the recent pictures on which the network rested: nothing new was seen, or the machine was busy."""


class Control:
    """The settings of a run while it runs, and its status. Every method may be called from any thread.

    `settings` and `status` are frozen objects that are replaced as a whole, so reading them takes no lock.
    """

    def __init__(self, settings: Settings):
        self.settings = settings
        self.status = Status()
        self._preparing, self._swapping = Lock(), Lock()
        self._hooks: list[tuple[Hook, set[str]]] = []
        self._callbacks: list[Callback] = []
        self._told, self._told_at = "", 0.0
        self.busy = False
        self._snapshots: deque[Path] = deque()
        self._promised: set[Path] = set()
        self._stop = Event()

    def change(self, **values: Any) -> Settings:
        """Sets fields that may change while running, and returns the new settings.

        Raises `UsageError` for values or fields that cannot be, and whatever a hook raises to refuse, such as
        `SourceError` for a background that cannot be opened; then nothing has changed.
        """
        return self._change(values, lambda _: values, lift=True)

    def adopt(self, **values: Any) -> Settings:
        """As `change`, for values that nobody is setting by hand, such as a profile's: it never shows who is hidden."""
        return self._change(values, lambda _: values, lift=False)

    def decide(self, values: Callable[[Settings], Values], *fields: str) -> Settings:
        """As `change`, where what these fields are to be depends on what is set now.

        `values` is asked while nobody else decides, or changes what has a hook; it may raise to refuse.
        """
        return self._change(fields, values, lift=True, alone=True)

    def withdraw(self, **values: Any) -> Settings:
        """Sets to None those fields that still have these values; somebody may have changed the others meanwhile."""

        def left(settings: Settings) -> Values:
            return {name: None for name, value in values.items() if getattr(settings, name) == value}

        return self._change(values, left, lift=False)

    def _change(
        self, fields: Collection[str], decide: Callable[[Settings], Values], lift: bool, alone: bool = False
    ) -> Settings:
        for name in fields:
            if not is_live(name):
                raise UsageError(f"{name} cannot be changed while running", "set it before the start")
        hooks = self._hooks_of(fields)
        prepared: list[Prepared] = []
        # The panic button has no hook, and does not wait for a background that takes long to open.
        with self._preparing if hooks or alone else nullcontext():
            try:
                values = decide(self.settings)
                old, new = self.settings, changed(self.settings, **values)
                for hook in hooks:
                    if made := hook(old, new):
                        prepared.append(made)  # noqa: PERF401  # One by one, as a later hook may raise.
                with self._swapping:
                    # Somebody may have hidden themselves while a background was opened.
                    if not lift and self.settings.show == "placeholder":
                        values = values | {"show": "placeholder"}
                    new = self.settings = changed(self.settings, **values)
            except BaseException:
                for made in prepared:
                    made.drop()
                raise
            for made in prepared:
                made.take()
        for callback in list(self._callbacks):
            callback(new)
        return new

    def waits(self, *names: str) -> bool:
        """Whether a change of these fields may take a while, because something must be opened for it."""
        return bool(self._hooks_of(names))

    def _hooks_of(self, names: Iterable[str]) -> list[Hook]:
        return [hook for hook, fields in self._hooks if not fields or fields.intersection(names)]

    def prepare(self, hook: Hook, *fields: str) -> None:
        """Has `hook(old, new)` called before every change of these fields, or of any if none is named.

        It runs in the thread that makes the change, may take a while, and may raise to refuse. It hands over what it
        opens as `Prepared`, so that nothing is put to use before all hooks have agreed.
        """
        self._hooks.append((hook, set(fields)))

    def watch(self, callback: Callback) -> Callable[[], None]:
        """Has `callback(settings)` called after every change, in the thread that made it; returns a way to end that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def publish(self, status: Status) -> None:
        """Replaces the status; the loop does so about once a second."""
        self.status = status

    def tell(self, message: str) -> None:
        """Puts a message into the status, where it stays for a few seconds."""
        self._told, self._told_at = message, time.monotonic()
        self.publish(replace(self.status, message=message))

    @property
    def message(self) -> str:
        """The last message, if it is recent."""
        return self._told if time.monotonic() - self._told_at < _TOLD_FOR else ""

    def snapshot(self, path: Path | None = None) -> Path:
        """Has the next picture written to a file, by default a new one in the person's pictures folder.

        Returns its path at once; a failure is told in the status.
        """
        with self._swapping:
            path = free(path or new_snapshot(), self._promised)
            self._promised.add(path)
        self._snapshots.append(path)
        return path

    def take_snapshot(self) -> Path | None:
        """The file that the next picture is to be written to, if any; for the sink that writes it."""
        return self._snapshots.popleft() if self._snapshots else None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Marks the time in which nobody should interrupt the loop: half a frame would spoil a recording."""
        self.busy = True
        try:
            yield
        finally:
            self.busy = False

    def stop(self) -> None:
        """Ends the run after the current frame."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleeps, for threads that do something now and then; returns true at once when the run is to end."""
        return self._stop.wait(seconds)
