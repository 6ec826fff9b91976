"""What the card has finished, as a picture."""

from functools import cached_property

import numpy as np

from greenscreen.composite import Composite
from greenscreen.picture.colour import Bytes, from_i420
from greenscreen.picture.frame import Alpha, Frame, Image, Matte, Past, Picture


class CardPicture(Picture):
    """A picture that the card has finished; its other forms are made on the CPU, of the same alpha, when asked for."""

    def __init__(self, frame: Frame, small: Matte, values: Bytes, finished: Bytes | None):
        """`small` is the alpha at the guide's size, `values` at the frame's; before nothing, nothing is `finished`."""
        self.frame: Frame = frame
        self._small, self._values, self._finished = small, values, finished
        self.time, self.transparent = frame.time, finished is None

    @cached_property
    def composite(self) -> Composite:
        """The same, made on the CPU."""
        frame = self.frame.as_planar()
        return Composite(frame, as_found(frame, self._small, self._values), self._finished)

    @cached_property
    def image(self) -> Image:
        return self.person if self._finished is None else from_i420(self._finished)

    @property
    def i420(self) -> Bytes:
        return super().i420 if self._finished is None else self._finished

    @property
    def planar(self) -> bool:
        return not self.transparent

    @property
    def alpha(self) -> Bytes:
        return self._values

    @property
    def person(self) -> Image:
        return self.composite.person


def as_found(frame: Frame, small: Matte, values: Bytes) -> Alpha:
    """An alpha that was found already, `values` `(H, W)`: all of it is of the past, and nothing new counts."""
    before = values.astype(np.float32) * np.float32(1 / 255)
    past = Past(np.zeros_like(small), np.full(small.shape, 2, np.uint8), before, np.empty_like(before))
    return Alpha(frame, small, np.zeros((4, *small.shape), np.float32), past)
