"""An engine that may be slow to come or may be lost, such as a GPU's, and one that serves meanwhile."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from greenscreen.errors import EngineError
from greenscreen.frame import Image, Matte
from greenscreen.segment.engine import Engine, NotBuiltError, Progress, first_look

log = logging.getLogger(__name__)

PAUSE, LONGEST_PAUSE = 20.0, 600.0
"""Seconds before a lost engine is tried again, doubled after each failure up to the second."""


class OpenWanted(Protocol):
    def __call__(self, *, build: bool, progress: Progress | None = None) -> Engine: ...


class StandbyEngine:
    """Steps with the wanted engine whenever it runs, else with the spare one, and says when that changes.

    What may take long is rehearsed in a thread of its own: it builds, opens and closes the wanted engine, and when that
    went well the loop's own thread opens it, quickly.
    """

    def __init__(
        self, name: str, wanted: OpenWanted, spare: Callable[[], Engine], memory: bool, say: Callable[[str], None]
    ):
        """`memory` is whether the model looks at its last matte. Raises `EngineError` when `wanted` cannot run here."""
        self._name, self._open, self._open_spare, self._memory, self._say = name, wanted, spare, memory, say
        self._engine: Engine | None = None
        self._spare: Engine | None = None
        self._ended, self._rehearsed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        with suppress(NotBuiltError):
            self._engine = wanted(build=False)

    @property
    def waiting(self) -> bool:
        """Whether the spare engine serves."""
        return self._engine is None

    @property
    def serving(self) -> Engine:
        """The engine that the next step will be made with."""
        if self._engine is None and self._thread is None:
            self._say(f"preparing {self._name} for this machine, once, which takes minutes; the CPU serves meanwhile")
            self._rehearse(0)
        if self._engine is None and self._rehearsed.is_set():
            self._take_over()
        if self._engine is not None:
            return self._engine
        if self._spare is None:
            self._spare = self._open_spare()
        return self._spare

    def step(self, image: Image) -> Matte:
        engine = self.serving
        try:
            return engine.step(image)
        except EngineError as error:
            if engine is not self._engine:
                raise
            self.give_up(error)
            return first_look(self.serving, image, self._memory)

    def reset(self) -> None:
        try:
            self.serving.reset()
        except EngineError as error:
            self.give_up(error)

    def give_up(self, error: EngineError) -> None:
        """Lets the wanted engine go, which has failed; it is tried again later."""
        if self._engine is None:
            return
        self._say(f"{self._name} is lost: {error}; the CPU goes on, and {self._name} is tried again later")
        self._engine.close()
        self._engine = None
        self._rehearse(PAUSE)

    def close(self) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()
        for engine in (self._engine, self._spare):
            if engine is not None:
                engine.close()
        self._engine = self._spare = None

    def _take_over(self) -> None:
        self._rehearsed.clear()
        try:
            self._engine = self._open(build=False)
        except EngineError as error:
            log.info("%s fails after its rehearsal: %s", self._name, error)
            self._rehearse(PAUSE)
        else:
            self._say(f"now on {self._name}")

    def _rehearse(self, pause: float) -> None:
        self._thread = threading.Thread(target=self._prepare, args=(pause,), name="rehearsal", daemon=True)
        self._thread.start()

    def _prepare(self, pause: float) -> None:
        while not self._ended.wait(pause):
            try:
                self._open(build=True, progress=lambda _: not self._ended.is_set()).close()
            except EngineError as error:
                log.info("%s does not run: %s", self._name, error)
                pause = min(max(2 * pause, PAUSE), LONGEST_PAUSE)
            else:
                self._rehearsed.set()
                return
