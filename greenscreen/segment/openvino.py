"""The default CPU engine: Intel's OpenVINO, which also runs on AMD and Arm."""

from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from greenscreen.contract import ModelContract
from greenscreen.errors import EngineError, ModelError
from greenscreen.picture import memory
from greenscreen.picture.frame import Image, Matte
from greenscreen.segment.compiled import compile_kept, compile_now
from greenscreen.segment.host import quantized


class OpenVinoEngine:
    """The model compiled for this CPU at one size. `precise` forbids bfloat16, used where the CPU has it.

    It runs in as many `threads`, or in as many as there are cores. Nothing is copied on its way in or out: a matte that
    it gave is the next look's memory, and is not to be written to.
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
        settings = {"PERFORMANCE_HINT": "LATENCY"} | ({"INFERENCE_PRECISION_HINT": "f32"} if precise else {})
        settings |= {"INFERENCE_NUM_THREADS": str(threads)} if threads else {}
        self._contract, self._size = contract, (height, width)
        shapes = {contract.image: (1, height, width, 3)}
        if contract.previous:
            shapes[contract.previous] = (1, height, width, 1)
        try:
            # Who is precise has time, and photos of any size: nothing to keep.
            compiled = (
                compile_now(model, shapes, settings, contract.image)
                if precise
                else compile_kept(model, shapes, settings, contract.image)
            )
            self._request = compiled.create_infer_request()
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ModelError(f"OpenVINO cannot run {model.name}: {reason}", "see: greenscreen doctor") from error
        self.previous: Matte = np.zeros(self._size, np.float32)

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        matte = memory.empty(self._size, np.float32)
        self._give(self._contract.image, np.ascontiguousarray(image))
        if self._contract.previous:
            self._give(self._contract.previous, self.previous if last is None else np.ascontiguousarray(last))
        self._give(self._contract.matte, matte)
        try:
            self._request.infer(share_outputs=True)
        except RuntimeError as error:
            raise EngineError("OpenVINO failed on a frame", "try: --engine onnxruntime") from error
        self.previous = matte
        return matte

    def _give(self, name: str, values: NDArray[Any]) -> None:
        """Has an input read from, or the output written to, this picture's memory."""
        self._request.set_tensor(name, openvino.Tensor(values.reshape(1, *self._size, -1), shared_memory=True))

    def reset(self) -> None:
        self.previous = np.zeros(self._size, np.float32)

    def close(self) -> None: ...


def open_engine(
    model: Path, contract: ModelContract, width: int, height: int, precise: bool = False, **more: Any
) -> OpenVinoEngine:
    """`precise` computes in float32 whatever else would be faster; `more` is the engine's."""
    if not precise:
        model, contract = quantized(model, contract)
    return OpenVinoEngine(model, contract, width, height, precise, **more)
