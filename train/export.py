"""Writes a model and its contract: the only place that does, and only once the runtime agrees with what it wrote."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from greenscreen.contract import ModelContract, write_contract
from greenscreen.segment.onnxruntime import OnnxRuntimeEngine
from greenscreen.segment.openvino import OpenVinoEngine
from train.models import Student
from train.models.student import STRIDE

AREA = 320 * 192
TOLERANCE = 2e-3
"""Largest difference of a matte, in [0, 1], between PyTorch and an engine, both in float32."""


class Deployed(nn.Module):
    """The student as the contract states it: BGR in [0, 255] and channels last in, matte in [0, 1] out."""

    def __init__(self, student: Student):
        super().__init__()
        self.student = student

    def forward(self, image: Tensor, previous: Tensor) -> Tensor:
        rgb = image.permute(0, 3, 1, 2).flip(1) / 127.5 - 1
        return self.student(rgb, previous.permute(0, 3, 1, 2)).sigmoid().permute(0, 2, 3, 1)


def load_student(checkpoint: Path) -> Student:
    """The student of a Lightning checkpoint: the running average of its weights, which is better than the last ones."""
    saved: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    student = Student(saved["hyper_parameters"]["size"])
    prefix = "student."
    state = {key.removeprefix(prefix): value for key, value in saved["state_dict"].items() if key.startswith(prefix)}
    student.load_state_dict(state)
    return student.eval()


def export(checkpoint: Path, out: Path) -> ModelContract:
    """Writes `out` (ONNX) and the contract beside it; raises `ValueError`, writing neither, if engines disagree."""
    student = load_student(checkpoint)
    deployed = Deployed(student).eval()
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        draft = Path(scratch) / out.name
        example = (torch.zeros(1, 160, 288, 3), torch.zeros(1, 160, 288, 1))
        axes = {1: "height", 2: "width"}
        torch.onnx.export(
            deployed,
            example,
            str(draft),
            input_names=["image", "previous"],
            output_names=["matte"],
            dynamic_axes={"image": axes, "previous": axes, "matte": axes},
            opset_version=17,
            dynamo=False,
        )
        digest = hashlib.sha256(draft.read_bytes()).hexdigest()
        contract = ModelContract(f"student-{student.size}", digest, "image", "matte", "previous", STRIDE, AREA)
        verify(deployed, draft, contract)
        os.replace(draft, out)
    write_contract(out, contract)
    return contract


def verify(deployed: Deployed, model: Path, contract: ModelContract, steps: int = 4) -> None:
    """Runs both engines and PyTorch side by side, memory included, on two shapes of picture."""
    rng = np.random.default_rng(0)
    for width, height in (contract.input_size(16, 9), contract.input_size(3, 4)):
        openvino = OpenVinoEngine(model, contract, width, height, precise=True)
        onnxruntime = OnnxRuntimeEngine(model, contract, width, height)
        previous = torch.zeros(1, height, width, 1)
        for step in range(steps):
            image = rng.integers(0, 256, (height, width, 3), np.uint8)
            with torch.inference_mode():
                previous = deployed(torch.from_numpy(image)[None].float(), previous)
            for engine in (openvino, onnxruntime):
                worst = float(np.abs(engine.step(image) - previous[0, :, :, 0].numpy()).max())
                if not worst <= TOLERANCE:
                    raise ValueError(f"{type(engine).__name__} differs by {worst:.4f} at step {step}, {width}x{height}")
