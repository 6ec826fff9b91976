"""The network's memory, moved with the picture: its last matte is brought to where things are now before it looks.

Told where an arm was, the network loses it while it moves fast; told where it is, it does not. So blocks of the picture
are found in the one before, by hierarchical block matching as in video encoders, and what was believed of them goes
where they went. Where the picture then looks as it did, and the network is in doubt, its last mind counts as well: that
of one frame, never of more, so that nothing lags and no ghost lives on. Where nothing moves, nothing is done. And where
all of the picture is found in the one before, that matte, moved, is as good as another look.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture import memory
from greenscreen.picture.band import Field
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Image, Matte

Ints = NDArray[np.int32]

BLOCK = 8
"""Side of a block, which has one vector."""
MARGIN = 4
"""Pixels around a block that are compared with it: less, and a block of little texture goes astray."""
WINDOW = BLOCK + 2 * MARGIN
ROWS = 2
"""Every so many rows of a window are compared, which finds the same in half the time."""
REACH = 20
"""Farthest that anything is followed, in pixels of the network's input."""
PAD = REACH + BLOCK + MARGIN + 2
FIRST_STEP = 4
"""With which the search begins on the half-size picture; it is halved until it is 1."""
STILL = 2 * WINDOW * WINDOW // ROWS
"""Cost up to which a block has not moved: two levels a pixel, which is noise and compression."""
ALIKE = 2 * STILL
"""Cost up to which nothing better is looked for farther away."""
STRANGE = 3 * STILL
"""Cost above which a block is found nowhere in the picture before: something new has come into view."""
OUTLINE = 0.02
"""Change of the matte within a window in which the outline is followed to fractions of a pixel."""
LIKE, UNLIKE = 4.0, 10.0
"""Difference, in levels around a pixel, up to which it looks like where it comes from, and from which not at all."""
SHARE = 0.5
"""How much of what was there counts, where the picture is alike and the network most in doubt."""
DOUBT = 0.1
"""How far from 0 and 1 the network's matte must be for all of that."""


class Pair(NamedTuple):
    """A picture in gray, whole and at half the size, with borders."""

    whole: Bytes
    half: Bytes


@dataclass(frozen=True, slots=True)
class Step:
    """From one picture to the next: the last matte where its parts are now, and where each block comes from."""

    before: Pair
    now: Pair
    moved: Matte
    vectors: Field


class Motion:
    """Follows the picture from one look of the network to the next."""

    def __init__(self) -> None:
        self._image: Image | None = None
        self._seen: Pair | None = None
        self._matte: Matte | None = None
        self._vectors: Ints | None = None
        self._step: Step | None = None
        self._carried = False
        self.explains = False
        """Whether all of the picture last brought to was found in the one before."""

    def bring(self, image: Image) -> Matte | None:
        """The last matte, moved to where its parts are in the network's input `(h, w, 3)`.

        None where the network's own last one can stay as it is: at first, in another size, and where nothing moves.
        """
        last, matte, before = self._image, self._matte, self._seen
        self._image, self._seen, self._step, self.explains = image, None, None, False
        if last is None or matte is None or last.shape != image.shape or matte.shape != image.shape[:2]:
            self._vectors = None
            return None
        # Not before it is needed: photos have no use for it, and Numba is heavy.
        from greenscreen.segment import blocks

        before, now = before or pair(last), pair(image)
        rows, columns = (-(-max(1, side // 2) // BLOCK) for side in matte.shape)
        known = np.zeros((rows, columns, 2), np.int32) if self._vectors is None else self._vectors
        found, moves = np.empty((rows, columns, 2), np.int32), np.empty((rows, columns), np.bool_)
        moving, strange = blocks.follow(now.half, before.half, known, found, moves)
        self.explains = not strange
        self._seen, self._vectors = now, found
        if not moving:
            return matte if self._carried else None
        moved, shape = memory.copied(matte), (-(-side // BLOCK) for side in matte.shape)
        vectors = np.empty((*shape, 2), np.float32)
        blocks.bring(now.whole, before.whole, bordered(matte), found, moves, vectors, moved)
        self._step = Step(before, now, moved, vectors)
        return moved

    def keep(self, matte: Matte) -> Matte:
        """What to make of the network's matte of that picture, which is itself what is remembered."""
        self._matte, step, self._step, self._carried = matte, self._step, None, False
        if step is None:
            return matte
        from greenscreen.segment import blocks

        mixed = memory.copied(matte)
        blocks.mix(step.now.whole, step.before.whole, step.vectors, step.moved, mixed)
        return mixed

    def carry(self) -> Matte | None:
        """The last matte, where it was brought to, in place of a look at that picture; none if there is no last one."""
        if self._step:
            self._matte, self._step = self._step.moved, None
        self._carried = True
        return self._matte

    def reset(self) -> None:
        self._image = self._seen = self._matte = self._vectors = self._step = None
        self.explains = self._carried = False


def pair(image: Image) -> Pair:
    """A picture as motion is found in it."""
    from greenscreen.segment import blocks

    h, w = image.shape[:2]
    if h % 2 or w % 2:
        gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
        half = cv2.resize(gray, [max(1, side // 2) for side in gray.shape[::-1]], interpolation=cv2.INTER_AREA)
        return Pair(bordered(gray), bordered(np.asarray(half)))
    made = Pair(*(memory.empty((h // n + 2 * PAD, w // n + 2 * PAD), np.uint8) for n in (1, 2)))
    blocks.shades(image.reshape(h, 3 * w), made.whole, made.half)
    return made


def bordered(plane: NDArray[Any]) -> NDArray[Any]:
    """With its outermost places repeated on all sides."""
    out = memory.empty((plane.shape[0] + 2 * PAD, plane.shape[1] + 2 * PAD), plane.dtype.type)
    cv2.copyMakeBorder(plane, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE, dst=out)
    return out
