"""The default CPU engine: Intel's OpenVINO, which also runs on AMD and Arm."""

from pathlib import Path

import numpy as np
import openvino

from greenscreen.contract import ModelContract
from greenscreen.errors import EngineError, ModelError
from greenscreen.frame import Image, Matte


class OpenVinoEngine:
    """The model compiled for this CPU at one size. `precise` forbids bfloat16, used where the CPU has it."""

    def __init__(self, model: Path, contract: ModelContract, width: int, height: int, precise: bool = False):
        settings = {"PERFORMANCE_HINT": "LATENCY"} | ({"INFERENCE_PRECISION_HINT": "f32"} if precise else {})
        try:
            network = openvino.Core().read_model(str(model))
            shapes = {contract.image: [1, height, width, 3]}
            if contract.previous:
                shapes[contract.previous] = [1, height, width, 1]
            network.reshape(shapes)
            self._request = openvino.Core().compile_model(network, "CPU", settings).create_infer_request()
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ModelError(f"OpenVINO cannot run {model.name}: {reason}", "see: greenscreen doctor") from error
        self._matte = contract.matte
        self._image = np.zeros((1, height, width, 3), np.float32)
        self._previous = np.zeros((1, height, width, 1), np.float32)
        self._inputs = {contract.image: openvino.Tensor(self._image, shared_memory=True)}
        if contract.previous:
            self._inputs[contract.previous] = openvino.Tensor(self._previous, shared_memory=True)

    def step(self, image: Image) -> Matte:
        self._image[0] = image
        try:
            out = self._request.infer(self._inputs, share_outputs=True)[self._matte]
        except RuntimeError as error:
            raise EngineError("OpenVINO failed on a frame", "try: --engine onnxruntime") from error
        self._previous[:] = out
        matte: Matte = self._previous[0, :, :, 0].copy()
        return matte

    def reset(self) -> None:
        self._previous[:] = 0

    def close(self) -> None:
        self._inputs.clear()


def open_engine(model: Path, contract: ModelContract, width: int, height: int) -> OpenVinoEngine:
    return OpenVinoEngine(model, contract, width, height)
