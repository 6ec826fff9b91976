"""The engine for NVIDIA GPUs: TensorRT, with its tensors in the card's memory."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import tensorrt as trt

from greenscreen.cache import read_private
from greenscreen.contract import ModelContract, read_contract
from greenscreen.cuda import Card, CardLostError, hold, open_card
from greenscreen.errors import EngineError
from greenscreen.picture.frame import Image, Matte
from greenscreen.segment.engine import NotBuiltError, Progress
from greenscreen.segment.plans import PlanKey, build_plan, translated

log = logging.getLogger(__name__)


class TensorRtEngine:
    """A plan on a card. The last matte never leaves it: two buffers take turns as input and output.

    One thread at a time uses it; any may close it. Whoever has more to do on the card puts it into the same stream:
    `image` points to the input `(1, height, width, 3)` float32, `enqueue` fills one of `mattes`.
    """

    def __init__(self, card: Card, plan: bytes, contract: ModelContract, width: int, height: int):
        """Once made, it owns the card. Raises `NotBuiltError` when the plan does not load, else `EngineError`."""
        self.card, self._contract = card, contract
        self._matte_bytes, self._turn = 4 * width * height, 0
        with card, translated("loading its plan"):
            self._runtime = trt.Runtime(LOGGER)
            self._plan = self._runtime.deserialize_cuda_engine(plan)
            if self._plan is None:
                raise NotBuiltError("TensorRT does not load its plan", "greenscreen engine clean")
            self._context = self._plan.create_execution_context()
            if self._context is None:
                raise EngineError("the GPU has too little free memory", "close other programs that use the GPU")
            self.image = card.allocate(3 * self._matte_bytes)
            self.mattes = card.allocate(self._matte_bytes), card.allocate(self._matte_bytes)
            self._host_image = card.pinned((height, width, 3), np.float32)
            self._host_matte = card.pinned((height, width), np.float32)
            self._call(self._context.set_tensor_address(contract.image, self.image))
        self.reset()

    def enqueue(self, turn: int) -> None:
        """Puts a run into the card's stream: from `image` and `mattes[1 - turn]` to `mattes[turn]`."""
        with translated("on a frame"):
            if self._contract.previous:
                self._call(self._context.set_tensor_address(self._contract.previous, self.mattes[1 - turn]))
            self._call(self._context.set_tensor_address(self._contract.matte, self.mattes[turn]))
            self._call(self._context.execute_async_v3(self.card.stream))

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        self._host_image[:] = image
        self._turn = 1 - self._turn
        with self.card:
            if last is not None:
                self._host_matte[:] = last
                self.card.upload(self.mattes[1 - self._turn], self._host_matte)
            self.card.upload(self.image, self._host_image)
            self.enqueue(self._turn)
            self.card.download(self._host_matte, self.mattes[self._turn])
            self.card.wait()
        matte: Matte = self._host_matte.copy()
        return matte

    def reset(self) -> None:
        with self.card:
            for matte in self.mattes:
                self.card.clear(matte, self._matte_bytes)

    def close(self) -> None:
        """Raises `CardLostError` while the card hangs, which keeps what it works with; may be called again then."""
        if not self.card.idle():
            hold(self)
        else:
            # TensorRT's objects free memory of the card's, so they go while it is current.
            try:
                with self.card:
                    self._context = self._plan = self._runtime = None
            except CardLostError:
                log.info("the GPU was lost before its engine was closed")
        self.card.close()

    @staticmethod
    def _call(done: bool) -> None:
        if not done:
            raise CardLostError("TensorRT failed on a frame", "see: greenscreen --debug doctor")


class _Logger(trt.ILogger):  # type: ignore[misc]
    """TensorRT's messages, in our log."""

    LEVELS = (logging.CRITICAL, logging.ERROR, logging.INFO, logging.DEBUG, logging.DEBUG)

    def __init__(self) -> None:
        super().__init__()

    def log(self, severity: Any, message: str) -> None:
        # Its warnings concern whoever builds engines, not whoever takes part in a call.
        log.log(self.LEVELS[int(severity)], "TensorRT: %s", message)


LOGGER = _Logger()
"""One for all: TensorRT keeps the first it meets."""

TYPED = hasattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED")
"""Whether the model's file decides in which precision it runs, as from TensorRT 10 on."""


def open_engine(
    model: Path,
    contract: ModelContract,
    width: int,
    height: int,
    gpu: int = 0,
    progress: Progress | None = None,
    build: bool = True,
) -> TensorRtEngine:
    """The model on this GPU, by the plan in the cache. One that is missing or does not load is built anew, which takes
    a minute or more; without `build`, `NotBuiltError` is raised instead. Raises `EngineError` when nothing runs here.
    """
    typed = typed_model(model)
    card = open_card(gpu)
    try:
        key = plan_key(card, read_contract(typed), width, height, typed != model or not TYPED)
        plan = read_private(key.path)
        if plan is not None:
            try:
                return TensorRtEngine(card, plan, contract, width, height)
            except NotBuiltError as error:
                log.info("%s: %s", key.path.name, error)
        if not build:
            raise NotBuiltError("TensorRT's plan for this GPU is still to be built", "greenscreen engine build")
        with card:
            plan = build_plan(trt, LOGGER, typed, contract, key, progress or (lambda _: True))
        return TensorRtEngine(card, plan, contract, width, height)
    except BaseException:
        card.close()
        raise


def typed_model(model: Path) -> Path:
    """The file to build from: where its types decide, the float16 one beside the model, if there is one."""
    half = model.with_name(f"{model.stem}-fp16.onnx")
    return half if TYPED and half.exists() else model


def plan_key(card: Card, contract: ModelContract, width: int, height: int, half: bool) -> PlanKey:
    precision = "float16" if half else "float32"
    return PlanKey(
        contract.name, width, height, precision, trt.__version__, card.name, card.capability, contract.sha256
    )
