"""The types that travel: a frame comes in, a matte is found, a picture goes out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""`(H, W, 3)` uint8, BGR, sRGB-encoded as cameras and files give it."""

Matte = NDArray[np.float32]
"""`(H, W)` float32 in [0, 1]; 1 is the person."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a source.

    `time` is when it was captured, in seconds: on the monotonic clock for live sources, since the start for files.
    `fresh` is true for the first frame and the first after a reconnect or cut: every state downstream resets.
    """

    image: Image
    time: float
    index: int
    fresh: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Alpha:
    """A matte at the frame's own size, and where it is worth looking at.

    `values` is `(H, W)` uint8, 255 the person. `unknown` is the trimap's unknown region as sorted indices into the
    flattened picture, intp: everywhere else alpha is exactly 0 or 255. Edges are a few per cent of a picture, so what
    works on them alone costs next to nothing.
    """

    values: NDArray[np.uint8]
    unknown: NDArray[np.intp]


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
