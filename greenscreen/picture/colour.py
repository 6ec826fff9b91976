"""Colour spaces: BGR as files and windows have it, and I420 in ITU-R BT.601 limited range as webcams speak it."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture import memory

Bytes = NDArray[np.uint8]

TO_YUV = np.array([[0.098, 0.504, 0.257, 16], [0.439, -0.291, -0.148, 128], [-0.071, -0.368, 0.439, 128]], np.float32)
"""`TO_YUV @ (B, G, R, 1)` is Y, U, V: BT.601 for eight bits, luma 16 to 235, chroma 16 to 240."""
TO_BGR = np.linalg.inv(np.vstack([TO_YUV, [0, 0, 0, 1]]))[:3].astype(np.float32)
"""`TO_BGR @ (Y, U, V, 1)` is B, G, R."""


def to_i420(image: Bytes) -> Bytes:
    """`(H, W, 3)` BGR to `(H * 3 / 2, W)` I420: the planes Y, U and V. An odd last row or column is left out."""
    height, width = image.shape[0] & ~1, image.shape[1] & ~1
    out = memory.empty((height * 3 // 2, width), np.uint8)
    return np.asarray(cv2.cvtColor(image[:height, :width], cv2.COLOR_BGR2YUV_I420, dst=out), np.uint8)


def from_i420(pixels: Bytes) -> Bytes:
    """`(H * 3 / 2, W)` I420 to `(H, W, 3)` BGR."""
    out = memory.empty((pixels.shape[0] * 2 // 3, pixels.shape[1], 3), np.uint8)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_YUV2BGR_I420, dst=out), np.uint8)


def planes(pixels: Bytes) -> tuple[Bytes, Bytes, Bytes]:
    """The planes of I420 pixels, to be read or written: Y `(H, W)`, U and V `(H / 2, W / 2)`."""
    height, width = pixels.shape[0] * 2 // 3, pixels.shape[1]
    u, v = pixels[height:].reshape(2, height // 2, width // 2)
    return pixels[:height], u, v


def by_planes(make: Callable[[Bytes], Bytes], pixels: Bytes) -> Bytes:
    """What `make` makes of a picture, BGR or I420: of BGR at once, of I420 of each plane, which must stay even."""
    if pixels.ndim == 3:
        return make(pixels)
    made = [make(plane) for plane in planes(pixels)]
    height, width = made[0].shape
    out = memory.empty((height * 3 // 2, width), np.uint8)
    for plane, into in zip(made, planes(out), strict=True):
        into[:] = plane
    return out


def to_bgr(y: Bytes, u: Bytes, v: Bytes) -> Bytes:
    """Y, U and V, `(h, w)` all of one size, to BGR `(h, w, 3)`."""
    yuv, out = memory.empty((*y.shape, 3), np.uint8), memory.empty((*y.shape, 3), np.uint8)
    return np.asarray(cv2.transform(cv2.merge([y, u, v], yuv), TO_BGR, dst=out), np.uint8)


def to_yuv(bgr: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(h, w, 3)` B, G, R in [0, 255] to Y, U, V of the same size."""
    return np.asarray(cv2.transform(bgr, TO_YUV), np.float32)
