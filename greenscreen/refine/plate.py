"""The clean plate: a picture of the room without the person, and what it knows better than the network.

Where the picture looks like the room, and all around too, there is nobody; where it looks unlike it, something stands
before it. Both are evidence: their odds are multiplied with the network's, so that neither rules alone (Criminisi et
al., "Bilayer Segmentation of Live Video", CVPR 2006, weigh colour and a learnt prior alike). Before they are compared,
the plate follows what a camera on a desk does by itself: a shake of a pixel or two and the exposure, found together on
the room around the person by least squares (Lucas and Kanade, IJCAI 1981; Hager and Belhumeur, PAMI 1998).

All of it happens at the size of the guide.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture.band import Field
from greenscreen.picture.frame import Image, Matte

Mask = NDArray[np.bool_]

ROUNDS = 2
"""How often shift and exposure are found, each from where the last left off."""
SPARSE = 4
"""Every so manieth place of each direction is asked for them."""
FEW = (slice(None), slice(None, None, SPARSE), slice(None, None, SPARSE))
"""Every `SPARSE`th place of planes."""
MOST_SHIFT = 3.0
"""Pixels of the guide; a camera that was pushed further no longer films the plate."""
AROUND = 6
"""Pixels of the guide around the person that are not yet believed to be room."""
LEAST = 0.05
"""Share of the picture that must be room to tell how bright the room is today; with less, what was found last stays."""
SAME, OTHER = (4.0, 16.0), (8.0, 40.0)
"""Differences from the plate, in times the usual one: between the first two a place ceases to look like the room, and
between the others it begins to look like somebody."""
HALF = 0.3, 0.8
"""A place's difference as a share of the greatest beside it, between which it is the outline rather than somebody."""
QUIETEST = 1.0
"""Usual difference, of 255, at least: less is no camera's."""
ASKEW = 0.35
"""Pixels by which the plate may still be askew, so that its own edges are no difference."""
SHADOW = 0.55
"""How dark a person's shadow leaves the room: what is darker is none."""
ROOM, SOMEBODY = 10.0, 8.0
"""Evidence, in log-odds, of looking like the room and of not: the first is the rarer accident."""
NOBODY, SURELY = 1e-4, 0.998
"""The network's word is taken for nobody up to the first, as a door that opens must not be shown; for somebody it
counts as no firmer than the second, or the plate could never correct it."""
BLACK, WHITE = 24.0, 240.0
"""Beyond these, of 255, all looks alike: a dark suit like the dark behind it."""
NOISIEST = 6.0
"""Usual difference above which it is no longer noise but another room, or the same from elsewhere."""
GRAY = np.array([0.114, 0.587, 0.299], np.float32)
"""Shares of blue, green and red in light (ITU-R BT.601)."""
GIVE_WAY, RETURN = 0.25, 0.15
"""Share of the believed room that looks unlike the plate, above which it is ignored, and below which it is used again:
a lamp, a door, a camera that was moved."""


class Plate:
    """The room without the person, and how it is seen today. One a camera position; remembers the last exposure."""

    def __init__(self, pictures: Sequence[Image]):
        """The room, filmed: guides `(h, w, 3)` uint8 BGR, one or more."""
        self.room: Field = np.median(np.stack(pictures), 0).astype(np.float32)
        self.fits = True
        """Whether the plate showed the room of the last frame."""
        light = gray(planes(self.room))
        # What a shift is told by: light, and how it changes across and down.
        self._slopes: Field = np.dstack([light, *slopes(light)])
        soft = blurred(self.room)
        self._still = soft, np.float32(ASKEW) * np.stack([sum(map(np.abs, slopes(plane))) for plane in soft])
        self._brought, self._by = self._still, (0.0, 0.0)
        self._gain, self._offset = np.ones(3, np.float32), np.zeros(3, np.float32)
        self._shift = np.zeros(2)

    def correct(self, guide: Image, coarse: Matte) -> Matte:
        """The network's matte `(h', w')` in [0, 1], as the plate mends it, at the size of the `guide` `(h, w, 3)`.

        What is not a number counts as room. Where the plate does not fit, the matte is given back as it is.
        """
        if guide.shape != self.room.shape:
            self.fits = False
            return coarse
        matte = np.asarray(
            cv2.resize(np.nan_to_num(coarse, nan=0), guide.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32
        )
        around = dilated(matte, 2 * AROUND + 1)[::SPARSE, ::SPARSE] < 0.2
        if around.mean() > LEAST:
            self._follow(guide[::SPARSE, ::SPARSE], around)
        picture = blurred(guide)
        there = unlikeness(picture[FEW], *self._today(FEW))[around]
        usual = max(QUIETEST, float(np.median(there))) if there.size else QUIETEST
        off = float((there > OTHER[0] * usual).mean()) if there.size else 0.0
        self.fits = usual < NOISIEST and off < (GIVE_WAY if self.fits else RETURN)
        if not self.fits:
            return coarse
        out = np.zeros_like(matte)
        at = box(matte > NOBODY)
        if at:
            room, slack = self._today((..., *at))
            picture = picture[(..., *at)]
            unlike = unlikeness(picture, room, slack) * np.float32(1 / usual)
            out[at] = weighed(matte[at], unlike, in_shadow(picture, room, SAME[0] * usual), gray(picture))
        return out

    def _follow(self, few: Image, around: Mask) -> None:
        """Finds shift and exposure on the room `around` the person, of which every `SPARSE`th place is seen."""
        colours = planes(few)
        seen = gray(colours)
        believed, shift, room = around, np.zeros(2), planes(self._slopes[::SPARSE, ::SPARSE])
        for _ in range(ROUNDS):
            gain, right, below, offset = fitted(room, seen, believed)
            shift = np.clip(shift + np.array([right, below]) / max(gain, 0.1), -MOST_SHIFT, MOST_SHIFT)
            room = planes(shifted(self._slopes, shift, SPARSE))
            rest = np.abs(seen - gain * room[0] - offset)
            # What stands where the network sees nobody, such as a shadow, has no say.
            believed = around & (rest <= 3 * np.median(rest[believed]) + 1)
        self._shift = shift
        room = planes(shifted(self.room, shift, SPARSE))
        found = [fitted(room[c : c + 1], colours[c], believed) for c in range(3)]
        self._gain, self._offset = np.array(found, np.float32).T

    def _today(self, part: tuple[Any, ...]) -> tuple[Field, Field]:
        """A part of the room, blurred, as the last frame would show it, and of how much may be due to its edges."""
        by = tuple(np.round(self._shift, 1))
        if by != self._by:
            room, slack = self._still
            self._by, self._brought = by, (moved(room, by), moved(slack, by))
        room, slack = self._brought
        gain = self._gain[:, None, None]
        return room[part] * gain + self._offset[:, None, None], slack[part] * gain


def fitted(terms: Field, seen: Field, believed: Mask) -> NDArray[np.float64]:
    """Factors by which `terms` `(k, h, w)` and one add up to what is `seen` where `believed`, by least squares."""
    at = np.flatnonzero(believed)
    table = np.vstack([terms.reshape(len(terms), -1)[:, at], np.ones(at.size)])
    normal, target = table @ table.T, table @ seen.reshape(-1, 1)[at]
    # A room of one colour tells neither shift nor contrast: then the smallest answer is taken.
    return np.asarray(cv2.solve(normal, target, flags=cv2.DECOMP_SVD)[1], np.float64)[:, 0]


def slopes(image: Field) -> tuple[Field, Field]:
    """How the image changes from pixel to pixel, across and down (Sobel's)."""
    ways = (cv2.Sobel(image, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
    across, down = (np.asarray(way, np.float32) for way in ways)
    return across, down


def shifted(image: Field, shift: Sequence[float] | NDArray[np.float64], every: int = 1) -> Field:
    """What lies `shift` pixels (x, y) further, brought here; of `every` so manieth place alone."""
    height, width = image.shape[:2]
    matrix = np.array([[every, 0, shift[0]], [0, every, shift[1]]])
    size = -(-width // every), -(-height // every)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE), np.float32)


def moved(field: Field, shift: Sequence[float]) -> Field:
    """The same for planes."""
    return np.stack([shifted(plane, shift) for plane in field])


def unlikeness(picture: Field, room: Field, slack: Field) -> Field:
    """How far the colours of each place, `(3, h, w)`, are from the room's, of 255, but for what may be edges askew."""
    return np.asarray(np.maximum((np.abs(picture - room) - slack).max(0), 0), np.float32)


def in_shadow(picture: Field, room: Field, most: float) -> Mask:
    """Where the picture may be the room in somebody's shadow: darker, and of the same colour but for `most` levels."""
    dark = gray(picture) / np.maximum(gray(room), 1)
    off = np.abs(picture - room * dark).max(0)
    return np.asarray((dark > SHADOW) & (dark < 1) & (off < most))


def weighed(matte: Matte, unlike: Field, shadow: Mask, light: Field) -> Matte:
    """The network's odds, times the plate's; `light` is the picture's, in [0, 255]."""
    # One place may look like the room by accident; all around it, hardly, unless it is black or white altogether.
    worst, peak = dilated(unlike, 3), dilated(unlike, 5)
    # What is much less unlike than the places beside it is the outline, half room, and not yet somebody.
    whole = np.clip((unlike / np.maximum(peak, 1e-3) - HALF[0]) / (HALF[1] - HALF[0]), 0, 1)
    here = np.clip((unlike - OTHER[0]) / (OTHER[1] - OTHER[0]), 0, 1) * whole * ~shadow
    room = np.clip((SAME[1] - worst) / (SAME[1] - SAME[0]), 0, 1)
    room *= (light > BLACK) & (light < WHITE)
    sure = np.clip(matte, NOBODY, SURELY)
    odds = 1 / (1 + (1 - sure) / sure * np.exp(ROOM * room - SOMEBODY * here))
    return np.asarray(np.where(matte > NOBODY, odds, 0), np.float32)


def box(mask: Mask) -> tuple[slice, slice] | None:
    """The rows and columns that hold all of a mask, and as many beside them as `weighed` looks at, if it holds any."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    if not rows.size:
        return None
    return slice(max(rows[0] - 2, 0), rows[-1] + 3), slice(max(columns[0] - 2, 0), columns[-1] + 3)


def planes(image: Image | Field) -> Field:
    """`(h, w, 3)` as `(3, h, w)` float32: one channel after the other."""
    return np.ascontiguousarray(np.moveaxis(image, 2, 0), np.float32)


def blurred(image: Image | Field) -> Field:
    """A picture `(h, w, 3)` as planes `(3, h, w)`, in [0, 255]."""
    return planes(np.asarray(cv2.boxFilter(image, cv2.CV_32F, (3, 3)), np.float32))


def dilated(field: Field, side: int) -> Field:
    """The greatest within a window of so many places across and down."""
    return np.asarray(cv2.dilate(field, np.ones((side, side), np.uint8)), np.float32)


def gray(colours: Field) -> Field:
    """The light of planes of blue, green and red."""
    return np.asarray(GRAY @ colours.reshape(3, -1), np.float32).reshape(colours.shape[1:])
