"""Light wrap: the new backdrop's light bleeds softly over the person's edge, as a bright room's does in a lens.

Brinkmann, "The Art and Science of Digital Compositing" (2nd edition, 2008): what is seen of the backdrop is blurred and
screened over the person, in linear light (IEC 61966-2-1), so that it adds and never darkens, and black adds nothing.
It varies slowly, so it is found on half the guide, for the person's colour as it is around each place.
"""

import cv2
import numpy as np

from greenscreen.band import Field
from greenscreen.frame import Image, Matte

REACH = 1 / 60
"""How far the light comes in, as a sigma in shares of the picture's height."""
FAINT = 0.5
"""Levels of 255 by which a colour must change for it to count."""

_ENCODED = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_ENCODED <= 0.04045, _ENCODED / 12.92, ((_ENCODED + 0.055) / 1.055) ** 2.4).astype(np.float32)


def wrapped_light(person: Field, behind: Image, alpha: Matte, strength: float) -> Field:
    """What the backdrop's light adds to the person's colours: `(h, w, 3)` BGR in [0, 255].

    `person` `(h, w, 3)` has the person's colours in [0, 255], and `behind` is the backdrop, both BGR and sRGB-encoded;
    `alpha` of any size and `strength` are in [0, 1].
    """
    size = person.shape[1::-1]
    room = 1 - np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    seen = _LINEAR[cv2.resize(behind, size, interpolation=cv2.INTER_AREA)] * (room * np.float32(strength))[..., None]
    light = np.asarray(cv2.GaussianBlur(seen, (0, 0), max(0.5, size[1] * REACH)), np.float32)
    own = np.rint(person).astype(np.uint8)
    added = np.zeros_like(light)
    # The person's alone is lit, and away from the edge no light comes.
    near = (room < 1) & (cv2.transform(light, np.ones((1, 3), np.float32)) > 1e-4)
    before = _LINEAR[own[near]]
    added[near] = np.maximum(0, 255 * _encoded(before + light[near] * (1 - before)) - own[near])
    return added


def _encoded(linear: Field) -> Field:
    """Linear light in [0, 1], sRGB-encoded."""
    bright = np.float32(1.055) * linear ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(linear <= 0.0031308, linear * np.float32(12.92), bright)
