"""Writes a network for MediaPipe: a `.tflite` of one picture, height and width fixed, that remembers nothing.

MediaPipe's segmenter gives a model the picture and nothing else. So of a network with memory, what it was trained to do
with a first frame, when there is no last matte, is all that is kept.
"""

import os
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from torch import Tensor, nn

from greenscreen.contract import ModelContract
from greenscreen.errors import ModelError, SinkError
from greenscreen.segment.mediapipe import open_engine
from greenscreen.segment.tflite import read_promise
from greenscreen.sources import open_source
from train.checkpoint import read_checkpoint
from train.export import AREA, TOLERANCE, write_onnx
from train.models import Trained, logits
from train.models.network import STRIDE
from train.tflite import converted


class Memoryless(nn.Module):
    """RGB `(1, 3, H, W)` in [-1, 1] to the matte `(1, 1, H, W)` in [0, 1] of a network that has seen nothing yet."""

    previous: Tensor

    def __init__(self, network: Trained, width: int, height: int):
        super().__init__()
        self.network = network
        self.register_buffer("previous", torch.zeros(1, 1, height, width))

    def forward(self, image: Tensor) -> Tensor:
        return logits(self.network, image, self.previous).sigmoid()


def export(checkpoint: Path, out: Path) -> ModelContract:
    """Writes `out`, for pictures of 16:9: MediaPipe squeezes others into it. Returns what it promises.

    Raises `ModelError`, writing nothing, when the checkpoint is none, the network has an operator that is not known to
    `tflite`, or MediaPipe disagrees with PyTorch; and `SinkError` when nothing can be written.
    """
    saved = read_checkpoint(checkpoint)
    area = int(saved.facts.get("area", AREA))
    width, height = ModelContract(saved.network, "", "image", "matte", None, STRIDE, area).input_size(16, 9)
    network = Memoryless(saved.build(), width, height).eval()
    try:
        with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
            traced, draft = Path(scratch) / "traced.onnx", Path(scratch) / out.name
            write_onnx(traced, network, (torch.zeros(1, 3, height, width),), ["image"], "matte", {})
            draft.write_bytes(converted(onnx.load(traced), mean=127.5, std=127.5))
            verify(network, draft, width, height)
            os.replace(draft, out)
    except OSError as error:
        raise SinkError(f"{out} cannot be written: {error.strerror}", "check that the folder is there") from error
    return read_promise(out)


def verify(reference: Memoryless, model: Path, width: int, height: int) -> None:
    """Runs MediaPipe and PyTorch side by side, on noise and on a person; raises `ModelError`."""
    rng = np.random.default_rng(0)
    with open_source("demo") as source:
        whole = next(iter(source)).image
    person = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    engine = open_engine(model, read_promise(model), width, height)
    try:
        for image in (person, rng.integers(0, 256, (height, width, 3), np.uint8)):
            rgb = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
            with torch.inference_mode():
                expected = reference(rgb)[0, 0].numpy()
            worst = float(np.abs(engine.step(image) - expected).max())
            if not worst <= TOLERANCE["float32"]:
                raise ModelError(f"the exported {model.name} is not what was trained: MediaPipe differs by {worst:.4f}")
    finally:
        engine.close()
