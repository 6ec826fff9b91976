"""Colours on the way out: BT.601 limited range, as ITU-R BT.601-7 has it."""

import cv2
import numpy as np
import pytest

from greenscreen.picture.colour import from_i420, planes, to_bgr, to_i420, to_yuv

PATCHES = {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0), "gray": (128, 128, 128)}
EXPECTED = {"red": (81, 90, 240), "green": (145, 54, 34), "blue": (41, 240, 110), "gray": (126, 128, 128)}


@pytest.mark.parametrize("name", PATCHES)
def test_pure_colours_become_the_standards_values_and_come_back(name: str) -> None:
    image = np.full((4, 6, 3), PATCHES[name], np.uint8)
    planes = to_i420(image).reshape(-1)
    y, u, v = planes[:24], planes[24:30], planes[30:36]
    for plane, value in zip((y, u, v), EXPECTED[name], strict=True):
        assert np.abs(plane.astype(int) - value).max() <= 1
    assert np.abs(from_i420(to_i420(image)).astype(int) - image).max() <= 2


@pytest.mark.parametrize("name", PATCHES)
def test_the_matrices_say_the_same(name: str) -> None:
    """What is found on small pictures, in floating point, must fit what OpenCV makes of large ones."""
    patch = np.full((1, 1, 3), PATCHES[name], np.uint8)
    yuv = to_yuv(patch.astype(np.float32))
    np.testing.assert_allclose(yuv[0, 0], EXPECTED[name], atol=1)
    assert np.abs(to_bgr(*cv2.split(np.rint(yuv).astype(np.uint8))).astype(int) - patch).max() <= 2


def test_planes_are_views_into_the_pixels() -> None:
    pixels = to_i420(np.zeros((4, 6, 3), np.uint8))
    y, u, v = planes(pixels)
    assert (y.shape, u.shape, v.shape) == ((4, 6), (2, 3), (2, 3))
    v[:] = 200
    assert (pixels.reshape(-1)[-6:] == 200).all()


def test_an_odd_row_and_column_are_left_out() -> None:
    assert to_i420(np.zeros((5, 7, 3), np.uint8)).shape == (6, 6)
