"""Writes a model and its contract: the only place that does, and only once the runtime agrees with what it wrote."""

import hashlib
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from greenscreen.contract import ModelContract, write_contract
from greenscreen.errors import ModelError, SinkError, UsageError
from greenscreen.segment.onnxruntime import OnnxRuntimeEngine
from greenscreen.segment.openvino import OpenVinoEngine
from train.checkpoint import Checkpoint, read_checkpoint
from train.contact import chosen
from train.data import Image, Row, read
from train.models import LargeStudent, Trained, logits, surer
from train.models.network import STRIDE
from train.pack import pack
from train.quantize import quantize

AREA = 320 * 192
"""Pixels of input for checkpoints that do not say what they were trained with."""

TOLERANCE = {"float32": 2e-3, "float16": 3e-2}
"""Largest difference of a matte, in [0, 1], from PyTorch's in float32."""

ROUGHLY = 0.01
"""The same for eight-bit integers, but on average over pictures: what is in doubt may differ by more."""

SHOWN = 48
"""Pictures that tell the ranges of a quantized network's activations; some more judge it."""


class Deployed(nn.Module):
    """A network as the contract states it: BGR in [0, 255] and channels last in, matte in [0, 1] out, all float32.

    With `half`, everything between is float16, and says so itself: engines that are strongly typed need no flag. Logits
    are divided by the `temperature` (Guo et al., On Calibration of Modern Neural Networks, ICML 2017); those of several
    networks are averaged. Networks are changed for it and of no other use from then on.
    """

    def __init__(self, *networks: Trained, half: bool = False, temperature: float = 1.0):
        super().__init__()
        self.networks = nn.ModuleList(network.half() if half else network for network in networks)
        self.half_inside, self.sureness = half, 1 / temperature / len(networks)
        # Filters of the other order cost nothing, another order of the channels does.
        self.turned = [isinstance(network, LargeStudent) for network in networks]
        for network in networks:
            if isinstance(network, LargeStudent):
                network.deploy()

    def forward(self, image: Tensor, previous: Tensor | None = None) -> Tensor:
        bgr = (image / 127.5 - 1).permute(0, 3, 1, 2)
        matte = torch.zeros_like(bgr[:, :1]) if previous is None else surer(previous).permute(0, 3, 1, 2)
        if self.half_inside:
            bgr, matte = bgr.half(), matte.half()
        found = [
            logits(network, bgr if turned else bgr.flip(1), matte).float()
            for network, turned in zip(cast(Iterable[Trained], self.networks), self.turned, strict=True)
        ]
        return (self.sureness * reduce(torch.add, found)).sigmoid().permute(0, 2, 3, 1)


def export(
    checkpoint: Path,
    out: Path,
    half: bool = False,
    rows: Sequence[Row] = (),
    area: int | None = None,
    temperature: float = 1.0,
    others: Sequence[Path] = (),
    packed: bool = False,
    stride: int = STRIDE,
) -> ModelContract:
    """Writes `out` (ONNX) and the contract beside it; of eight-bit integers, if there are `rows` of training pictures.

    `area` is how many pixels of input the contract states; by default those the network was trained with. A
    `temperature` below 1 makes mattes surer than they were trained to be. With `others`, the model runs all these
    networks and answers with their mean. `packed` keeps the weights in float16 and computes in float32. Heights
    and widths are to be multiples of `stride`: a smaller one comes nearer to a picture's shape.

    Raises `ModelError`, writing neither, when the checkpoint is none or an engine disagrees with PyTorch, `UsageError`
    when the rows list no pictures or the networks take no such stride, and `SinkError` when nothing can be written.
    """
    saved = [read_checkpoint(path) for path in (checkpoint, *others)]
    reference = Deployed(*(one.build() for one in saved), temperature=temperature)
    try:
        with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
            model = Path(scratch) / out.name
            contract = draft(*saved, model=model, half=half, temperature=temperature, packed=packed, stride=stride)
            contract = replace(contract, area=area) if area else contract
            if rows:
                shown = chosen([row for row in rows if row.split == "train" and row.mask], SHOWN)
                contract = quantized(model, contract, [read(row.image) for row in shown])
                judges = chosen([row for row in rows if row.split == "val"], SHOWN // 6)
                if not judges:
                    raise UsageError("the manifest lists no pictures of val to judge by", "add some, or name another")
                verify_roughly(reference, model, contract, [read(row.image) for row in judges])
            else:
                # Dividing logits by less than 1 makes what differs in them as much larger.
                tolerance = TOLERANCE["float16" if half or packed else "float32"]
                verify(reference, model, contract, tolerance / min(1.0, temperature))
            os.replace(model, out)
        write_contract(out, contract)
    except OSError as error:
        raise SinkError(f"{out} cannot be written: {error.strerror}", "check that the folder is there") from error
    return contract


def quantized(model: Path, contract: ModelContract, pictures: Sequence[Image]) -> ModelContract:
    """Makes the model one of eight-bit integers, in place; returns its contract."""
    if not pictures:
        raise UsageError("the manifest lists no pictures to train on", "name the one that the network was trained with")
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as scratch:
        floats = Path(scratch) / model.name
        shutil.move(model, floats)
        # What it advises beforehand is of no use to a network of no fixed size.
        logging.disable(logging.WARNING)
        try:
            quantize(floats, model, contract, pictures)
        finally:
            logging.disable(logging.NOTSET)
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    return replace(contract, name=contract.name + "-int8", sha256=digest)


def draft(
    *saved: Checkpoint,
    model: Path,
    half: bool = False,
    temperature: float = 1.0,
    packed: bool = False,
    stride: int = STRIDE,
) -> ModelContract:
    """Writes an ONNX file that nobody has checked yet; returns its contract."""
    networks = [one.build() for one in saved]
    least = max(network.stride for network in networks)
    if stride % least:
        raise UsageError(
            f"{'+'.join(one.network for one in saved)} cannot see pictures in multiples of {stride} pixels",
            f"give a multiple of {least}",
        )
    remembers = any(network.remembers for network in networks)
    names = ["image", "previous"] if remembers else ["image"]
    # Odd multiples, so that what is done about odd sizes is in the graph.
    height, width = 5 * stride, 9 * stride
    example = (torch.zeros(1, height, width, 3), torch.zeros(1, height, width, 1))[: len(names)]
    axes = {key: {1: "height", 2: "width"} for key in (*names, "matte")}
    write_onnx(model, Deployed(*networks, half=half, temperature=temperature).eval(), example, names, "matte", axes)
    if packed:
        pack(model)
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    name = "+".join(one.network for one in saved) + ("-fp16" if half else "")
    previous = "previous" if remembers else None
    return ModelContract(name, digest, "image", "matte", previous, stride, int(saved[0].facts.get("area", AREA)))


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
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # type: ignore[attr-defined]
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
                off = np.abs(engine.step(image) - previous[0, :, :, 0].numpy())
                # Of noise a network is sure nowhere, so that a single place may be off by more than all together are.
                if not (off.max() <= tolerance and off.mean() <= tolerance / 16):
                    reason = f"{type(engine).__name__} differs by {off.max():.4f} at step {step}, {width}x{height}"
                    raise ModelError(f"the exported {contract.name} is not what was trained: {reason}")


def verify_roughly(reference: Deployed, model: Path, contract: ModelContract, pictures: Sequence[Image]) -> None:
    """The same on real pictures and in eight bits, which engines round differently; raises `ModelError`."""
    kinds = OpenVinoEngine, OnnxRuntimeEngine
    off = np.zeros((len(pictures), len(kinds)))
    for row, picture in enumerate(pictures):
        width, height = contract.input_size(*picture.shape[1::-1])
        small = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        with torch.inference_mode():
            wanted = reference(torch.from_numpy(small)[None].float(), torch.zeros(1, height, width, 1))[0, :, :, 0]
        off[row] = [np.abs(kind(model, contract, width, height).step(small) - wanted.numpy()).mean() for kind in kinds]
    for kind, mean in zip(kinds, off.mean(0), strict=True):
        if not mean <= ROUGHLY:
            reason = f"in eight bits {kind.__name__} differs by {mean:.4f} on average"
            raise ModelError(f"the exported {contract.name} is not what was trained: {reason}")
