"""An engine that may be slow to come or may be lost, such as a GPU's, and one that serves meanwhile."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Protocol, TypeVar

from greenscreen.errors import EngineError
from greenscreen.picture.frame import Image, Matte
from greenscreen.segment.engine import Engine, NotBuiltError, Progress, first_look

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE, LONGEST_PAUSE = 20.0, 600.0
"""Seconds before a lost engine is tried again, doubled after each failure up to the second."""
ANSWER = 1.0
"""Seconds within which the wanted engine must be done with a frame."""
OPENING = 30.0
"""Seconds within which an engine that is built must open."""
LEAVING = 5.0
"""Seconds that the end of a run waits for an engine to close."""


class OpenWanted(Protocol):
    def __call__(self, *, build: bool, progress: Progress | None = None) -> Engine: ...


class Hand:
    """A thread that does its tasks in order. One that never comes back holds up nobody else."""

    def __init__(self, name: str):
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        # A daemon, as it must not hold up the end of the program either.
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def do(self, work: Callable[[], T]) -> Future[T]:
        """What `work` returns or raises, once its turn has come."""
        future: Future[T] = Future()

        def task() -> None:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        self._tasks.put(task)
        return future

    def end(self) -> None:
        """Lets the thread go when all is done."""
        self._tasks.put(None)

    def _run(self) -> None:
        while task := self._tasks.get():
            task()
            # Not kept until the next: it holds on to a frame.
            del task


class StandbyEngine:
    """Steps with the wanted engine whenever it runs, else with the spare one, and says when that changes.

    A thread of its own builds, opens, uses and closes the wanted engine, as what belongs to a GPU is best left to one.
    An engine that does not answer is given up, and that thread waits for it: it is closed and tried again once it does.
    """

    def __init__(
        self, name: str, wanted: OpenWanted, spare: Callable[[], Engine], memory: bool, say: Callable[[str], None]
    ):
        """`memory` is whether the model looks at its last matte. Raises `EngineError` when `wanted` cannot run here, or
        there is no `spare`."""
        self._name, self._open, self._memory, self._say = name, wanted, memory, say
        self._engine: Engine | None = None
        self._ready: Engine | None = None
        self._preparing = False
        self._ended = threading.Event()
        self._hand = Hand(name)
        opening = self._hand.do(lambda: self._open(build=False))
        try:
            self._engine = opening.result(OPENING)
        except NotBuiltError:
            pass
        except TimeoutError:
            self._say(f"{name} does not answer; the CPU serves until it does")
            self._later(lambda: self._let_go(opening.result()), PAUSE)
        except BaseException:
            self._hand.end()
            raise
        try:
            # Now, as to load a library and a network takes longer than a picture may be late when the GPU is lost.
            self._spare = spare()
        except BaseException:
            self._end()
            raise

    @property
    def waiting(self) -> bool:
        """Whether the spare engine serves."""
        return self._engine is None

    @property
    def serving(self) -> Engine:
        """The engine that the next step will be made with; the wanted one only ever within `ask`."""
        if self._engine is None and not self._preparing:
            self._say(f"preparing {self._name} for this machine, once, which takes minutes; the CPU serves meanwhile")
            self._later(lambda: None, 0)
        if self._ready is not None:
            self._engine, self._ready, self._preparing = self._ready, None, False
            self._say(f"now on {self._name}")
        return self._engine or self._spare

    def ask(self, work: Callable[[], T]) -> T:
        """What `work` makes with the wanted engine, in that engine's thread; raises what it raises, and `EngineError`
        when it takes too long. What it does after that must be of no consequence."""
        asked = self._hand.do(work)
        try:
            return asked.result(ANSWER)
        except TimeoutError as error:
            raise EngineError(f"it did not answer within {ANSWER:g} seconds", "see: nvidia-smi") from error

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        engine = self.serving
        if engine is not self._engine:
            return engine.step(image, last)
        try:
            return self.ask(lambda: engine.step(image, last))
        except EngineError as error:
            self.give_up(error)
            return first_look(self.serving, image, self._memory)

    def reset(self) -> None:
        engine = self.serving
        if engine is not self._engine:
            engine.reset()
            return
        try:
            self.ask(engine.reset)
        except EngineError as error:
            self.give_up(error)

    def give_up(self, error: EngineError) -> None:
        """Lets the wanted engine go, which has failed; it is tried again later."""
        engine, self._engine = self._engine, None
        if engine is None:
            return
        self._say(f"{self._name} is lost: {error}; the CPU goes on, and {self._name} is tried again later")
        self._later(lambda: self._let_go(engine), PAUSE)

    def close(self) -> None:
        self._spare.close()
        self._end()

    def _end(self) -> None:
        """Closes the wanted engine and lets its thread go."""
        self._ended.set()
        wanted, self._engine = self._engine, None

        def let_go() -> None:
            for engine in (wanted, self._ready):
                if engine is not None:
                    self._let_go(engine)

        closed = self._hand.do(let_go)
        self._hand.end()
        try:
            closed.result(LEAVING)
        except TimeoutError:
            log.warning("%s does not answer, and is left to itself", self._name)

    def _later(self, first: Callable[[], None], pause: float) -> None:
        """Does the first, and opens the wanted engine after the pause, built if need be."""
        self._preparing = True
        self._hand.do(first)
        self._hand.do(lambda: self._prepare(pause))

    def _prepare(self, pause: float) -> None:
        while not self._ended.wait(pause):
            try:
                self._ready = self._open(build=True, progress=lambda _: not self._ended.is_set())
            except Exception as error:
                # Whatever it is, the CPU serves; but what nobody expected is told in full.
                log.info("%s does not run: %s", self._name, error, exc_info=not isinstance(error, EngineError))
                pause = min(max(2 * pause, PAUSE), LONGEST_PAUSE)
            else:
                return

    def _let_go(self, engine: Engine) -> None:
        """Closes the engine; one that hangs once it no longer does."""
        pause, last = PAUSE, False
        while not last:
            # Once the run is ending, this is the last time.
            last = self._ended.is_set()
            try:
                engine.close()
            except EngineError as error:
                log.info("%s cannot be closed yet: %s", self._name, error)
                self._ended.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                return
