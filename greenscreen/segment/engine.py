"""What an engine is, and how one meets a picture unlike the last."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from greenscreen.cuda import Card
from greenscreen.errors import EngineError
from greenscreen.picture.frame import Image, Matte

FIRST_LOOKS = 2
"""How many times a network with memory looks at a fresh frame: it mends its first matte, which started from nothing. So
it does at one unlike the last, but keeps its memory, which is worth more than as many looks from nothing."""

Progress = Callable[[float], bool]
"""Hears how far something slow has come, in [0, 1]; returns false to end it."""


class NotBuiltError(EngineError):
    """The engine could run, but would have to be built first, which takes minutes and was not asked for."""


class Engine(Protocol):
    """Runs one model at one input size; owns the model's memory of the last frame.

    Made by its module's `open_engine(model, contract, width, height)`, which raises `EngineError` when it cannot
    run here. The segmenter calls `step` once a frame from one thread, and `reset` before a frame unlike the last.
    """

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        """`(height, width, 3)` uint8 BGR to `(height, width)` float32 in [0, 1]; raises `EngineError`.

        `last` is what to remember in place of the last matte, if the model has a memory.
        """
        ...

    def reset(self) -> None: ...

    def close(self) -> None: ...


OpenEngine = Callable[..., Engine]
"""Takes model, contract, width and height; what else, the engine's own module says."""


@runtime_checkable
class CardEngine(Engine, Protocol):
    """An engine on a GPU, for callers with more to do there: in the same stream, in the thread that opened it.

    `image` points to the input, `(height, width, 3)` float32 BGR; `mattes` to two mattes, which take turns.
    """

    card: Card
    image: int
    mattes: tuple[int, int]

    def enqueue(self, turn: int) -> None:
        """Puts a run into the card's stream: from `image` and `mattes[1 - turn]` to `mattes[turn]`."""
        ...


def first_look(engine: Engine, image: Image, memory: bool) -> Matte:
    """The matte of a picture with which the engine starts afresh. `memory` is whether it looks at its last matte."""
    engine.reset()
    return look_well(engine, image, memory)


def look_well(engine: Engine, image: Image, memory: bool) -> Matte:
    """The matte of a picture unlike the last."""
    for _ in range(FIRST_LOOKS - 1 if memory else 0):
        engine.step(image)
    return engine.step(image)
