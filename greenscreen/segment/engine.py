"""What an engine is, and how one meets a picture unlike the last."""

from collections.abc import Callable
from typing import Protocol

from greenscreen.errors import EngineError
from greenscreen.frame import Image, Matte

FIRST_LOOKS = 3
"""How often a network with memory looks at a fresh frame: it mends its first matte, which started from nothing."""


Progress = Callable[[float], bool]
"""Told how far something slow is, in [0, 1]; false ends it."""


class NotBuiltError(EngineError):
    """The engine could run, but must be built first, which takes minutes and was not asked for."""


class Engine(Protocol):
    """Runs one model at one input size; owns the model's memory of the last frame.

    Made by its module's `open_engine(model, contract, width, height)`, which raises `EngineError` when it cannot
    run here. The segmenter calls `step` once a frame from one thread, and `reset` before a frame unlike the last.
    """

    def step(self, image: Image) -> Matte:
        """`(height, width, 3)` uint8 BGR to `(height, width)` float32 in [0, 1]; raises `EngineError`."""
        ...

    def reset(self) -> None: ...

    def close(self) -> None: ...


def first_look(engine: Engine, image: Image, memory: bool) -> Matte:
    """The matte of a picture with which the engine starts afresh. `memory` is whether it looks at its last matte."""
    engine.reset()
    for _ in range(FIRST_LOOKS - 1 if memory else 0):
        engine.step(image)
    return engine.step(image)
