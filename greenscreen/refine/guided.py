"""Brings a coarse matte to the edges of the picture: the colour guided filter, evaluated only where it matters.

He, Sun and Tang, "Guided Image Filtering" (ECCV 2010): within a small window the alpha is an affine function of the
colour, `alpha = a . colour + b`. He and Sun, "Fast Guided Filter" (2015): `a` and `b` vary slowly, so they are found on
a small picture and enlarged. We enlarge them only inside the trimap's unknown band.
"""

import cv2
import numpy as np

from greenscreen.band import Band, Field
from greenscreen.frame import Alpha, Frame, Matte

RADIUS = 3
"""Half-width of the window, in pixels of the small picture: a little more than the network's uncertainty."""
EPSILON = 1e-4
"""Colour variance, of [0, 1]^2, below which the window counts as flat and alpha keeps the coarse matte's value."""
BLACK, WHITE = 0.12, 0.88
"""What the filter leaves hazy beyond these becomes exactly background or person."""


def refine_edges(frame: Frame, coarse: Matte) -> Alpha:
    """A coarse matte `(h, w)` in [0, 1], of any size, to an alpha of the frame's."""
    width, height = frame.size
    small = frame.guide
    guide = [np.asarray(plane, np.float32) for plane in cv2.split(small.astype(np.float32) * np.float32(1 / 255))]
    matte = np.asarray(cv2.resize(coarse, small.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    a, b = coefficients(guide, matte)
    alpha = levels(a[0] * guide[0] + a[1] * guide[1] + a[2] * guide[2] + b)

    known = np.where(alpha > 0.5, np.uint8(255), np.uint8(0))
    values = np.asarray(cv2.resize(known, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    unknown = cv2.dilate(((alpha > 0) & (alpha < 1)).astype(np.uint8), np.ones((3, 3), np.uint8))
    band = Band.of(unknown.astype(np.uint8, copy=False), width, height)
    at, colour = band.sample(np.dstack([*a, b])), band.colours(frame.image) * np.float32(1 / 255)
    edge = levels(np.einsum("ij,ij->i", at[:, :3], colour) + at[:, 3])
    values.reshape(-1)[band.indices] = np.rint(edge * 255).astype(np.uint8)
    return Alpha(values, band, alpha)


def coefficients(guide: list[Field], matte: Matte) -> tuple[list[Field], Field]:
    """The guided filter's `a` (one plane a colour) and `b`, averaged over all windows a pixel is in.

    `guide` is three planes `(h, w)` in [0, 1], `matte` is `(h, w)` in [0, 1].
    """
    window = (2 * RADIUS + 1, 2 * RADIUS + 1)

    def mean(x: Field) -> Field:
        return np.asarray(cv2.blur(x, window), np.float32)

    blue, green, red = guide
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
    return [mean(ab), mean(ag), mean(ar)], mean(mp - ab * mb - ag * mg - ar * mr)


def levels(alpha: Field) -> Field:
    """Stretches [BLACK, WHITE] to [0, 1] and clips."""
    stretched: Field = np.clip((alpha - np.float32(BLACK)) * np.float32(1 / (WHITE - BLACK)), 0, 1)
    return stretched
