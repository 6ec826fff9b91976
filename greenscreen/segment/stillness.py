"""What motion means to the network: a picture that stands still is worth no look, one that jumped needs several."""

import cv2
import numpy as np

from greenscreen.picture.band import Field
from greenscreen.picture.frame import Image, Matte

BLOCK = 8
"""Side, in pixels of the network's input, of the blocks whose mean colours are compared: what is noise to a pixel is
next to nothing to a block."""
MOVED = 4.0
"""Difference of a block's mean colour, of 255, that counts as motion: of the 2880 numbers compared, a webcam's
noise and compression move the worst by 3 to 5, and an outline of contrast 100 that moves by a third of a pixel by 4."""
JUMPED, JUMP = 12.0, 0.2
"""A block that differs by as much has changed altogether; when this share of them has, one look is
not enough to follow: a cut, a step aside, a lamp switched on. Fast gestures are below, at 0.14."""
SETTLE = 8
"""Looks after the last motion, until a network with memory has made up its mind."""
LONGEST = 30
"""Frames that pass at most between two looks, in case something crept by."""


class Stillness:
    """Keeps the network's last matte, and what the picture was when it gave it."""

    def __init__(self) -> None:
        self.jumped = False
        """Whether the picture last asked about has little in common with the one before."""
        self.moving = False
        """Whether anything in it moves."""
        self.matte: Matte | None = None
        """The last one kept."""
        self._seen: Field | None = None
        self._calm = self._skipped = 0

    def answer(self, image: Image, fast: bool = False) -> Matte | None:
        """The matte that still holds for the network's input `(h, w, 3)`, or none: it must be looked at.

        With `fast`, blocks are found by compiled loops.
        """
        blocks = (blocks_of_fast if fast else blocks_of)(image)
        seen, self._seen, self.jumped, self.moving = self._seen, blocks, False, False
        if seen is None or seen.shape != blocks.shape:
            self._calm = 0
            return None
        change = cv2.norm(blocks, seen, cv2.NORM_INF)
        if change > MOVED:
            self.moving, self.jumped = True, change > JUMPED and has_jumped(blocks, seen)
            self._calm = 0
            return None
        self._calm += 1
        if self._calm <= SETTLE or self._skipped >= LONGEST:
            return None
        # Compared is with what the network saw, not with the last frame, so that slow motion adds up.
        self._seen = seen
        self._skipped += 1
        return self.matte

    def keep(self, matte: Matte) -> None:
        """What the network said of the picture just asked about."""
        self.matte, self._skipped = matte, 0

    def reset(self) -> None:
        self.jumped = False
        self._seen = self.matte = None
        self._calm = self._skipped = 0


def has_jumped(now: Field, seen: Field) -> bool:
    """Whether one picture's blocks have little in common with another's."""
    blue, green, red = cv2.split(cv2.absdiff(now, seen))
    return float(np.mean(cv2.max(cv2.max(blue, green), red) > JUMPED)) > JUMP


def blocks_of(image: Image) -> Field:
    """Mean colours of the blocks of a picture `(h, w, 3)` of about the network's size."""
    size = block_grid(image.shape[1], image.shape[0])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def blocks_of_fast(image: Image) -> Field:
    """The same, compiled, where blocks make up the whole picture."""
    from greenscreen.segment.blocks import means

    h, w = image.shape[:2]
    if h % BLOCK or w % BLOCK:
        return blocks_of(image)
    out = np.empty((h // BLOCK, w // BLOCK, 3), np.float32)
    means(image.reshape(h, 3 * w), out.reshape(len(out), -1))
    return out


def block_grid(width: int, height: int) -> tuple[int, int]:
    """How many blocks a picture has across and down."""
    return max(1, width // BLOCK), max(1, height // BLOCK)
