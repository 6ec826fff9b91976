"""The alternative CPU engine: ONNX Runtime."""

import os
from pathlib import Path

import numpy as np
import onnxruntime

from greenscreen.contract import ModelContract
from greenscreen.errors import EngineError, ModelError
from greenscreen.frame import Image, Matte


class OnnxRuntimeEngine:
    """The model in an inference session on the CPU."""

    def __init__(self, model: Path, contract: ModelContract, width: int, height: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(4, os.cpu_count() or 1)
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no type but the root
            raise ModelError(f"ONNX Runtime cannot run {model.name}: {error}", "see: greenscreen doctor") from error
        self._contract = contract
        self._image = np.zeros((1, height, width, 3), np.float32)
        self._previous = np.zeros((1, height, width, 1), np.float32)
        self._inputs = {contract.image: self._image}
        if contract.previous:
            self._inputs[contract.previous] = self._previous

    def step(self, image: Image) -> Matte:
        self._image[0] = image
        try:
            (out,) = self._session.run([self._contract.matte], self._inputs)
        except Exception as error:  # its errors share no type but the root
            raise EngineError("ONNX Runtime failed on a frame", "try: --engine openvino") from error
        self._previous[:] = out
        matte: Matte = self._previous[0, :, :, 0].copy()
        return matte

    def reset(self) -> None:
        self._previous[:] = 0

    def close(self) -> None:
        self._inputs.clear()


def open_engine(model: Path, contract: ModelContract, width: int, height: int) -> OnnxRuntimeEngine:
    return OnnxRuntimeEngine(model, contract, width, height)
