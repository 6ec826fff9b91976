"""What is sent instead of a picture: a camera, crossed out. It says the same in every language."""

from functools import lru_cache

import cv2
import numpy as np

from greenscreen.picture.frame import Image

QUIET = 0.2
"""Seconds between two of them: enough for programs that watch, and next to no work."""

_GROUND, _MARK = (46, 40, 36), (150, 140, 132)
_FINE = 4  # bits of a pixel's fraction in OpenCV's coordinates


@lru_cache(maxsize=4)
def placeholder(width: int, height: int) -> Image:
    """`(height, width, 3)` uint8 BGR, not to be written to."""
    image = np.full((height, width, 3), _GROUND, np.uint8)
    unit = min(width, height) / 18

    def spot(x: float, y: float) -> tuple[int, int]:
        return round((width / 2 + x * unit) * 2**_FINE), round((height / 2 + y * unit) * 2**_FINE)

    def stroke(start: tuple[float, float], end: tuple[float, float], thick: float, colour: tuple[int, ...]) -> None:
        thickness = max(1, round(thick * unit))
        cv2.line(image, spot(*start), spot(*end), colour, thickness, cv2.LINE_AA, _FINE)

    # A thick outline rounds the corners of what it surrounds.
    for shape in ([(-3, -1.6), (0.9, -1.6), (0.9, 1.6), (-3, 1.6)], [(2, 0), (3.4, -1.1), (3.4, 1.1)]):
        corners = np.array([spot(*corner) for corner in shape], np.int32)
        cv2.fillPoly(image, [corners], _MARK, cv2.LINE_AA, _FINE)
        for start, end in zip(shape, [*shape[1:], shape[0]], strict=True):
            stroke(start, end, 0.7, _MARK)
    stroke((-3.6, -3), (3.8, 3), 1.3, _GROUND)
    stroke((-3.6, -3), (3.8, 3), 0.5, _MARK)
    image.setflags(write=False)
    return image
