"""The blurred room's compiled loops find what OpenCV finds."""

import cv2
import numpy as np
import pytest

from greenscreen.composite import Composite, Soft, soft
from greenscreen.picture.colour import TO_YUV, planes, to_yuv
from greenscreen.picture.frame import Alpha, Frame
from greenscreen.picture.resize import TRACE, stack_radius, weighted_blur

SIZES = [(1, 1), (1, 9), (9, 1), (2, 3), (33, 25), (100, 178)]


def across(size: tuple[int, int]) -> np.ndarray:
    """Room with something in it, as there is."""
    return np.full((size[0], 4, size[1]), 7, np.float32)


@pytest.mark.parametrize("sigma", [0.3, 1, 2])
@pytest.mark.parametrize("size", [(33, 25), (100, 178)])
def test_they_blur_the_same(size: tuple[int, int], sigma: float) -> None:
    rng = np.random.default_rng(0)
    room = rng.integers(0, 256, (*size, 3), np.uint8)
    person = np.clip(rng.normal(0, 1, size), 0, 1).astype(np.float32)
    weight = 1 - np.asarray(cv2.dilate(person, np.ones((3, 3), np.uint8)), np.float32)
    expected = to_yuv(weighted_blur(room.astype(np.float32), weight, sigma)).transpose(2, 0, 1)
    found = np.empty((3, *size), np.uint8)
    soft.blur(room.reshape(size[0], -1), person, stack_radius(sigma, size), TRACE, TO_YUV, across(size), found)
    np.testing.assert_allclose(found, expected, atol=0.6)


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("size", SIZES)
def test_of_one_colour_it_is_that_colour_however_little_is_seen_of_it(size: tuple[int, int], share: float) -> None:
    found, room = np.empty((3, *size), np.uint8), np.full((*size, 3), 200, np.uint8)
    room = room.reshape(size[0], -1)
    soft.blur(room, np.full(size, share, np.float32), stack_radius(2, size), TRACE, TO_YUV, across(size), found)
    expected = 188 if share < 1 else found[0, 0, 0]
    assert expected >= 16
    assert np.abs(found[0].astype(int) - expected).max() <= 1
    assert np.abs(found[1:].astype(int) - 128).max() <= 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("large", [(2, 2), (8, 6), (200, 356), (180, 322)])
def test_it_is_enlarged_as_by_opencv_whatever_part_is_asked_for(size: tuple[int, int], large: tuple[int, int]) -> None:
    small = np.random.default_rng(0).integers(16, 236, (3, *size), np.uint8)
    (height, width), (h, _) = large, size
    expected = cv2.resize(small[1], (width, height), interpolation=cv2.INTER_LINEAR)
    whole, parts = np.zeros((2, height, width), np.uint8)
    rows = np.empty((h, width + soft.BLOCK), np.uint8)
    soft.widened(small, 1, 0, height, height, width, rows)
    for y in range(height):
        soft.between(rows, h, 0, y, height, np.array([[0, width]]), 1, 1, whole, y)
    for first in range(0, height, 3):
        soft.widened(small, 1, first, min(first + 3, height), height, width, rows)
        for y in range(first, min(first + 3, height)):
            soft.between(
                rows, h, first, y, height, np.array([[0, width // 4], [width // 4, width // 2]]), 2, 2, parts, y
            )
    np.testing.assert_array_equal(parts, whole)
    # Shares are rounded to parts of 128, once across and once down.
    np.testing.assert_allclose(whole.astype(int), expected, atol=3)


def test_a_soft_backdrop_is_seen_as_if_it_had_been_enlarged_before() -> None:
    """In strips, behind edges and where there is nobody."""
    rng = np.random.default_rng(1)
    frame = Frame(rng.integers(0, 256, (360, 640, 3), np.uint8), 0, 0).as_planar()
    matte = np.zeros((180, 320), np.float32)
    matte[40:160, 100:200] = 1
    matte[60:120, 90:100] = rng.random((60, 10), np.float32)
    alpha = Alpha(frame, matte, np.zeros((4, 180, 320), np.float32))
    behind = Soft(rng.integers(16, 236, (3, 100, 178), np.uint8))
    nobody = Alpha(frame, np.zeros_like(matte), alpha.lines)
    enlarged = Composite(frame, nobody, behind).i420
    for plane, small in zip(planes(enlarged), behind.planes, strict=True):
        expected = cv2.resize(small, plane.shape[::-1], interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(plane.astype(int), expected, atol=3)
    found = Composite(frame, alpha, behind).i420
    np.testing.assert_array_equal(found, Composite(frame, alpha, enlarged).i420)
    assert (found[150:200, 220:380] == frame.pixels[150:200, 220:380]).all()
