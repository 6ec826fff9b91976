"""The types that travel: a frame comes in, a matte is found, a picture goes out."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.band import Band

Image = NDArray[np.uint8]
"""`(H, W, 3)` uint8, BGR, sRGB-encoded as cameras and files give it."""

Matte = NDArray[np.float32]
"""`(H, W)` float32 in [0, 1]; 1 is the person."""

GUIDE = 180
"""Shorter side, in pixels, of the small picture on which slowly varying things are found: from this to its double."""


@dataclass(frozen=True)
class Frame:
    """One picture from a source.

    `time` is when it was captured, in seconds: on the monotonic clock for live sources, since the start for files.
    `fresh` is true for the first frame and the first after a reconnect or cut: every state downstream resets.
    `stand_in` is true where no picture could be had: then nothing of the image may be taken for a person.
    """

    image: Image
    time: float
    index: int
    fresh: bool = False
    stand_in: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]

    @cached_property
    def guide(self) -> Image:
        """The picture made small by averaging a whole number of pixels: made once, read by most stages."""
        factor = max(1, min(self.size) // GUIDE)
        small = self.image
        # Halving is by far the fastest way to average, so it goes first.
        while factor % 2 == 0 and small.shape[0] % 2 == 0 and small.shape[1] % 2 == 0:
            small = _average(small, small.shape[1] // 2, small.shape[0] // 2)
            factor //= 2
        return _average(small, max(1, small.shape[1] // factor), max(1, small.shape[0] // factor))


@dataclass(frozen=True, slots=True)
class Alpha:
    """A matte at the frame's own size, and where it is worth looking at.

    `values` is `(H, W)` uint8, 255 the person. `band` is the trimap's unknown region: everywhere else alpha is exactly
    0 or 255. Edges are a few per cent of a picture, so what works on them alone costs next to nothing. `small` is the
    alpha at the size of the frame's guide, float32 in [0, 1].
    """

    values: NDArray[np.uint8]
    band: Band
    small: Matte


@dataclass(frozen=True, slots=True)
class Picture:
    """One result, ready for a sink.

    `image` is `(H, W, 3)` uint8 BGR; where `transparent`, it holds the person's own colours, not multiplied by alpha,
    and black where alpha is 0, so that the room cannot be found behind the alpha. `alpha` is `(H, W)` uint8.
    """

    image: Image
    alpha: NDArray[np.uint8]
    time: float
    transparent: bool = False
    frame: Frame | None = None

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What an image file holds: `(H, W, 4)` BGRA when transparent, otherwise the image."""
        return np.dstack([self.image, self.alpha]) if self.transparent else self.image


def _average(image: Image, width: int, height: int) -> Image:
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
