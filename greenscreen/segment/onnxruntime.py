"""ONNX Runtime: the alternative CPU engine, and through its providers other makers' hardware."""

import contextlib
import io
import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from greenscreen.contract import ModelContract
from greenscreen.errors import EngineError, ModelError
from greenscreen.picture import memory
from greenscreen.picture.frame import Image, Matte
from greenscreen.segment.host import quantized

# Older ones for Windows ask no environment; see telemetry.py for the others.
onnxruntime.disable_telemetry_events()

log = logging.getLogger(__name__)

CPU = "CPUExecutionProvider"


class OnnxRuntimeEngine:
    """The model in an inference session of one provider: there or not at all, never silently on the CPU instead."""

    def __init__(
        self,
        model: Path,
        contract: ModelContract,
        width: int,
        height: int,
        provider: str = CPU,
        package: str = "onnxruntime",
        gpu: int = 0,
        threads: int | None = None,
    ):
        """`package` is the build of ONNX Runtime that has the provider.

        Raises `EngineError` when this build lacks it, or it does not start here.
        """
        self.image = np.zeros((1, height, width, 3), np.float32)
        self.previous = np.zeros((1, height, width, 1), np.float32)
        self._inputs, self._matte = {contract.image: self.image}, contract.matte
        if contract.previous:
            self._inputs[contract.previous] = self.previous
        if provider not in onnxruntime.get_available_providers():
            remedy = f"pip uninstall onnxruntime; pip install {package}" if package != "onnxruntime" else "needs macOS"
            raise EngineError(f"this ONNX Runtime is built without the {provider}", remedy)
        if provider == "CUDAExecutionProvider":
            preload()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(4, os.cpu_count() or 1)
        options.log_severity_level = 3
        settings: dict[str, Any] = (
            {"device_id": gpu} if provider in ("CUDAExecutionProvider", "DmlExecutionProvider") else {}
        )
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=[(provider, settings)])
        except Exception as error:  # its errors share no type but the root
            raise ModelError(f"ONNX Runtime cannot run {model.name}: {error}", "see: greenscreen doctor") from error
        if self._session.get_providers()[0] != provider:
            # What it lacks, such as cuDNN, it only logs, and goes on without.
            lacks = f"pip install {package}, or see: greenscreen --debug doctor"
            raise EngineError(f"the {provider} does not start on this machine", lacks)

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        self.image[0] = image
        if last is not None:
            self.previous[0, :, :, 0] = last
        try:
            (out,) = self._session.run([self._matte], self._inputs)
        except Exception as error:  # its errors share no type but the root
            raise EngineError("ONNX Runtime failed on a frame", "try: --engine openvino") from error
        self.previous[:] = out
        return memory.copied(self.previous[0, :, :, 0])

    def reset(self) -> None:
        self.previous[:] = 0

    def close(self) -> None:
        self._inputs.clear()


def preload() -> None:
    """Loads CUDA and cuDNN from NVIDIA's wheels, where ONNX Runtime does not look by itself; from version 1.21 on."""
    if hasattr(onnxruntime, "preload_dlls"):
        told = io.StringIO()
        # What it does not find it prints; whether that matters shows when the provider starts.
        with contextlib.redirect_stdout(told):
            onnxruntime.preload_dlls()
        log.debug("ONNX Runtime: %s", told.getvalue().strip())


def open_engine(
    model: Path,
    contract: ModelContract,
    width: int,
    height: int,
    provider: str = CPU,
    precise: bool = False,
    **more: Any,
) -> OnnxRuntimeEngine:
    """`precise` computes in float32 whatever else would be faster; other providers than the CPU's do in any case."""
    if provider == CPU and not precise:
        model, contract = quantized(model, contract)
    return OnnxRuntimeEngine(model, contract, width, height, provider, **more)
