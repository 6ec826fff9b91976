"""What engines that keep their tensors in the host's memory share."""

from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from greenscreen import memory
from greenscreen.contract import ModelContract, read_contract
from greenscreen.frame import Image, Matte


def quantized(model: Path, contract: ModelContract) -> tuple[Path, ModelContract]:
    """What to run on this CPU: the model of eight-bit integers beside this one, if there is one and the CPU is apt.

    They take half the time there. Elsewhere they take longer than floats, and products are added up in sixteen bits,
    which are too few. Raises `ModelError` when that model is damaged.
    """
    small = model.with_name(f"{model.stem}-int8.onnx")
    return (small, read_contract(small)) if small.exists() and adds_bytes() else (model, contract)


def finer(model: Path, contract: ModelContract) -> tuple[Path, ModelContract]:
    """What to run for whoever has time: the larger model beside this one, if there is one.

    Raises `ModelError` when that model is damaged.
    """
    fine = fine_beside(model)
    return (fine, read_contract(fine)) if fine.exists() else (model, contract)


def fine_beside(model: Path) -> Path:
    return model.with_name(f"{model.stem}-fine.onnx")


@cache
def adds_bytes() -> bool:
    """Whether the CPU adds products of bytes in 32 bits: what Intel and AMD call VNNI."""
    from llvmlite.binding import get_host_cpu_features

    features = get_host_cpu_features()
    return any(features.get(name) for name in ("avx512vnni", "avxvnni"))


class HostEngine(ABC):
    """Holds the model's inputs, the picture and the last matte; a subclass turns them into the next matte."""

    def __init__(
        self, contract: ModelContract, width: int, height: int, kind: type[np.uint8 | np.float32] = np.float32
    ):
        """`kind` is what the engine takes pictures as."""
        self.image = np.zeros((1, height, width, 3), kind)
        self.previous = np.zeros((1, height, width, 1), np.float32)
        self.inputs = {contract.image: self.image}
        if contract.previous:
            self.inputs[contract.previous] = self.previous

    @abstractmethod
    def infer(self) -> NDArray[np.float32]:
        """The matte `(1, height, width, 1)` for the inputs as they are; raises `EngineError`."""

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        self.image[0] = image
        if last is not None:
            self.previous[0, :, :, 0] = last
        self.previous[:] = self.infer()
        return memory.copied(self.previous[0, :, :, 0])

    def reset(self) -> None:
        self.previous[:] = 0

    def close(self) -> None:
        self.inputs.clear()
