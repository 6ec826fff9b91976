"""Keys the outline: where person and room differ clearly in colour, alpha is how much of either a pixel looks like.

Fisher, "The Use of Multiple Measurements in Taxonomic Problems" (1936): of all ways to look at colours, his linear
discriminant is the one that best tells two groups apart, here what is surely person and what is surely room around a
place. As in robust matting (Wang and Cohen, CVPR 2007), it counts only as far as it can be believed: the groups must
lie far apart for their scatter, and the pixel's own colour between them. Elsewhere the guided filter's alpha stays.
Before an even wall it is believed sooner: whatever colours curls have, what looks like the wall between them is wall.

Everything is found on cells of two by two pixels of the guide. The discriminant is an affine function of the colour, as
the guided filter's alpha is, and takes its place in the same form.
"""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture import memory
from greenscreen.picture.band import Field
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Alpha, Image, Matte

RADIUS = 10
"""Half-width of the window in which person and room are looked at, in cells."""
SURE = 0.98
"""A cell is person if the alpha of all its pixels is at least this, and room if it is at most what is left."""
FEW = 9
"""With fewer cells of either in the window, nothing is known."""
NOISE = 4.0
"""Variance of a colour, in levels squared, that is the camera's and none of the groups' own."""
ALIKE, APART = 8.0, 14.0
"""Distance of the groups (Mahalanobis's, in standard deviations) up to which the discriminant does not count, and from
which on it does."""
UNEVEN, EVEN = 12.0, 24.0
"""How many times farther apart they lie than the room's own colours are spread, up to which the room is uneven, and
from which on it is even: a wall. Before a wall half of those distances will do."""
BARE, SHINY = 0.4, 0.8
"""How far from room to person a pixel lies that may be wall between curls, and one that is rather a gleam on them, for
which the whole distance is asked."""
NEAR, FAR = 0.2, 0.4
"""How far a colour may be from all mixtures of the two, as a share of their distance, and when it is neither's."""
HAZE = 0.15
"""What the discriminant leaves hazy, this near to 0 or 1, is that."""

Wide = NDArray[np.float64]


def keyed(alpha: Alpha) -> Alpha:
    """An alpha that the guided filter found, keyed where that is better; the same where it is 0 or 1 all around."""
    frame = alpha.frame
    if frame.planar:
        small, lines = mixed_fast(frame.channels, alpha.small, alpha.lines)
    else:
        small, lines = mixed(frame.guide, alpha.small, alpha.lines)
    return replace(alpha, small=small, lines=lines)


def mixed(guide: Image, small: Matte, lines: Field) -> tuple[Matte, Field]:
    """Alphas at the size of the guide, and the lines that they follow, both keyed."""
    h, w = small.shape
    keys, shares = np.split(enlarged(cell_keys(guide, small))[:, :h, :w], [4])
    lines = lines * (1 - shares) + keys
    blue, green, red = cv2.split(guide)
    values = np.clip(lines[0] * blue + lines[1] * green + lines[2] * red + lines[3], 0, 1)
    return np.where(shares[0] > 0, values, small), lines


def mixed_fast(channels: Bytes, small: Matte, lines: Field) -> tuple[Matte, Field]:
    """The same, compiled, of the guide's channels, `(3, h, w)`, and in place."""
    from greenscreen.refine import keying_kernels as kernels

    h, w = small.shape
    cells = memory.empty((2, (h + 1) // 2, (w + 1) // 2), np.uint8)
    # For as much as there may be to see, as memory is kept for each shape.
    room = memory.empty((kernels.room_for_keys(RADIUS, *cells[0].shape),), np.float32)
    limits = RADIUS, FEW, NOISE, ALIKE, APART, UNEVEN, EVEN, BARE, SHINY, NEAR, FAR, HAZE
    kernels.key(channels, small, lines, SURE, limits, cells, room)
    return small, lines


def cell_keys(guide: Image, small: Matte) -> Field:
    """Of each cell the discriminant's lines times their share, and that share, in [0, 1]: `(5, h / 2, w / 2)`."""
    colours = halved(guide).astype(np.float64)
    person, room = cells(small >= SURE), cells(small <= 1 - SURE)
    # The outline, and the cells around.
    near = cv2.dilate(1 - (cells(small <= 0) | cells(small >= 1)), np.ones((3, 3), np.uint8)) > 0
    counts = [windowed(group) for group in (person, room)]
    means = [
        windowed(colours * group[..., None]) / np.maximum(count, 1)[..., None]
        for group, count in zip((person, room), counts, strict=True)
    ]
    known = near & (np.minimum(*counts) >= FEW)
    found = np.zeros((5, *near.shape), np.float32)
    if not known.any():
        return found
    either, both = (person | room)[..., None, None], (counts[0] + counts[1])[known][:, None, None]
    (n, m), (p, q) = (count[known] for count in counts), (mean[known] for mean in means)
    products = colours[..., :, None] * colours[..., None, :] * either
    scatter = np.stack([windowed(products[..., i, :]) for i in range(3)], 2)[known]
    scatter -= n[:, None, None] * p[:, :, None] * p[:, None, :] + m[:, None, None] * q[:, :, None] * q[:, None, :]
    # Of the difference of two colours, one of either.
    scatter = 2 * scatter / both + NOISE * np.eye(3)
    apart, own = p - q, colours[known] - q
    slopes, unlike = (np.linalg.solve(scatter, x[..., None])[..., 0] for x in (apart, own))
    distance = np.maximum((slopes * apart).sum(1), 1e-6)
    # The pixel's place between the groups, and how far it is from there, in their distance.
    place = (slopes * own).sum(1) / distance
    alpha = np.clip(place, 0, 1)
    beside = np.sqrt(np.maximum((unlike * own).sum(1) / distance + alpha * (alpha - 2 * place), 0))
    # In every direction at once, which is at least as much as along the discriminant.
    squares = windowed((colours**2).sum(2) * room)[known] / m
    spread = squares - (q * q).sum(1) + 3 * NOISE
    even = np.clip((np.sqrt((apart * apart).sum(1) / spread) - UNEVEN) / (EVEN - UNEVEN), 0, 1)
    even *= np.clip((SHINY - place) / (SHINY - BARE), 0, 1)
    alike, enough = ALIKE * (1 - even / 2), APART * (1 - even / 2)
    share = np.clip((np.sqrt(distance) - alike) / (enough - alike), 0, 1)
    share *= np.clip((FAR - beside) / (FAR - NEAR), 0, 1)
    scale = share / (1 - 2 * HAZE)
    slopes = slopes / distance[:, None]
    found[:3, known] = (slopes * scale[:, None]).T
    found[3, known] = -((slopes * q).sum(1) + HAZE) * scale
    found[4, known] = share
    return found


def halved(image: Image) -> Image:
    """The means of cells."""
    height, width = (image.shape[0] + 1) // 2, (image.shape[1] + 1) // 2
    out = memory.empty((height, width, 3), np.uint8)
    return np.asarray(cv2.resize(even(image), (width, height), dst=out, interpolation=cv2.INTER_AREA), np.uint8)


def cells(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """1 where the mask holds for a whole cell."""
    pixels = even(mask.view(np.uint8))
    whole: NDArray[np.uint8] = pixels[::2, ::2] & pixels[1::2, ::2] & pixels[::2, 1::2] & pixels[1::2, 1::2]
    return whole


def even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With the last row or column once more where their number is odd."""
    h, w = image.shape[:2]
    if h % 2 == w % 2 == 0:
        return image
    return np.asarray(cv2.copyMakeBorder(image, 0, h % 2, 0, w % 2, cv2.BORDER_REPLICATE), np.uint8)


def windowed(values: NDArray[Any]) -> Wide:
    """Sums over windows; beyond the picture's border there is nothing."""
    size = (2 * RADIUS + 1, 2 * RADIUS + 1)
    return np.asarray(
        cv2.boxFilter(values, cv2.CV_64F, size, normalize=False, borderType=cv2.BORDER_CONSTANT), np.float64
    )


def enlarged(fields: Field) -> Field:
    """Fields of cells to pixels, interpolated."""
    return np.stack([cv2.resize(field, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR) for field in fields])
