"""Makes a model of eight-bit integers out of a float one: on CPUs it runs in half the time.

Weights are rounded per channel, activations per tensor, in the ranges that real pictures show (Jacob et al., CVPR
2018). What comes in and goes out stays float, and so does the last step, the sigmoid.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
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
    )


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
