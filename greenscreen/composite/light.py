"""Light wrap: the new backdrop's light bleeds softly over the person's edge, as a bright room's does in a lens.

Brinkmann, "The Art and Science of Digital Compositing" (2nd edition, 2008): what is seen of the backdrop is blurred and
screened over the person, in linear light (IEC 61966-2-1), so that it adds and never darkens, and black adds nothing.
It varies slowly, so it is found on half the guide, for the person's colour as it is around each place.
"""

from functools import cache

import cv2
import numpy as np

from greenscreen.picture import memory
from greenscreen.picture.band import Field
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Frame, Image, Matte

REACH = 1 / 60
"""How far the light comes in, as a sigma in shares of the picture's height."""
FAINT = 0.5
"""Levels of 255 by which a colour must change for it to count."""

_LEVELS = np.arange(256, dtype=np.float32) / 255
LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
"""The linear light, in [0, 1], of each sRGB-encoded level."""
_LIGHT = np.linspace(0, 1, 1025) ** 2
_SHOWN = np.where(_LIGHT <= 0.0031308, 12.92 * _LIGHT, 1.055 * _LIGHT ** (1 / 2.4) - 0.055)
ENCODED = (255 * _SHOWN).astype(np.float32)
"""The level, in [0, 255], of linear light in [0, 1], by its root: each is less than half a level from the next."""


def wrapped_light(person: Field, behind: Image, alpha: Matte, strength: float) -> Field:
    """What the backdrop's light adds to the person's colours: `(h, w, 3)` BGR in [0, 255].

    `person` `(h, w, 3)` has the person's colours in [0, 255], and `behind` is the backdrop, both BGR and sRGB-encoded;
    `alpha` of any size and `strength` are in [0, 1].
    """
    size = person.shape[1::-1]
    room = 1 - np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    seen = LINEAR[cv2.resize(behind, size, interpolation=cv2.INTER_AREA)] * (room * np.float32(strength))[..., None]
    taps = blur_taps(size[1])
    light = np.asarray(cv2.sepFilter2D(seen, -1, taps, taps, borderType=cv2.BORDER_REPLICATE), np.float32)
    own = np.rint(person).astype(np.uint8)
    added = np.zeros_like(light)
    # The person's alone is lit, and away from the edge no light comes.
    near = (room < 1) & (cv2.transform(light, np.ones((1, 3), np.float32)) > 1e-4)
    before = LINEAR[own[near]]
    lit = before + light[near] * (1 - before)
    added[near] = np.maximum(0, ENCODED[np.rint(np.sqrt(lit) * (ENCODED.size - 1)).astype(np.int32)] - own[near])
    return added


@cache
def blur_taps(height: int) -> Field:
    """The weights of the blur of light on a picture of this height, one after the other."""
    sigma = max(0.5, height * REACH)
    return np.asarray(cv2.getGaussianKernel(2 * round(3 * sigma) + 1, sigma, cv2.CV_32F), np.float32)[:, 0]


class _Latest:
    """A backdrop's light, which is found once for as long as the same picture stands there."""

    def __init__(self) -> None:
        # Whoever holds a picture keeps it from being written to, so that the same one is the same to look at.
        self._known: tuple[Bytes, Field] | None = None

    def linear(self, behind: Frame, width: int, height: int) -> Field:
        """The linear light of a backdrop made small, `(3, height, width)` B, G and R in [0, 1]."""
        known = self._known
        if known and known[0] is behind.pixels and known[1].shape[1:] == (height, width):
            return known[1]
        light = memory.empty((3, height, width), np.float32)
        np.take(LINEAR, behind.averaged(width, height).transpose(2, 0, 1), out=light, mode="clip")
        self._known = behind.pixels, light
        return light


linear_light = _Latest().linear
