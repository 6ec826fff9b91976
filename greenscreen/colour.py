"""Colour spaces on the way out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.frame import Image


def to_i420(image: Image) -> NDArray[np.uint8]:
    """`(H, W, 3)` BGR of even size to `(H * 3 / 2, W)` I420: planes Y, U, V in ITU-R BT.601 limited range."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
