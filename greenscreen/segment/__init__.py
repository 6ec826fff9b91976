"""Finds the person: a frame goes to an engine as the model's contract says, a coarse matte comes back.

An engine is one library that runs one model at one input size. `open_segmenter` chooses it by name; each is imported
only when it is asked for, and none falls back to another when it was named.
"""

import importlib
import logging
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np

from greenscreen.contract import ModelContract, read_contract
from greenscreen.errors import EngineError, UsageError
from greenscreen.frame import Frame, Image, Matte
from greenscreen.segment.stillness import Stillness

log = logging.getLogger(__name__)


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


OpenEngine = Callable[[Path, ModelContract, int, int], Engine]

ENGINES = {
    "openvino": "greenscreen.segment.openvino",
    "onnxruntime": "greenscreen.segment.onnxruntime",
}
"""Engines by name, in the order `auto` tries them: fastest first, as measured in docs/performance.md."""


FIRST_LOOKS = 3
"""How often a network with memory looks at a fresh frame: it mends its first matte, which started from nothing."""


def bundled_model() -> Path:
    """The model that ships with greenscreen: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "engines" / "student.onnx"
    return inside if inside.exists() else package.parent / "engines" / "student.onnx"


def load_engine(name: str) -> OpenEngine:
    """The function that opens the named engine; raises `EngineError` when its library is not installed."""
    try:
        opener: OpenEngine = importlib.import_module(ENGINES[name]).open_engine
    except ImportError as error:
        raise EngineError(
            f"the engine {name} cannot be loaded: {error}", f"install it with: pip install {name}"
        ) from error
    return opener


class Segmenter:
    """Turns frames into coarse mattes. Engines for each picture shape are opened when first met, and kept."""

    def __init__(self, engine: str, opener: OpenEngine, model: Path, contract: ModelContract):
        self.engine, self.contract = engine, contract
        self._opener, self._model = opener, model
        self._engines: dict[tuple[int, int], Engine] = {}
        self._stillness = Stillness()
        self.skipped = 0
        """Frames for which the network was not run, because the picture stood still."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()

    def segment(self, frame: Frame) -> Matte:
        """The matte at the model's input size, `(h, w)` float32 in [0, 1]; raises `EngineError`."""
        width, height = self.contract.input_size(*frame.size)
        engine = self._engines.get((width, height))
        if engine is None:
            engine = self._engines[width, height] = self._opener(self._model, self.contract, width, height)
        image = np.asarray(cv2.resize(frame.guide, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        if frame.fresh:
            self._stillness.reset()
        if (kept := self._stillness.answer(image)) is not None:
            self.skipped += 1
            return kept
        if frame.fresh or self._stillness.jumped:
            engine.reset()
            for _ in range(FIRST_LOOKS - 1 if self.contract.previous else 0):
                engine.step(image)
        matte = engine.step(image)
        self._stillness.keep(matte)
        return matte


def open_segmenter(engine: str = "auto", model: Path | None = None) -> Segmenter:
    """Opens the named engine, or the first of `ENGINES` that runs here.

    Raises `UsageError` for an unknown name, `ModelError` for a bad model, `EngineError` when nothing runs.
    """
    if engine != "auto" and engine not in ENGINES:
        raise UsageError(f"there is no engine called {engine!r}", f"choose one of: auto, {', '.join(ENGINES)}")
    path = model or bundled_model()
    contract = read_contract(path)
    reasons = []
    for name in ENGINES if engine == "auto" else [engine]:
        try:
            opener = load_engine(name)
            width, height = contract.input_size(16, 9)
            segmenter = Segmenter(name, opener, path, contract)
            segmenter._engines[width, height] = opener(path, contract, width, height)
        except EngineError as error:
            if engine != "auto":
                raise
            log.info("passed over %s: %s", name, error)
            reasons.append(f"{name}: {error}")
        else:
            log.info("segmenting with %s on %s", contract.name, name)
            return segmenter
    raise EngineError(f"no engine runs on this machine ({'; '.join(reasons)})", "see: greenscreen doctor")
