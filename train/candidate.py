"""Anything that finds people in a picture, asked alike: checkpoints, exported models, and models of others."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from openvino import CompiledModel, Core, Model

from greenscreen.contract import read_contract
from greenscreen.errors import ModelError
from greenscreen.picture.frame import Frame
from greenscreen.segment import open_segmenter
from train.checkpoint import read_checkpoint
from train.data import Image
from train.export import draft
from train.metrics import Alpha


@dataclass(frozen=True)
class Candidate:
    """A model in the CPU engine, at the size it was made for; ours see a picture of 16:9."""

    name: str
    matte: Callable[[Image], Alpha]
    """`(H, W, 3)` uint8 BGR to the matte at the same size, as on a first look."""
    parameters: int
    macs: int
    """Multiplications with an addition that one picture costs."""
    compiled: CompiledModel
    facts: dict[str, Any] = field(default_factory=dict)
    """Of the run that made it, if it is a checkpoint: its settings and what `train.fit` notes beside them."""

    def milliseconds(self, rounds: int = 30) -> float:
        """Median time of one picture on this machine."""
        request = self.compiled.create_infer_request()
        for port, tensor in zip(self.compiled.inputs, request.input_tensors, strict=True):
            tensor.data[:] = np.random.default_rng(0).random(tuple(port.shape), np.float32)
        times = []
        for _ in range(rounds + rounds // 5):
            start = perf_counter()
            request.infer()
            times.append(perf_counter() - start)
        return 1e3 * median(times[-rounds:])


def open_candidate(path: Path, scratch: Path, patient: bool = False) -> Candidate:
    """A `.ckpt` of `train fit`, an `.onnx` with its contract beside it, or an `.onnx` of somebody else.

    A checkpoint is first exported into `scratch`. `patient`: it looks as closely as at photos, not as
    at live video. Raises `ModelError` for what cannot be read or run.
    """
    if path.suffix == ".ckpt":
        saved = read_checkpoint(path)
        model = scratch / f"{len(list(scratch.iterdir()))}.onnx"
        contract = draft(saved, model=model)
        model.with_suffix(".json").write_text(json.dumps(contract.__dict__))
        # Every run calls its checkpoints best and last.
        name = path.resolve().parent.name if path.stem in ("best", "last") else path.stem
        return ours(name, model, saved.facts | {"step": saved.step}, patient)
    if path.with_suffix(".json").exists():
        return ours(path.stem, path, patient=patient)
    return theirs(path)


def ours(name: str, path: Path, facts: dict[str, Any] | None = None, patient: bool = False) -> Candidate:
    """A model with a contract, run as the runtime runs it."""
    contract, segmenter = read_contract(path), open_segmenter("openvino", path, patient=patient)
    network = read_network(path)
    width, height = contract.input_size(16, 9)
    network.reshape({port.any_name: [1, height, width, port.partial_shape[3].get_length()] for port in network.inputs})

    def matte(image: Image) -> Alpha:
        small = segmenter.segment(Frame(image, 0.0, 0, fresh=True))
        return np.asarray(cv2.resize(small, image.shape[1::-1]), np.float32)

    return Candidate(name, matte, *cost(network), compile_model(network), facts or {})


def theirs(path: Path) -> Candidate:
    """A model without a contract: RGB in [0, 1] of one size in; out a matte, or logits or shares of room and person.

    So are MediaPipe's selfie segmenter and Google Meet's. Channels may come first or last.
    """
    network = read_network(path)
    shape = network.inputs[0].partial_shape
    if len(network.inputs) != 1 or shape.is_dynamic or len(shape) != 4 or 3 not in (shape[1], shape[3]):
        raise ModelError(f"{path} takes no single picture of a fixed size", "put a contract beside it")
    first = shape[1] == 3
    height, width = (shape[2], shape[3]) if first else (shape[1], shape[2])
    size = width.get_length(), height.get_length()
    compiled = compile_model(network)
    request = compiled.create_infer_request()

    def matte(image: Image) -> Alpha:
        small = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
        given = small.astype(np.float32) / 255
        out = np.asarray(request.infer([given.transpose(2, 0, 1)[None] if first else given[None]])[0])
        channels = np.moveaxis(out, 1, -1)[0] if first else out[0]
        found = person(np.ascontiguousarray(channels.reshape(*size[::-1], -1)))
        return np.asarray(cv2.resize(found, image.shape[1::-1]), np.float32)

    return Candidate(path.stem, matte, *cost(network), compiled)


def person(channels: NDArray[np.float32]) -> Alpha:
    """The person's matte out of `(H, W, 1)`, or `(H, W, 2)` of room and person."""
    if channels.shape[2] == 1:
        return channels[..., 0]
    if np.allclose(channels.sum(2), 1, atol=1e-3):
        return channels[..., 1]
    odds: Alpha = np.exp(channels[..., 0] - channels[..., 1])
    return (1 / (1 + odds)).astype(np.float32)


def read_network(path: Path) -> Model:
    if not path.is_file():
        raise ModelError(f"there is no model {path}", "check the path")
    try:
        return Core().read_model(str(path))
    except RuntimeError as error:
        raise ModelError(f"{path} cannot be read as a model", "give an ONNX file or a .ckpt of train fit") from error


def processor() -> str:
    """What the engine runs on, as its maker calls it."""
    return f"{str(Core().get_property('CPU', 'FULL_DEVICE_NAME')).strip()}, {os.cpu_count()} cores"


def compile_model(network: Model) -> CompiledModel:
    return Core().compile_model(network, "CPU", {"PERFORMANCE_HINT": "LATENCY"})


def cost(network: Model) -> tuple[int, int]:
    """Parameters and multiply-accumulates of a network of fixed size, counted alike whoever made it.

    Batch norm counts as part of the convolution before it, as engines fold it.
    """
    parameters = macs = 0
    for node in network.get_ordered_ops():
        kind = node.get_type_name()
        if kind == "Constant" and node.get_element_type().is_real():
            parameters += prod(node.get_output_shape(0))
        elif kind in ("Convolution", "GroupConvolution"):
            weights, out = node.input(1).get_shape(), node.get_output_shape(0)
            grouped = kind == "GroupConvolution"  # groups, outputs of each, inputs of each, height, width
            macs += prod(out) * prod(weights[2 if grouped else 1 :])
        elif kind in ("ConvolutionBackpropData", "GroupConvolutionBackpropData"):
            weights, given = node.input(1).get_shape(), node.input(0).get_shape()
            macs += prod(given) * prod(weights[2 if kind.startswith("Group") else 1 :])
        elif kind == "MatMul":
            macs += prod(node.get_output_shape(0)) * node.input(0).get_shape()[-1]
    return parameters, macs
