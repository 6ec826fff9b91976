"""The default CPU engine: Intel's OpenVINO, which also runs on AMD and Arm."""

from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from greenscreen.contract import ModelContract
from greenscreen.errors import EngineError, ModelError
from greenscreen.segment.compiled import compile_kept, compile_now
from greenscreen.segment.host import HostEngine, quantized


class OpenVinoEngine(HostEngine):
    """The model compiled for this CPU at one size. `precise` forbids bfloat16, used where the CPU has it.

    It runs in as many `threads`, or in as many as there are cores.
    """

    def __init__(
        self,
        model: Path,
        contract: ModelContract,
        width: int,
        height: int,
        precise: bool = False,
        threads: int | None = None,
    ):
        super().__init__(contract, width, height, np.uint8)
        settings = {"PERFORMANCE_HINT": "LATENCY"} | ({"INFERENCE_PRECISION_HINT": "f32"} if precise else {})
        settings |= {"INFERENCE_NUM_THREADS": str(threads)} if threads else {}
        try:
            shapes = {name: values.shape for name, values in self.inputs.items()}
            # Who is precise has time, and photos of any size: nothing to keep.
            compiled = (
                compile_now(openvino.Core(), model, shapes, settings, contract.image)
                if precise
                else compile_kept(model, shapes, settings, contract.image)
            )
            self._request = compiled.create_infer_request()
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ModelError(f"OpenVINO cannot run {model.name}: {reason}", "see: greenscreen doctor") from error
        self._matte = contract.matte
        self._tensors = {name: openvino.Tensor(values, shared_memory=True) for name, values in self.inputs.items()}

    def infer(self) -> NDArray[np.float32]:
        try:
            return np.asarray(self._request.infer(self._tensors, share_outputs=True)[self._matte], np.float32)
        except RuntimeError as error:
            raise EngineError("OpenVINO failed on a frame", "try: --engine onnxruntime") from error


def open_engine(
    model: Path, contract: ModelContract, width: int, height: int, precise: bool = False, **more: Any
) -> OpenVinoEngine:
    """`precise` computes in float32 whatever else would be faster; `more` is the engine's."""
    if not precise:
        model, contract = quantized(model, contract)
    return OpenVinoEngine(model, contract, width, height, precise, **more)
