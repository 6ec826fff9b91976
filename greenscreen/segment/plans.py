"""Plans: what TensorRT makes of a model, for one GPU and one version of itself, in a minute or more, once.

A plan is code that runs on the GPU and, when it is loaded, in this process. So plans are made here and kept in the
person's own cache folder (`greenscreen.cache`), and none is ever loaded from anywhere else.
"""

import hashlib
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenscreen.cache import cache_folder, read_private, write_private
from greenscreen.contract import ModelContract
from greenscreen.errors import EngineError, ModelError
from greenscreen.segment.engine import Progress

log = logging.getLogger(__name__)

WORKSPACE = 1 << 30
"""Bytes of the GPU that TensorRT may try layers in."""


@dataclass(frozen=True)
class PlanKey:
    """All that a plan depends on. Its file's name says it, so that the folder can be read."""

    model: str
    width: int
    height: int
    precision: str
    tensorrt: str
    gpu: str
    capability: tuple[int, int]
    sha256: str

    @property
    def path(self) -> Path:
        """Where the plan is, once it is made."""
        size, sm = f"{self.width}x{self.height}", "sm" + "".join(map(str, self.capability))
        words = (self.model, size, self.precision, f"tensorrt-{self.tensorrt}", self.gpu, sm)
        # Names are cut to what any file system takes; the digest keeps apart what then looks alike.
        digest = hashlib.sha256("\0".join((*words, self.sha256)).encode()).hexdigest()[:16]
        plain = (re.sub(r"[^A-Za-z0-9.]+", "-", word)[:40].strip("-.") for word in words)
        return cache_folder("plans") / ("_".join((*plain, digest)) + ".plan")


@dataclass(frozen=True)
class Kept:
    """One plan on the disk: what its name says, its size in bytes, and when it was made, as a date."""

    path: Path
    words: tuple[str, ...]
    size: int
    made: str


def kept_plans() -> list[Kept]:
    """All plans in the cache, oldest first; raises `EngineError` when the folder cannot be trusted."""
    found = []
    for path in cache_folder("plans").glob("*.plan"):
        about = path.stat()
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(about.st_mtime))
        found.append(Kept(path, tuple(path.stem.split("_")[:-1]), about.st_size, made))
    return sorted(found, key=lambda kept: kept.made)


def remove_plans() -> int:
    """Empties the cache of plans, timings, compiled networks and kernels; returns the bytes freed. All are made when
    needed."""
    freed = 0
    for path in [*cache_folder("plans").iterdir(), *cache_folder("kernels").iterdir()]:
        freed += path.stat().st_size
        path.unlink()
    return freed


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raises what TensorRT raises while it is `doing` something as `EngineError`."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:  # its errors share no type but the root
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise EngineError(f"TensorRT failed {doing}: {reason}", "see: greenscreen --debug doctor") from error


def build_plan(trt: Any, logger: Any, model: Path, contract: ModelContract, key: PlanKey, progress: Progress) -> bytes:
    """Builds the plan and keeps it. `trt` is the module tensorrt, `logger` one of its loggers.

    Raises `ModelError` when TensorRT cannot read the model and `EngineError` when it cannot build from it.
    """
    with translated(f"to build from {model.name}"):
        plan = _build(trt, logger, model, contract, key, progress)
    write_private(key.path, plan)
    return plan


def _build(trt: Any, logger: Any, model: Path, contract: ModelContract, key: PlanKey, progress: Progress) -> bytes:
    builder = trt.Builder(logger)
    flags = trt.NetworkDefinitionCreationFlag
    # From TensorRT 10 on, the model's own types are kept, so its file says the precision. Before, batches had to be
    # declared explicit, and the builder was allowed float16.
    typed = hasattr(flags, "STRONGLY_TYPED")
    network = builder.create_network(1 << int(flags.STRONGLY_TYPED if typed else flags.EXPLICIT_BATCH))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model.read_bytes()):
        reason = parser.get_error(0).desc() if parser.num_errors else "no reason given"
        raise ModelError(f"TensorRT cannot read {model.name}: {reason}", "try: --engine openvino")
    channels = {contract.image: 3, contract.previous: 1}
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        tensor.shape = (1, key.height, key.width, channels[tensor.name])
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE)
    if not typed:
        config.set_flag(trt.BuilderFlag.FP16)
        # Its own kernels alone, as later versions do by default: neither cuBLAS nor cuDNN is needed then.
        config.set_tactic_sources(0)
    monitor = _monitor(trt, progress)
    if monitor:
        config.progress_monitor = monitor
    timings = cache_folder("plans") / f"timings-{key.path.stem.split('_', 3)[3].rsplit('_', 1)[0]}.cache"
    config.set_timing_cache(config.create_timing_cache(read_private(timings) or b""), False)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise EngineError(f"TensorRT cannot build an engine from {model.name}", "see: greenscreen --debug engine build")
    write_private(timings, bytes(config.get_timing_cache().serialize()))
    return bytes(plan)


def _monitor(trt: Any, progress: Progress) -> Any:
    """Tells how far the outermost phase is. None in versions before 10, which report nothing."""
    if not hasattr(trt, "IProgressMonitor"):
        return None

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._steps: dict[str, int] = {}

        def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
            if not parent:
                self._steps[phase] = steps

        def step_complete(self, phase: str, step: int) -> bool:
            steps = self._steps.get(phase)
            return progress((step + 1) / steps) if steps else True

        def phase_finish(self, phase: str) -> None:
            self._steps.pop(phase, None)

    return Monitor()
