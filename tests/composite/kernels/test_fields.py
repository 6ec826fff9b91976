"""What the compiled compositor knows around edges is what the slow way finds."""

import cv2
import numpy as np
import pytest

from greenscreen.composite.kernels import fields
from greenscreen.picture.frame import Alpha, Frame


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (90, 161), (180, 320)])
def test_the_band_is_found_as_the_slow_way_finds_it(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    sure = np.round(cv2.blur(rng.random(size, np.float32), (9, 9)))
    small = np.where(rng.random(size) < 0.02, rng.random(size, np.float32), sure)
    alpha = Alpha(Frame(np.zeros((*size, 3), np.uint8), 0, 0), small, np.zeros((4, *size), np.float32))
    kind, near = np.empty((2, *size), np.uint8)
    fields.find_band(small, kind, near, np.full((2, *small.shape), 7, np.uint8))
    np.testing.assert_array_equal(kind, alpha.kind)
    np.testing.assert_array_equal(near, cv2.dilate(alpha.unknown, np.ones((3, 3), np.uint8)))
