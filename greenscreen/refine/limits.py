"""What people may want of an edge other than what the picture says: more or less person, a softer or moved outline.

Lengths are in pixels of a picture 720 high, so that a setting looks the same at every resolution.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from greenscreen.picture.band import Field
from greenscreen.picture.frame import Alpha, Matte

HEIGHT = 720


@dataclass(frozen=True)
class Edges:
    """How the outline is to be; the default leaves it to the picture.

    `threshold`, in (0, 1), is how sure the network must be of a person. `shift` moves the outline outward, or inward
    if negative. `outward` and `inward` are how far it is feathered to each side, which leaves the other as it is.
    """

    threshold: float = 0.5
    shift: float = 0.0
    outward: float = 0.0
    inward: float = 0.0


def thresholded(matte: Matte, threshold: float) -> Matte:
    """The matte as if the network's odds were measured against those of `threshold`; 0 and 1 stay what they are."""
    if threshold == 0.5:
        return matte
    yes, no = matte * np.float32(1 - threshold), (1 - matte) * np.float32(threshold)
    return np.asarray(yes / (yes + no), np.float32)


def bounded(alpha: Alpha, edges: Edges) -> Alpha:
    """The alpha with its outline as wanted."""
    between = limits(alpha.small, edges)
    return replace(alpha, small=np.clip(alpha.small, *between), between=between) if between else alpha


def limits(alpha: Matte, edges: Edges) -> tuple[Field, Field] | None:
    """Least and greatest alpha of each place, `(h, w)` in [0, 1], between which the edges' are kept; none if no limits.

    `alpha` is the whole picture's at any size. Both follow from the distance to its outline.
    """
    if not any(sides(edges)):
        return None
    start, slope = ramp(edges, alpha.shape[0])
    soft = np.clip((_depth(alpha) + np.float32(start)) * np.float32(slope), 0, 1).astype(np.float32)
    low, high = sides(edges)
    return soft if low else np.zeros_like(soft), soft if high else np.ones_like(soft)


def ramp(edges: Edges, height: int) -> tuple[float, float]:
    """`start` and `slope` of the wanted outline: alpha is `(depth + start) * slope`, clipped to [0, 1].

    The depth inside the matte's outline is in pixels of a picture this high.
    """
    unit = height / HEIGHT
    width = (edges.outward + edges.inward) * unit
    # Nothing at this size is sharper than a ramp of one pixel.
    slack = max(0.0, 1 - width) / 2
    return (edges.shift + edges.outward) * unit + slack, 1 / (width + 2 * slack)


def sides(edges: Edges) -> tuple[bool, bool]:
    """Whether there is a least and whether there is a greatest alpha."""
    return edges.shift > 0 or edges.outward > 0, edges.shift < 0 or edges.inward > 0


def _depth(alpha: Matte) -> Field:
    """Distance to where alpha is one half, in pixels: positive inside, and finer than a pixel next to it."""
    inside = (alpha > 0.5).astype(np.uint8)
    if inside.all() or not inside.any():
        return np.where(inside, np.float32(1e4), np.float32(-1e4)).astype(np.float32)
    within = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
    without = np.asarray(cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
    # Both count from the next pixel's centre; the outline lies half-way, or nearer as alpha says.
    return np.where(inside, within - 1, 1 - without).astype(np.float32) + (alpha - np.float32(0.5))
