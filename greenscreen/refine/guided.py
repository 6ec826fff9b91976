"""Brings a coarse matte to the edges of the picture: the colour guided filter, evaluated only where it matters.

He, Sun and Tang, "Guided Image Filtering" (ECCV 2010): within a small window the alpha is an affine function of the
colour, `alpha = a . colour + b`. He and Sun, "Fast Guided Filter" (2015): `a` and `b` vary slowly, so they are found on
a small picture. They are enlarged where they are used, and only inside the trimap's unknown band.

Where person and room look alike, as a white coat before a white wall, the picture has no edge to offer, and the filter
would follow what little the wall has of a pattern. There the coarse matte's own outline stays.
"""

import cv2
import numpy as np

from greenscreen.picture import memory
from greenscreen.picture.band import Field
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Alpha, Frame, Image, Matte
from greenscreen.picture.resize import stretched
from greenscreen.picture.strips import STRIPS, in_strips

RADIUS = 3
"""Half-width of the window, in pixels of the small picture: a little more than the network's uncertainty. The compiled
loops are made for it (loops.REACH)."""
EPSILON = 1e-4
"""Colour variance, of [0, 1]^2, below which the window counts as flat and alpha keeps the coarse matte's value."""
FLAT, LIVELY = 10.0, 25.0
"""How far the colours in a window are spread (in levels, the root of the sum of three variances) up to which they say
nothing of an outline, and from which on they are all that counts."""
DOUBT = 0.02
"""A coarse matte this near to 0 or 1 is taken to be that."""
BLACK, WHITE = 0.12, 0.88
"""What the filter leaves hazy beyond these becomes exactly background or person."""


def refine_edges(frame: Frame, coarse: Matte) -> Alpha:
    """A coarse matte `(h, w)` in [0, 1], of any size, to an alpha for the frame."""
    guide = frame.guide
    matte = stretched(coarse, *guide.shape[1::-1])
    small, lines = outlined_fast(frame.channels, matte) if frame.planar else outlined(guide, matte)
    return Alpha(frame, small, lines)


def outlined(guide: Image, matte: Matte) -> tuple[Matte, Field]:
    """The alpha at the size of the guide, and the lines that it follows."""
    # The network's faint doubts are none: where all around agrees, nothing need be looked for.
    sure = np.clip((matte - np.float32(DOUBT)) * np.float32(1 / (1 - 2 * DOUBT)), 0, 1)
    lines = coefficients(guide, sure)
    # Stretches [BLACK, WHITE] to [0, 1].
    lines[3] -= np.float32(BLACK)
    lines *= np.float32(1 / (WHITE - BLACK))
    blue, green, red = cv2.split(guide)
    small = lines[0] * blue + lines[1] * green + lines[2] * red + lines[3]
    # What is not a number is no person.
    return np.nan_to_num(np.clip(small, 0, 1)), lines


def outlined_fast(channels: Bytes, matte: Matte) -> tuple[Matte, Field]:
    """The same, compiled, of the guide's channels, `(3, h, w)`."""
    from greenscreen.refine import guided_kernels as kernels

    small, lines = memory.empty(matte.shape, np.float32), memory.empty((4, *matte.shape), np.float32)
    doubt, epsilon, stretch = np.float32(DOUBT), np.float32(EPSILON * 255**2), (np.float32(BLACK), np.float32(WHITE))
    spread = np.float32(FLAT), np.float32(LIVELY)
    # Windows of windows reach beyond a strip on both sides.
    room = kernels.room_for_outline(min(len(matte), -(-len(matte) // STRIPS) + 4 * RADIUS), matte.shape[1])

    def strip(first: int, last: int) -> None:
        free = memory.empty((room,), np.float32)
        kernels.outline(channels, matte, doubt, epsilon, spread, stretch, lines, small, free, first, last)

    in_strips(len(matte), strip)
    return small, lines


def coefficients(guide: Image, matte: Matte) -> Field:
    """The guided filter's `a` for each level of blue, green and red, and `b`, averaged over all windows a pixel is in.

    As far as the colours around it say nothing, `b` is the matte.

    `guide` is `(h, w, 3)` uint8, `matte` is `(h, w)` in [0, 1]; the answer is `(4, h, w)`.
    """
    window = (2 * RADIUS + 1, 2 * RADIUS + 1)

    def mean(x: Field) -> Field:
        return np.asarray(cv2.blur(x, window), np.float32)

    blue, green, red = (np.asarray(plane, np.float32) for plane in cv2.split(guide * np.float32(1 / 255)))
    mb, mg, mr, mp = mean(blue), mean(green), mean(red), mean(matte)
    cb, cg, cr = mean(blue * matte) - mb * mp, mean(green * matte) - mg * mp, mean(red * matte) - mr * mp
    eps = np.float32(EPSILON)
    bb, gg, rr = mean(blue * blue) - mb * mb + eps, mean(green * green) - mg * mg + eps, mean(red * red) - mr * mr + eps
    bg, br, gr = mean(blue * green) - mb * mg, mean(blue * red) - mb * mr, mean(green * red) - mg * mr
    # The symmetric 3x3 system is solved by its adjugate, for all pixels at once.
    ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - gg * br
    igg, igr, irr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    scale = 1 / (bb * ibb + bg * ibg + br * ibr)
    ab = (ibb * cb + ibg * cg + ibr * cr) * scale
    ag = (ibg * cb + igg * cg + igr * cr) * scale
    ar = (ibr * cb + igr * cg + irr * cr) * scale
    level = np.float32(1 / 255)
    lines = np.stack([mean(ab) * level, mean(ag) * level, mean(ar) * level, mean(mp - ab * mb - ag * mg - ar * mr)])
    spread = np.sqrt(np.maximum(bb + gg + rr - 3 * eps, 0)) / level
    trust = np.clip((spread - np.float32(FLAT)) / np.float32(LIVELY - FLAT), 0, 1)
    lines *= trust
    lines[3] += (1 - trust) * matte
    return lines
