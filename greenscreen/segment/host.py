"""What engines that keep their tensors in the host's memory share."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from greenscreen.contract import ModelContract
from greenscreen.frame import Image, Matte


class HostEngine(ABC):
    """Holds the model's inputs, the picture and the last matte; a subclass turns them into the next matte."""

    def __init__(self, contract: ModelContract, width: int, height: int):
        self.image = np.zeros((1, height, width, 3), np.float32)
        self.previous = np.zeros((1, height, width, 1), np.float32)
        self.inputs = {contract.image: self.image}
        if contract.previous:
            self.inputs[contract.previous] = self.previous

    @abstractmethod
    def infer(self) -> NDArray[np.float32]:
        """The matte `(1, height, width, 1)` for the inputs as they are; raises `EngineError`."""

    def step(self, image: Image) -> Matte:
        self.image[0] = image
        self.previous[:] = self.infer()
        matte: Matte = self.previous[0, :, :, 0].copy()
        return matte

    def reset(self) -> None:
        self.previous[:] = 0

    def close(self) -> None:
        self.inputs.clear()
