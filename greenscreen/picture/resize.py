"""Pictures fitted and blurred."""

import math

import cv2
import numpy as np

from greenscreen.picture import memory
from greenscreen.picture.band import Field
from greenscreen.picture.frame import Image, Matte

TRACE = 0.003
"""How much, beside what is near, the mean of all counts in a weighted blur."""


def cover(image: Image, width: int, height: int) -> Image:
    """The middle of the picture, scaled to fill this size; never stretched, cut where its shape differs."""
    h, w = image.shape[:2]
    scale = max(width / w, height / h)
    crop_w, crop_h = min(w, max(1, round(width / scale))), min(h, max(1, round(height / scale)))
    left, top = (w - crop_w) // 2, (h - crop_h) // 2
    cropped = image[top : top + crop_h, left : left + crop_w]
    return _resize(cropped, width, height, cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def letterbox(image: Image, width: int, height: int) -> Image:
    """The whole picture at exactly this size: scaled, never stretched, with black where its shape differs."""
    h, w = image.shape[:2]
    scale = min(width / w, height / h)
    inner_w, inner_h = max(1, round(w * scale)), max(1, round(h * scale))
    out = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner_w) // 2, (height - inner_h) // 2
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    out[top : top + inner_h, left : left + inner_w] = cv2.resize(image, (inner_w, inner_h), interpolation=interpolation)
    return out


def stretched(matte: Matte, width: int, height: int) -> Matte:
    """A matte at this size, interpolated; itself where that is its own."""
    if matte.shape == (height, width):
        return matte
    out = memory.empty((height, width), np.float32)
    return np.asarray(cv2.resize(matte, (width, height), dst=out, interpolation=cv2.INTER_LINEAR), np.float32)


def weighted_blur(colour: Field | Image, weight: Field, sigma: float) -> Field:
    """Blur of `(h, w, 3)` in which each pixel counts by its weight `(h, w)`: normalised convolution.

    Knutsson and Westin (CVPR 1993). The kernel is a stack blur of the Gaussian's sigma, in pixels. Where nothing of
    weight is near, the mean of all that has weight stands in.
    """
    planes = [plane * weight for plane in cv2.split(colour)]
    weighted = cv2.merge([*planes, weight])
    size = 2 * stack_radius(sigma, weight.shape) + 1
    mean = np.array(cv2.mean(weighted), np.float32) + np.float32(1e-6)
    *blurred, whole = cv2.split(cv2.stackBlur(weighted, (size, size)))
    # A trace of the whole picture's mean, which is all there is where nothing of weight is near.
    trace = mean * np.float32(TRACE / mean[3])
    share = 1 / (whole + trace[3])
    return np.asarray(
        cv2.merge([(plane + part) * share for plane, part in zip(blurred, trace, strict=False)]), np.float32
    )


def stack_radius(sigma: float, shape: tuple[int, ...]) -> int:
    """How far a stack blur reaches that is as wide as a Gaussian of this sigma, within a picture of this shape."""
    # The standard deviation of a triangle of half-width r, which a stack blur is, is sqrt(r (r + 2) / 6).
    return min(max(1, round(math.sqrt(1 + 6 * sigma * sigma) - 1)), min(shape) // 2)


def _resize(image: Image, width: int, height: int, interpolation: int) -> Image:
    out = memory.empty((height, width, 3), np.uint8)
    return np.asarray(cv2.resize(image, (width, height), dst=out, interpolation=interpolation), np.uint8)
