"""Makes a model of eight-bit integers out of a float one: on x86 CPUs it takes .6 to .75 of the time.

Weights are rounded per channel, activations per tensor, in the ranges that real pictures show (Jacob et al., CVPR
2018). What comes in and goes out stays float, and so does the last step, the sigmoid.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from greenscreen.contract import ModelContract
from train.data import Image

OPERATORS = ["Conv", "Add", "Clip", "Relu", "MatMul", "Resize"]
"""What is computed in integers. `Clip` is ReLU6: an activation's range ends there, which makes it free. `Resize` is one
float less to be written and read where a picture is at its largest."""

Given = dict[str, np.ndarray[Any, Any]]


def quantize(model: Path, out: Path, contract: ModelContract, pictures: Iterable[Image]) -> None:
    """Writes `out`, whose ranges are those that `model` shows on `pictures`, `(H, W, 3)` uint8 BGR of any size."""
    quantize_static(
        str(model),
        str(out),
        Reader(model, contract, pictures),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=OPERATORS,
        extra_options={"TensorQuantOverrides": roomy(onnx.load(model))},
    )


def roomy(model: onnx.ModelProto) -> dict[str, list[dict[str, Any]]]:
    """Ranges of convolutions' weights in which nothing overflows on CPUs without VNNI, by the weights' names.

    Such a CPU multiplies two neighbouring input channels by their weights and adds that up in 16 bits (`vpmaddubsw`):
    255 times two weights of 127 does not fit, 255 times 128 does. So a channel's range also holds the sums of its
    neighbouring weights. A depthwise convolution has no neighbours.
    """
    given = {one.name: one for one in model.graph.initializer}
    names = {node.input[1] for node in model.graph.node if node.op_type == "Conv"} & given.keys()
    return {
        name: [{"axis": 0, "rmin": -most, "rmax": most} for most in largest(numpy_helper.to_array(given[name]))]
        for name in sorted(names)
    }


def largest(weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Each output channel's largest weight, or sum of two neighbours' if that is larger, of `(O, I, H, W)`; above 0."""
    last = weights.shape[1] // 2 * 2
    both = np.concatenate([weights, weights[:, 0:last:2] + weights[:, 1:last:2]], 1)
    return np.asarray(np.maximum(np.abs(both).reshape(len(both), -1).max(1), np.finfo(np.float32).tiny))


class Reader(CalibrationDataReader):  # type: ignore[misc]
    """Shows each picture twice: as on a first look, and with the matte that gave."""

    def __init__(self, model: Path, contract: ModelContract, pictures: Iterable[Image]):
        self._shown = self._show(onnxruntime.InferenceSession(str(model)), contract, pictures)

    def get_next(self) -> Given | None:
        return next(self._shown, None)

    @staticmethod
    def _show(session: Any, contract: ModelContract, pictures: Iterable[Image]) -> Iterator[Given]:
        for picture in pictures:
            width, height = contract.input_size(*picture.shape[1::-1])
            small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
            given = {contract.image: small[None].astype(np.float32)}
            if contract.previous is None:
                yield given
                continue
            first = given | {contract.previous: np.zeros((1, height, width, 1), np.float32)}
            yield first
            yield given | {contract.previous: session.run([contract.matte], first)[0]}
