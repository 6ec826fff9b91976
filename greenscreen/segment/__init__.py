"""Finds the person: a frame goes to an engine as the model's contract says, a coarse matte comes back.

An engine is one library that runs one model at one input size. `open_segmenter` chooses it by name; each is imported
only when it is asked for, and none falls back to another when it was named.
"""

import importlib
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Self

import cv2
import numpy as np

from greenscreen import memory
from greenscreen.contract import ModelContract, read_contract
from greenscreen.errors import EngineError, UsageError
from greenscreen.frame import Frame, Image, Matte
from greenscreen.segment import tflite
from greenscreen.segment.engine import Engine, Progress, first_look, look_well
from greenscreen.segment.host import finer
from greenscreen.segment.motion import Motion
from greenscreen.segment.standby import StandbyEngine
from greenscreen.segment.stillness import Stillness

log = logging.getLogger(__name__)

OpenEngine = Callable[..., Engine]
"""Takes model, contract, width and height; what else, the engine's own module says."""

Say = Callable[[str], None]

Ready = Callable[[Engine, bool], None]
"""Makes ready what else is wanted of an engine's GPU; without the second, whatever takes long is `NotBuiltError`."""

ENGINES = {
    "tensorrt": "greenscreen.segment.tensorrt",
    "openvino": "greenscreen.segment.openvino",
    "onnxruntime": "greenscreen.segment.onnxruntime",
    "mediapipe": "greenscreen.segment.mediapipe",
    "onnxruntime-cuda": "greenscreen.segment.onnxruntime:CUDAExecutionProvider",
    "onnxruntime-directml": "greenscreen.segment.onnxruntime:DmlExecutionProvider",
    "onnxruntime-coreml": "greenscreen.segment.onnxruntime:CoreMLExecutionProvider",
}
"""Engines by name: the module, and for ONNX Runtime the provider."""

ON_CPU = {"openvino", "onnxruntime"}
"""Those that run on any processor."""

DETAIL = 2.4
"""How many times the pixels of a live picture the network looks at in photos and files, which nobody waits for."""

MOST_ENGINES = 8
"""So many are kept: as many as photos have usual shapes. Each takes about a hundred megabytes."""

AUTO = ["tensorrt", "openvino", "onnxruntime"]
"""In the order `auto` tries them: fastest first, as measured in docs/performance.md."""

ON_GPU = {"tensorrt", "onnxruntime-cuda", "onnxruntime-directml"}
"""Those of which a machine with several GPUs has several."""

INSTALL = {
    "tensorrt": "tensorrt-cu13 pycuda, or what greenscreen doctor names for an older driver",
    "onnxruntime-cuda": "'onnxruntime-gpu[cuda,cudnn]'",
    "onnxruntime-directml": "onnxruntime-directml",
}
"""What to install for an engine, where it is not called like it. Never `greenscreen[...]`: PyPI has another program of
that name."""


def bundled_model() -> Path:
    """The model that ships with greenscreen: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "engines" / "student.onnx"
    return inside if inside.exists() else package.parent / "engines" / "student.onnx"


def load_engine(name: str, gpu: int | None = None) -> OpenEngine:
    """The function that opens the named engine, on the GPU of this number or else on the fastest, if it runs on one.

    Raises `EngineError` when its library is not installed.
    """
    module, _, provider = ENGINES[name].partition(":")
    try:
        opener: OpenEngine = importlib.import_module(module).open_engine
    except (ImportError, OSError) as error:  # the second where a library of its own is missing
        remedy = f"install it with: pip install {INSTALL.get(name, name.partition('-')[0])}"
        raise EngineError(f"the engine {name} cannot be loaded: {error}", remedy) from error
    if provider:
        opener = partial(opener, provider=provider)
    if name not in ON_GPU:
        return opener
    if gpu is not None:
        # As nvidia-smi and the doctor count them; CUDA's own way of counting begins with the fastest.
        os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    return partial(opener, gpu=gpu or 0)


def chosen_model(engine: str, model: Path | None) -> tuple[Path, ModelContract]:
    """The file that the named engine is to run, and what it promises; raises `UsageError`, `EngineError`."""
    if engine == "mediapipe":
        # Without the library no model helps, so its absence is told first.
        load_engine(engine)
        path = model or tflite.fetched_model()
        return path, tflite.read_promise(path)
    if model and model.suffix == tflite.SUFFIX:
        raise UsageError(f"the engine {engine} does not run {tflite.SUFFIX} files", "use: --engine mediapipe")
    path = model or bundled_model()
    return path, read_contract(path)


class Segmenter:
    """Turns frames into coarse mattes. Engines for each picture shape are opened when met; the newest are kept."""

    def __init__(self, engine: str, opener: OpenEngine, model: Path, contract: ModelContract):
        self._name, self.contract = engine, contract
        self._opener, self._model = opener, model
        self.meet: Callable[[Engine, Image, bool], Matte] = first_look
        """How a fresh picture is looked at; may be set before the first frame."""
        self._engines: dict[tuple[int, int], Engine] = {}
        self.patient = False
        """Whether frames in BGR may wait until the loops that follow motion are compiled; those in I420 come after."""
        self._stillness, self._motion = Stillness(), Motion()
        self.skipped = 0
        """Frames for which the network was not run, because the picture stood still, or held nothing new."""
        self._fresh = self._looked = False
        self._next: Segmenter | None = None
        self._offering, self._using = Lock(), RLock()

    @property
    def engine(self) -> str:
        """What the engine is called, and whether another serves in its place."""
        # A copy, as another thread may be opening one for a new shape.
        waiting = any(isinstance(engine, StandbyEngine) and engine.waiting for engine in [*self._engines.values()])
        return f"{self._name} (the CPU meanwhile)" if waiting else self._name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._offering:
            unused, self._next = self._next, None
        close_all(self._engines)
        if unused:
            close_all(unused._engines)

    def exchange(self, other: "Segmenter") -> None:
        """Becomes another, with the next frame. May be called from any thread; what `other` opened is ours then."""
        with self._offering:
            unused, self._next = self._next, other
        if unused:
            unused.__exit__()

    def _take_over(self) -> None:
        """In the thread that uses the engines, so that none is closed under its hands."""
        # Another thread may be looking at a frame meanwhile: then the next will see to it.
        if self._next is None or not self._using.acquire(blocking=False):
            return
        try:
            with self._offering:
                other, self._next = self._next, None
            if other:
                old, self._engines = self._engines, other._engines
                self._name, self.contract = other._name, other.contract
                self._opener, self._model = other._opener, other._model
                self._fresh = True
                # These alone: yet another may be offered at this moment.
                close_all(old)
        finally:
            self._using.release()

    def engine_for(self, frame: Frame) -> Engine:
        """The engine for pictures of this frame's shape; raises `EngineError` when it cannot be opened."""
        self._take_over()
        size = self.contract.input_size(*frame.size)
        if size not in self._engines:
            if len(self._engines) >= MOST_ENGINES:
                self._engines.pop(next(iter(self._engines))).close()
            self._engines[size] = self._opener(self._model, self.contract, *size)
        return self._engines[size]

    def segment(self, frame: Frame) -> Matte:
        """The matte at the model's input size, `(h, w)` float32 in [0, 1]; raises `EngineError`."""
        with self._using:
            return self._segment(frame)

    def carry(self, frame: Frame) -> Matte:
        """The last matte in place of another look, moved with the picture once the loops that follow it are compiled.

        A look where there is no last one of this size, or the picture jumped; raises `EngineError`.
        """
        with self._using:
            return self._segment(frame, spared=True)

    def _segment(self, frame: Frame, spared: bool = False) -> Matte:
        engine = self.engine_for(frame)
        fresh = frame.fresh or self._fresh
        size = self.contract.input_size(*frame.size)
        image = network_input(frame, *size)
        if fresh:
            self._stillness.reset()
        if (kept := self._stillness.answer(image, frame.planar)) is not None:
            self.skipped += 1
            self._looked = False
            return kept
        remembers = bool(self.contract.previous)
        follows = remembers and (frame.planar or self.patient)
        if fresh or self._stillness.jumped or not follows:
            self._motion.reset()
        last = self._motion.bring(image) if follows else None
        if spared or self._may_carry:
            carried = self._motion.carry() if follows else self._stillness.matte
            if carried is not None and carried.shape == image.shape[:2] and not self._stillness.jumped:
                self._looked = False
                self.skipped += 1
                self._stillness.keep(carried)
                return carried
        if fresh:
            matte = self.meet(engine, image, remembers)
        else:
            matte = look_well(engine, image, remembers) if self._stillness.jumped else engine.step(image, last)
        if follows:
            matte = self._motion.keep(matte)
        self._stillness.keep(matte)
        self._fresh, self._looked = False, True
        return matte

    @property
    def _may_carry(self) -> bool:
        """Whether the last matte will do for the picture it was just brought to.

        Never after a frame that was not looked at, for errors not to add up, nor once all stands still, when the
        network makes up its mind; and not for who is patient.
        """
        return self._looked and not self.patient and self._stillness.moving and self._motion.explains


def close_all(engines: dict[tuple[int, int], Engine]) -> None:
    for engine in engines.values():
        engine.close()
    engines.clear()


def network_input(frame: Frame, width: int, height: int) -> Image:
    """The frame's picture at the network's size: from its guide, unless that has less detail than the network sees."""
    high, wide = frame.guide.shape[:2]
    if wide < width or high < height:
        return frame.averaged(width, height)
    # Where little is averaged, a mean of four pixels by their nearness is as good, in a fifth of the time.
    nearly = 4 * wide < 5 * width and 4 * high < 5 * height
    how = cv2.INTER_LINEAR if nearly else cv2.INTER_AREA
    out = memory.empty((height, width, 3), np.uint8)
    return np.asarray(cv2.resize(frame.guide, (width, height), dst=out, interpolation=how), np.uint8)


def open_segmenter(
    engine: str = "auto",
    model: Path | None = None,
    gpu: int | None = None,
    meanwhile: bool = False,
    say: Say = log.info,
    patient: bool = False,
    beside: bool = False,
    ready: Ready | None = None,
) -> Segmenter:
    """Opens the named engine, or the first of `AUTO` that runs here, on the GPU of this number if it runs on one.

    With `meanwhile`, nobody waits: while a GPU's engine is being built and made `ready`, or after it was lost, a CPU
    engine serves. A `patient` caller has time: then a CPU looks at `DETAIL` times as many pixels, in float32, with the
    larger model beside this one if there is one. A caller that has other work to do `beside` it is left a core.

    Raises `UsageError` for an unknown name, `ModelError` for a bad model, `EngineError` when nothing runs.
    """
    if engine != "auto" and engine not in ENGINES:
        raise UsageError(f"there is no engine called {engine!r}", f"choose one of: auto, {', '.join(ENGINES)}")
    if gpu is not None and engine != "auto" and engine not in ON_GPU:
        raise UsageError(f"the engine {engine} runs on no GPU that --gpu could choose", "leave --gpu out")
    if engine == "auto" and model and model.suffix == tflite.SUFFIX:
        engine = "mediapipe"
    path, contract = chosen_model(engine, model)
    reasons = []
    for name in AUTO if engine == "auto" else [engine]:
        try:
            opener = load_engine(name, gpu)
            if name == "tensorrt":
                opener = standing_by(opener, say, ready) if meanwhile else partial(opener, progress=telling(say))
            file, promise = path, contract
            if beside and name in ON_CPU:
                opener = partial(opener, threads=max(1, (os.cpu_count() or 1) - 1))
            if patient and name in ON_CPU:
                file, promise = finer(path, contract)
                promise = replace(promise, area=round(promise.area * DETAIL))
                opener = partial(opener, precise=True)
            width, height = promise.input_size(16, 9)
            segmenter = Segmenter(name, opener, file, promise)
            segmenter._engines[width, height] = opener(file, promise, width, height)
        except EngineError as error:
            if engine != "auto":
                raise
            log.info("passed over %s: %s", name, error)
            reasons.append(f"{name}: {error}")
        else:
            log.info("segmenting with %s on %s", promise.name, name)
            return segmenter
    raise EngineError(f"no engine runs on this machine ({'; '.join(reasons)})", "see: greenscreen doctor")


def standing_by(opener: OpenEngine, say: Say, ready: Ready | None = None) -> OpenEngine:
    """Opens TensorRT with the first CPU engine that runs standing by."""

    def open_ready(
        model: Path,
        contract: ModelContract,
        width: int,
        height: int,
        *,
        build: bool,
        progress: Progress | None = None,
    ) -> Engine:
        """Opened and tried: what a GPU loads when it is first used is not for the first frame to wait for."""
        engine = opener(model, contract, width, height, build=build, progress=progress)
        try:
            if ready:
                ready(engine, build)
            engine.step(np.zeros((height, width, 3), np.uint8))
            engine.reset()
        except BaseException:
            engine.close()
            raise
        return engine

    def open_spare(model: Path, contract: ModelContract, width: int, height: int) -> Engine:
        reasons = []
        for name in AUTO:
            if name not in ON_GPU:
                try:
                    return load_engine(name)(model, contract, width, height)
                except EngineError as error:
                    reasons.append(f"{name}: {error}")
        raise EngineError(f"no CPU engine runs on this machine ({'; '.join(reasons)})", "see: greenscreen doctor")

    def open_engine(model: Path, contract: ModelContract, width: int, height: int) -> Engine:
        place: tuple[Any, ...] = (model, contract, width, height)
        spare = partial(open_spare, *place)
        return StandbyEngine("tensorrt", partial(open_ready, *place), spare, bool(contract.previous), say)

    return open_engine


def telling(say: Say) -> Progress:
    """Says every tenth of the way how far a build is."""
    told = 0

    def progress(done: float) -> bool:
        nonlocal told
        if int(10 * done) > told:
            told = int(10 * done)
            say(f"building for this GPU: {10 * told} %")
        return True

    return progress
