"""The little of TensorRT that greenscreen calls, as versions 8.6, 10 and 11 have it; an emulated card runs the network.

A plan is the ONNX model behind a line that says what it was built for.
"""

import json
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
from emulated_card import EmulatedCard

cards: list[EmulatedCard] = []
"""Those in use; a stream's handle is found among them."""


class Built:
    """What building was told, for tests to look at."""

    flags = 0
    config: Any = None
    count = 0
    timing_caches: list[bytes] = []  # noqa: RUF012


class Network:
    def __init__(self, flags: int):
        self.flags, self.inputs = flags, [Tensor("image"), Tensor("previous")]

    @property
    def num_inputs(self) -> int:
        return len(self.inputs)

    def get_input(self, index: int) -> "Tensor":
        return self.inputs[index]


class Tensor:
    def __init__(self, name: str):
        self.name, self.shape = name, (1, -1, -1, 3 if name == "image" else 1)


class OnnxParser:
    def __init__(self, network: Network, logger: object):
        self.network, self.num_errors = network, 0

    def parse(self, model: bytes) -> bool:
        self.network.model = model  # type: ignore[attr-defined]
        self.num_errors = int(model.startswith(b"not"))
        return not self.num_errors

    def get_error(self, index: int) -> SimpleNamespace:
        return SimpleNamespace(desc=lambda: "no such operator")


class Config:
    def __init__(self) -> None:
        self.set: set[str] = set()
        self.progress_monitor: Any = None
        self.tactics: int | None = None

    def set_flag(self, flag: str) -> None:
        self.set.add(flag)

    def set_tactic_sources(self, sources: int) -> None:
        self.tactics = sources

    def set_memory_pool_limit(self, pool: str, size: int) -> None: ...

    def create_timing_cache(self, content: bytes) -> bytes:
        Built.timing_caches.append(content)
        return content

    def set_timing_cache(self, cache: bytes, ignore_mismatch: bool) -> None: ...

    def get_timing_cache(self) -> SimpleNamespace:
        return SimpleNamespace(serialize=lambda: b"timings")


class Builder:
    def __init__(self, logger: object): ...

    def create_network(self, flags: int) -> Network:
        return Network(flags)

    def create_builder_config(self) -> Config:
        return Config()

    def build_serialized_network(self, network: Any, config: Config) -> bytes | None:
        Built.flags, Built.config = network.flags, config
        Built.count += 1
        if (monitor := config.progress_monitor) is not None:
            monitor.phase_start("build", None, 4)
            monitor.phase_start("within", "build", 9)
            for step in range(4):
                monitor.step_complete("within", step)
                if not monitor.step_complete("build", step):
                    return None
            monitor.phase_finish("build")
        about = json.dumps({tensor.name: tensor.shape for tensor in network.inputs})
        return b"plan " + about.encode() + b"\n" + network.model


class Runtime:
    def __init__(self, logger: object): ...

    def deserialize_cuda_engine(self, plan: bytes) -> "Engine | None":
        return Engine(plan) if plan.startswith(b"plan ") else None


class Engine:
    def __init__(self, plan: bytes):
        about, model = plan.removeprefix(b"plan ").split(b"\n", 1)
        self.shapes: dict[str, list[int]] = json.loads(about)
        self.session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def create_execution_context(self) -> "Context":
        return Context(self)


class Context:
    def __init__(self, engine: Engine):
        self.engine, self.addresses = engine, dict[str, int]()

    def set_tensor_address(self, name: str, address: int) -> bool:
        self.addresses[name] = address
        return True

    def execute_async_v3(self, stream: int) -> bool:
        card, at, shapes = next(c for c in cards if c.stream == stream), dict(self.addresses), self.engine.shapes

        def run() -> None:
            inputs = {n: card.at(at[n], 4 * int(np.prod(s))).view(np.float32).reshape(s) for n, s in shapes.items()}
            (matte,) = self.engine.session.run(["matte"], inputs)
            card.at(at["matte"], matte.nbytes)[:] = matte.reshape(-1).view(np.uint8)

        card.do(run)
        return True


class ILogger:
    def __init__(self) -> None: ...


class IProgressMonitor:
    def __init__(self) -> None: ...


def fake_tensorrt(version: str) -> ModuleType:
    """The module, as this version of TensorRT has it."""
    major = int(version.split(".")[0])
    module = ModuleType("tensorrt")
    kinds = {"EXPLICIT_BATCH": 0} if major < 10 else {"STRONGLY_TYPED": 1} if major == 10 else {"STRONGLY_TYPED": 0}
    parts: dict[str, object] = {
        "__version__": version,
        "ILogger": ILogger,
        "Builder": Builder,
        "OnnxParser": OnnxParser,
        "Runtime": Runtime,
        "NetworkDefinitionCreationFlag": SimpleNamespace(**kinds),
        "BuilderFlag": SimpleNamespace(FP16="FP16") if major < 11 else SimpleNamespace(),
        "MemoryPoolType": SimpleNamespace(WORKSPACE="workspace"),
    }
    if major >= 10:
        parts["IProgressMonitor"] = IProgressMonitor
    vars(module).update(parts)
    return module
