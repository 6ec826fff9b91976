"""Puts the person before a backdrop. Works on the trimap's unknown band alone; the rest is two copies."""

import cv2
import numpy as np

from greenscreen.band import Field
from greenscreen.frame import Alpha, Frame, Image
from greenscreen.resize import weighted_blur

SPREAD = 1.2
"""How far the person's and the room's colours are looked for, as a sigma in pixels of half the guide."""


def composite(frame: Frame, alpha: Alpha, behind: Image) -> Image:
    """The person of the frame over `behind`, `(H, W, 3)` BGR of the same size, as a new picture.

    Blending happens on sRGB-encoded values, as every video tool does, so that edges look as people expect them.
    """
    out = np.asarray(cv2.copyTo(frame.image, alpha.values, behind.copy()), np.uint8)
    share, room = edge_share(alpha), alpha.band.colours(behind)
    blended = room + (person_colours(frame, alpha, share) - room) * share
    out.reshape(-1, 3)[alpha.band.indices] = np.rint(blended).astype(np.uint8)
    return out


def cut_out(frame: Frame, alpha: Alpha) -> Image:
    """The person's own colours, not multiplied by alpha, black where alpha is 0: nothing of the room is left."""
    out = np.asarray(cv2.copyTo(frame.image, alpha.values, np.zeros_like(frame.image)), np.uint8)
    share = edge_share(alpha)
    colour = np.where(share > 0, person_colours(frame, alpha, share), 0)
    out.reshape(-1, 3)[alpha.band.indices] = np.rint(colour).astype(np.uint8)
    return out


def edge_share(alpha: Alpha) -> Field:
    """Alpha in the unknown band, `(N, 1)` in [0, 1]."""
    return alpha.values.reshape(-1)[alpha.band.indices].astype(np.float32)[:, None] * np.float32(1 / 255)


def person_colours(frame: Frame, alpha: Alpha, share: Field) -> Field:
    """The person's colours in the unknown band, `(N, 3)` in [0, 255], freed of the room's that shine through.

    Forte, "Approximate Fast Foreground Colour Estimation" (ICIP 2021): person and room are each blurred, weighted by
    their share of a pixel, and the pixel's remaining difference is given to the person. The blurs are found on a small
    picture. `share` is `(N, 1)` in [0, 1].
    """
    h, w = alpha.small.shape
    size = (max(1, w // 2), max(1, h // 2))
    colour = cv2.resize(frame.guide, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = np.asarray(cv2.resize(alpha.small, size, interpolation=cv2.INTER_AREA), np.float32)
    person = alpha.band.sample(weighted_blur(colour, weight, SPREAD))
    room = alpha.band.sample(weighted_blur(colour, 1 - weight, SPREAD))
    rest = alpha.band.colours(frame.image) - share * person - (1 - share) * room
    freed: Field = np.clip(person + share * rest, 0, 255)
    return freed
