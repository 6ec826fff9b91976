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
from typing import Any

import numpy as np

from greenscreen.contract import ModelContract, read_contract
from greenscreen.errors import EngineError, UsageError
from greenscreen.segment import tflite
from greenscreen.segment.engine import Engine, OpenEngine, Progress
from greenscreen.segment.host import finer
from greenscreen.segment.segmenter import Segmenter as Segmenter
from greenscreen.segment.standby import StandbyEngine

log = logging.getLogger(__name__)

Say = Callable[[str], None]
Ready = Callable[[Engine, bool], None]
"""Makes ready what else is wanted of an engine's GPU; with false, raises `NotBuiltError` where that takes long."""

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

ELSEWHERE = {"onnxruntime-directml": "win32", "onnxruntime-coreml": "darwin"}
"""Those that one platform alone has."""

ON_CPU = {"openvino", "onnxruntime"}
"""Those that run on any processor."""

DETAIL = 2.4
"""How many times as many pixels the network sees of photos and files, for which nobody waits, as of live pictures."""

CLOSER = 1.5
"""How many times as many as of a photo it sees of the photo's mirror image (see `both_sides`)."""

AUTO = ["tensorrt", "openvino", "onnxruntime"]
"""In the order `auto` tries them: fastest first, as measured in docs/performance.md."""

ON_GPU = {"tensorrt", "onnxruntime-cuda", "onnxruntime-directml"}
"""Those for which a GPU can be chosen."""

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
    package = INSTALL.get(name, name.partition("-")[0])
    try:
        opener: OpenEngine = importlib.import_module(module).open_engine
    except (ImportError, OSError) as error:  # the second where a library of its own is missing
        raise EngineError(
            f"the engine {name} cannot be loaded: {error}", f"install it with: pip install {package}"
        ) from error
    if provider:
        opener = partial(opener, provider=provider, package=package)
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

    With `meanwhile`, a CPU engine serves while a GPU's engine is being built and made `ready`, or after it was lost.
    A `patient` caller has time: a CPU then looks at `DETAIL` times as many pixels, in float32, with the larger model
    beside this one if there is one. One with other work `beside` it is left a core.

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
            segmenter = Segmenter(name, opener, file, promise)
            segmenter.closer = CLOSER if patient and name in ON_CPU else 1.0
            segmenter.open(16, 9)
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
    """Says how far a build has come, at every tenth."""
    told = 0

    def progress(done: float) -> bool:
        nonlocal told
        if int(10 * done) > told:
            told = int(10 * done)
            say(f"building for this GPU: {10 * told} %")
        return True

    return progress
