"""The clean plate: a picture of the room without the person, and what it knows better than the network.

Where the picture looks like the room, and all around too, there is nobody; where it looks unlike it, something stands
before it. Both are evidence: their odds are multiplied with the network's, so that neither rules alone (Criminisi et
al., "Bilayer Segmentation of Live Video", CVPR 2006, weigh colour and a learnt prior alike). Before they are compared,
the plate follows what a camera on a desk does by itself: a shake of a pixel or two and the exposure, found together on
the room around the person by least squares (Lucas and Kanade, IJCAI 1981; Hager and Belhumeur, PAMI 1998).

All of it happens at the size of the guide.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.band import Field
from greenscreen.frame import Image, Matte

Mask = NDArray[np.bool_]

ROUNDS = 2
"""How often shift and exposure are found, each from where the last left off."""
SPARSE = 3
"""Every so manieth place of each direction is asked for them."""
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
        window = np.ones((2 * AROUND + 1, 2 * AROUND + 1), np.uint8)
        around = np.asarray(cv2.dilate(matte, window))[::SPARSE, ::SPARSE] < 0.2
        picture = guide.astype(np.float32)
        if around.mean() > LEAST:
            self._follow(picture, around)
        room = shifted(self.room, self._shift) * self._gain + self._offset
        picture, room = blurred(picture), blurred(room)
        unlike = unlikeness(picture, room)
        there = unlike[::SPARSE, ::SPARSE][around]
        usual = max(QUIETEST, float(np.median(there))) if there.size else QUIETEST
        off = float((there > OTHER[0] * usual).mean()) if there.size else 0.0
        self.fits = usual < NOISIEST and off < (GIVE_WAY if self.fits else RETURN)
        if not self.fits:
            return coarse
        unlike *= np.float32(1 / usual)
        return weighed(matte, unlike, in_shadow(picture, room, SAME[0] * usual), gray(picture))

    def _follow(self, picture: Field, around: Mask) -> None:
        """Finds shift and exposure of the picture on the room `around` the person."""
        seen, still = gray(picture), gray(self.room)
        believed, shift, moved = around, np.zeros(2), still
        for _ in range(ROUNDS):
            gain, across, down, offset = fitted([moved, *slopes(moved)], seen, believed)
            shift = np.clip(shift + np.array([across, down]) / max(gain, 0.1), -MOST_SHIFT, MOST_SHIFT)
            moved = shifted(still, shift)
            rest = np.abs(seen - gain * moved - offset)[::SPARSE, ::SPARSE]
            # What stands where the network sees nobody, such as a shadow, has no say.
            believed = around & (rest <= 3 * np.median(rest[believed]) + 1)
        self._shift = shift
        room = shifted(self.room, shift)
        light = [fitted([room[..., c]], picture[..., c], believed) for c in range(3)]
        self._gain, self._offset = np.array(light, np.float32).T


def fitted(terms: Sequence[Field], seen: Field, believed: Mask) -> NDArray[np.float64]:
    """The factors by which `terms` `(h, w)` and one add up to what is `seen`, the least squares'.

    `believed` says at which of every `SPARSE`th place.
    """
    columns = [term[::SPARSE, ::SPARSE][believed] for term in terms]
    table = np.stack([*columns, np.ones_like(columns[0])], 1).astype(np.float64)
    normal, target = table.T @ table, table.T @ seen[::SPARSE, ::SPARSE][believed]
    # A room of one colour tells neither shift nor contrast: then the smallest answer is taken.
    return np.asarray(np.linalg.lstsq(normal, target, rcond=1e-9)[0], np.float64)


def slopes(image: Field) -> tuple[Field, Field]:
    """How the image changes from pixel to pixel, across and down (Sobel's)."""
    ways = (cv2.Sobel(image, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
    across, down = (np.asarray(way, np.float32) for way in ways)
    return across, down


def shifted(image: Field, shift: NDArray[np.float64]) -> Field:
    """What lies `shift` pixels (x, y) further, brought here."""
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(image, matrix, image.shape[1::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.float32)


def unlikeness(picture: Field, room: Field) -> Field:
    """How far the colours of each place, `(h, w, 3)`, are from the room's, of 255, but for edges a little askew."""
    across, down = slopes(room)
    slack = np.float32(ASKEW) * (np.abs(across) + np.abs(down))
    return brightest(np.maximum(np.abs(picture - room) - slack, 0))


def in_shadow(picture: Field, room: Field, most: float) -> Mask:
    """Where the picture may be the room in somebody's shadow: darker, and of the same colour but for `most` levels."""
    dark = gray(picture) / np.maximum(gray(room), 1)
    off = brightest(np.abs(picture - room * dark[..., None]))
    return np.asarray((dark > SHADOW) & (dark < 1) & (off < most))


def weighed(matte: Matte, unlike: Field, shadow: Mask, light: Field) -> Matte:
    """The network's odds, times the plate's; `light` is the picture's, in [0, 255]."""
    # One place may look like the room by accident; all around it, hardly, unless it is black or white altogether.
    worst, peak = (np.asarray(cv2.dilate(unlike, np.ones((side, side), np.uint8))) for side in (3, 5))
    at = matte > NOBODY
    # What is much less unlike than the places beside it is the outline, half room, and not yet somebody.
    whole = np.clip((unlike[at] / np.maximum(peak[at], 1e-3) - HALF[0]) / (HALF[1] - HALF[0]), 0, 1)
    here = np.clip((unlike[at] - OTHER[0]) / (OTHER[1] - OTHER[0]), 0, 1) * whole * ~shadow[at]
    room = np.clip((SAME[1] - worst[at]) / (SAME[1] - SAME[0]), 0, 1)
    room *= (light[at] > BLACK) & (light[at] < WHITE)
    sure = np.minimum(matte[at], SURELY)
    out = np.zeros_like(matte)
    out[at] = 1 / (1 + (1 - sure) / sure * np.exp(ROOM * room - SOMEBODY * here))
    return out


def blurred(image: Image | Field) -> Field:
    return np.asarray(cv2.blur(image.astype(np.float32), (3, 3)), np.float32)


def gray(image: Field) -> Field:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.float32)


def brightest(image: Field) -> Field:
    blue, green, red = cv2.split(image)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.float32)


EMPTY = 0.01
"""Share of the picture that may look like a person to the network when nobody is there."""
STIRRED, STIR = 12.0, 0.02
"""Difference of a place, of 255, that counts as motion, and the share of the picture that may move: a clock, a curtain,
but nobody whom the network fails to see."""
ASIDE = 2.0
"""Seconds that the room is filmed."""
EVERY = 0.1
"""Seconds between two of its pictures."""
PATIENCE = 30.0
"""Seconds to wait until somebody steps aside."""


class Taking:
    """Waits until nobody has been in the picture for two seconds, and makes a plate of what was seen meanwhile."""

    def __init__(self) -> None:
        self._begun: float | None = None
        self._pictures: list[tuple[float, Image]] = []
        self.given_up = False
        """Whether it waited too long; nothing will come of it."""

    def look(self, guide: Image, coarse: Matte, time: float) -> Plate | None:
        """One frame's guide `(h, w, 3)`, matte and time in seconds; the plate when there is one."""
        self._begun = time if self._begun is None else self._begun
        self.given_up = time - self._begun > PATIENCE
        if not self._empty(guide, coarse):
            self._pictures.clear()
        elif not self._pictures or time - self._pictures[-1][0] >= EVERY:
            self._pictures.append((time, guide))
        if not self._pictures or time - self._pictures[0][0] < ASIDE:
            return None
        return Plate([picture for _, picture in self._pictures])

    def _empty(self, guide: Image, coarse: Matte) -> bool:
        # Put so that what is not a number counts as somebody.
        if not float((coarse > 0.5).mean()) + float(np.isnan(coarse).mean()) < EMPTY:
            return False
        first = self._pictures[0][1] if self._pictures else guide
        if first.shape != guide.shape:
            return False
        return bool((brightest(np.abs(blurred(guide) - blurred(first))) > STIRRED).mean() < STIR)
