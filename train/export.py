"""Writes a model and its contract: the only place that does, and only once the runtime agrees with what it wrote."""

import hashlib
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from greenscreen.contract import ModelContract, write_contract
from greenscreen.errors import ModelError, SinkError
from greenscreen.segment.onnxruntime import OnnxRuntimeEngine
from greenscreen.segment.openvino import OpenVinoEngine
from train.checkpoint import Checkpoint, read_checkpoint
from train.models import Trained, logits
from train.models.network import STRIDE

AREA = 320 * 192
"""Pixels of input for checkpoints that do not say what they were trained with."""

TOLERANCE = {"float32": 2e-3, "float16": 3e-2}
"""Largest difference of a matte, in [0, 1], from PyTorch's in float32."""


class Deployed(nn.Module):
    """A network as the contract states it: BGR in [0, 255] and channels last in, matte in [0, 1] out, all float32.

    With `half`, everything between is float16, and says so itself: engines that are strongly typed need no flag.
    """

    def __init__(self, network: Trained, half: bool = False):
        super().__init__()
        self.network = network.half() if half else network
        self.half_inside = half

    def forward(self, image: Tensor, previous: Tensor | None = None) -> Tensor:
        rgb = image.permute(0, 3, 1, 2).flip(1) / 127.5 - 1
        matte = torch.zeros_like(rgb[:, :1]) if previous is None else previous.permute(0, 3, 1, 2)
        if self.half_inside:
            rgb, matte = rgb.half(), matte.half()
        return logits(self.network, rgb, matte).float().sigmoid().permute(0, 2, 3, 1)


def export(checkpoint: Path, out: Path, half: bool = False) -> ModelContract:
    """Writes `out` (ONNX) and the contract beside it.

    Raises `ModelError`, writing neither, when the checkpoint is none or an engine disagrees with PyTorch, and
    `SinkError` when nothing can be written.
    """
    saved = read_checkpoint(checkpoint)
    reference = Deployed(saved.build())
    try:
        with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
            contract = draft(saved, Path(scratch) / out.name, half)
            verify(reference, Path(scratch) / out.name, contract, TOLERANCE["float16" if half else "float32"])
            os.replace(Path(scratch) / out.name, out)
        write_contract(out, contract)
    except OSError as error:
        raise SinkError(f"{out} cannot be written: {error.strerror}", "check that the folder is there") from error
    return contract


def draft(saved: Checkpoint, model: Path, half: bool = False) -> ModelContract:
    """Writes an ONNX file that nobody has checked yet; returns its contract."""
    network = saved.build()
    names = ["image", "previous"] if network.remembers else ["image"]
    example = (torch.zeros(1, 160, 288, 3), torch.zeros(1, 160, 288, 1))[: len(names)]
    axes = {key: {1: "height", 2: "width"} for key in (*names, "matte")}
    write_onnx(model, Deployed(network, half).eval(), example, names, "matte", axes)
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    name = saved.network + ("-fp16" if half else "")
    previous = "previous" if network.remembers else None
    return ModelContract(name, digest, "image", "matte", previous, STRIDE, int(saved.facts.get("area", AREA)))


def write_onnx(
    path: Path,
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: list[str],
    output: str,
    axes: dict[str, dict[int, str]],
) -> None:
    """Traces a module. `axes` names the sizes that stay free, by input or output and dimension."""
    with warnings.catch_warnings():
        # The successor of this exporter fixes height and width to the example's.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
        torch.onnx.export(
            module,
            example,
            str(path),
            input_names=inputs,
            output_names=[output],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


def verify(reference: Deployed, model: Path, contract: ModelContract, tolerance: float, steps: int = 4) -> None:
    """Runs both engines and PyTorch side by side, memory included, on two shapes of picture; raises `ModelError`."""
    rng = np.random.default_rng(0)
    for width, height in (contract.input_size(16, 9), contract.input_size(3, 4)):
        openvino = OpenVinoEngine(model, contract, width, height, precise=True)
        onnxruntime = OnnxRuntimeEngine(model, contract, width, height)
        previous = torch.zeros(1, height, width, 1)
        for step in range(steps):
            image = rng.integers(0, 256, (height, width, 3), np.uint8)
            with torch.inference_mode():
                previous = reference(torch.from_numpy(image)[None].float(), previous)
            for engine in (openvino, onnxruntime):
                worst = float(np.abs(engine.step(image) - previous[0, :, :, 0].numpy()).max())
                if not worst <= tolerance:
                    reason = f"{type(engine).__name__} differs by {worst:.4f} at step {step}, {width}x{height}"
                    raise ModelError(f"the exported {contract.name} is not what was trained: {reason}")
