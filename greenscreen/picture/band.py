"""The trimap's unknown band: the few per cent of a picture where alpha is neither 0 nor 1, and all the work is."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

_ROW, _MOST_ROWS = 1024, 1 << 14
"""Points a row of a remap's maps, and from how many rows on these are longer: both must be fewer than 2^15."""


@dataclass(frozen=True, slots=True)
class Band:
    """Pixels of a `height` x `width` picture: `indices` into it flattened, and where they lie.

    `x` and `y` are `(rows, points)` float32, the pixels' centres as a share of width and height, padded at the end.
    """

    indices: NDArray[np.intp]
    x: Field
    y: Field

    @classmethod
    def of(cls, mask: NDArray[np.uint8], width: int, height: int) -> Self:
        """The pixels of a picture of this size that a small `mask` `(h, w)`, 0 or 1, covers."""
        full = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
        indices = np.flatnonzero(full.view(np.bool_))
        row = max(_ROW, indices.size // _MOST_ROWS)
        rows = -(-indices.size // row)
        x, y = np.zeros((2, rows * row), np.float32)
        at = indices.astype(np.int32)
        down = at // np.int32(width)
        at -= down * np.int32(width)
        np.add(down, np.float32(0.5), out=y[: at.size], casting="same_kind", dtype=np.float32)
        np.add(at, np.float32(0.5), out=x[: at.size], casting="same_kind", dtype=np.float32)
        x *= np.float32(1 / width)
        y *= np.float32(1 / height)
        return cls(indices, x.reshape(rows, row), y.reshape(rows, row))

    def __len__(self) -> int:
        return self.indices.size

    def colours(self, image: NDArray[np.uint8]) -> Field:
        """The colours of `image` `(height, width, 3)` there: `(N, 3)` float32 in [0, 255]."""
        return np.take(image.reshape(-1, 3), self.indices, axis=0).astype(np.float32)

    def sample(self, field: Field) -> Field:
        """A small `field` `(h, w, n)`, n of 1, 3 or 4, enlarged bilinearly to the picture, there only: `(N, n)`."""
        if not len(self):
            return np.zeros((0, field.shape[2]), np.float32)
        h, w = field.shape[:2]
        half = np.float32(0.5)
        u, v = self.x * np.float32(w) - half, self.y * np.float32(h) - half
        out = np.asarray(cv2.remap(field, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
        return out.reshape(-1, field.shape[2])[: len(self)]
