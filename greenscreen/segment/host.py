"""Which of several models that lie side by side a CPU is to run."""

from functools import cache
from pathlib import Path

from greenscreen.contract import ModelContract, read_contract


def quantized(model: Path, contract: ModelContract) -> tuple[Path, ModelContract]:
    """What to run on this CPU: the model of eight-bit integers beside this one, if there is one and the CPU has AVX2.

    It takes .6 to .75 of the time there. Raises `ModelError` when that model is damaged.
    """
    small = model.with_name(f"{model.stem}-int8.onnx")
    return (small, read_contract(small)) if small.exists() and multiplies_bytes() else (model, contract)


def finer(model: Path, contract: ModelContract) -> tuple[Path, ModelContract]:
    """What to run where there is time: the larger model beside this one, if there is one.

    Raises `ModelError` when that model is damaged.
    """
    fine = fine_beside(model)
    return (fine, read_contract(fine)) if fine.exists() else (model, contract)


def fine_beside(model: Path) -> Path:
    return model.with_name(f"{model.stem}-fine.onnx")


@cache
def multiplies_bytes() -> bool:
    """Whether the CPU multiplies many bytes at once, as x86 does with AVX2. Arm has not been measured."""
    from llvmlite.binding import get_host_cpu_features

    return bool(get_host_cpu_features().get("avx2"))
