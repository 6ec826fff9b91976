"""Colours of other profiles as sRGB has them, for pictures that stand among others': backdrops, photos as cameras.

A profile of three curves and a matrix (ICC.1:2022, annex F), as cameras and phones embed: the curves make a photo's
numbers light, the matrix brings them to XYZ at D50. One of tables is left as it is.
"""

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture.frame import Image

Numbers = NDArray[np.float64]

_SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
"""From linear red, green and blue to XYZ at D50."""
_ROWS = 256
_STEPS = 1 << 14
_ALIKE = 0.005
"""Difference in light, of 1, up to which a profile is sRGB's own."""
_GRAY = 0.02
"""The same, up to which a profile's white is white."""


def in_srgb(image: Image, profile: bytes) -> Image:
    """Return `(H, W, 3)` uint8 BGR with the numbers that sRGB has for its colours; those it lacks become the nearest.

    The picture itself where the `profile` is empty, is sRGB's, or cannot be followed.
    """
    try:
        # What overflows in a curve of nonsense is found below.
        with np.errstate(all="ignore"):
            curves, matrix = _curves_and_matrix(profile)
    except (struct.error, ValueError, KeyError, IndexError):
        return image
    levels = np.arange(256) / 255
    # What is white must stay white.
    if not (np.abs(curves).max() < 2 and np.abs(matrix.sum(1) - 1).max() < _GRAY):
        return image
    if np.abs(curves - _light(levels)).max() < _ALIKE and np.abs(matrix - np.eye(3)).max() < _ALIKE:
        return image
    # Blue first, as the picture has it.
    table = np.ascontiguousarray(curves[::-1].T.reshape(256, 1, 3), np.float32)
    turned = np.ascontiguousarray(matrix[::-1, ::-1] * (_STEPS - 1), np.float32)
    shown = np.rint(255 * _encoded(np.arange(_STEPS) / (_STEPS - 1))).astype(np.uint8)
    out = np.empty_like(image)
    for top in range(0, len(image), _ROWS):
        light = cv2.transform(cv2.LUT(image[top : top + _ROWS], table), turned)
        out[top : top + _ROWS] = shown[np.clip(light, 0, _STEPS - 1).astype(np.uint16)]
    return out


def _curves_and_matrix(profile: bytes) -> tuple[Numbers, Numbers]:
    """Light of the 256 levels of red, green and blue, `(3, 256)`, and the matrix from there to sRGB's light."""
    (count,) = struct.unpack_from(">I", profile, 128)
    found = {}
    for n in range(min(count, 200)):
        name, at, size = struct.unpack_from(">4sII", profile, 132 + 12 * n)
        found[name] = profile[at : at + size]
    if b"A2B0" in found:
        raise ValueError("a profile of tables")
    matrix = np.array([_numbers(found[name + b"XYZ"], 8, 3) for name in (b"r", b"g", b"b")]).T
    curves = np.array([_curve(found[name + b"TRC"]) for name in (b"r", b"g", b"b")])
    return curves, np.linalg.inv(_SRGB) @ matrix


def _numbers(data: bytes, at: int, count: int) -> list[float]:
    return [value / 65536 for value in struct.unpack_from(f">{count}i", data, at)]


def _curve(data: bytes) -> Numbers:
    levels = np.arange(256) / 255
    if data.startswith(b"curv"):
        (count,) = struct.unpack_from(">I", data, 8)
        if count == 0:
            return levels
        points = np.array(struct.unpack_from(f">{count}H", data, 12), np.float64)
        return (
            levels ** (points[0] / 256) if count == 1 else np.interp(levels, np.linspace(0, 1, count), points / 65535)
        )
    if not data.startswith(b"para"):
        raise ValueError("neither a curve nor a formula")
    (kind,) = struct.unpack_from(">H", data, 8)
    g, a, b, c, d, e, f = (*_numbers(data, 12, (1, 3, 4, 5, 7)[kind]), 0, 0, 0, 0, 0, 0)[:7]
    if kind == 0:
        return levels**g
    if kind in (1, 2):
        c, d, e, f = 0, -b / a if a else 0, c, c
    return np.where(levels >= d, np.maximum(a * levels + b, 0) ** g + e, c * levels + f)


def _light(level: Numbers) -> Numbers:
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def _encoded(light: Numbers) -> Numbers:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
