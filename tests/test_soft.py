"""The blurred room's compiled loops find what OpenCV finds."""

import cv2
import numpy as np
import pytest

from greenscreen import soft
from greenscreen.colour import TO_YUV, planes, to_yuv
from greenscreen.resize import TRACE, stack_radius, weighted_blur

SIZES = [(1, 1), (1, 9), (9, 1), (2, 3), (33, 25), (100, 178)]


@pytest.mark.parametrize("sigma", [0.3, 1, 2])
@pytest.mark.parametrize("size", [(33, 25), (100, 178)])
def test_they_blur_the_same(size: tuple[int, int], sigma: float) -> None:
    rng = np.random.default_rng(0)
    room = rng.integers(0, 256, (*size, 3), np.uint8)
    person = np.clip(rng.normal(0, 1, size), 0, 1).astype(np.float32)
    weight = 1 - np.asarray(cv2.dilate(person, np.ones((3, 3), np.uint8)), np.float32)
    expected = to_yuv(weighted_blur(room.astype(np.float32), weight, sigma)).transpose(2, 0, 1)
    found = np.empty((3, *size), np.uint8)
    soft.blur(room, person, stack_radius(sigma, size), TRACE, TO_YUV, found)
    np.testing.assert_allclose(found, expected, atol=0.6)


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("size", SIZES)
def test_of_one_colour_it_is_that_colour_however_little_is_seen_of_it(size: tuple[int, int], share: float) -> None:
    found, room = np.empty((3, *size), np.uint8), np.full((*size, 3), 200, np.uint8)
    soft.blur(room, np.full(size, share, np.float32), stack_radius(2, size), TRACE, TO_YUV, found)
    expected = 188 if share < 1 else found[0, 0, 0]
    assert expected >= 16
    assert np.abs(found[0].astype(int) - expected).max() <= 1
    assert np.abs(found[1:].astype(int) - 128).max() <= 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("large", [(2, 2), (8, 6), (200, 356), (180, 322)])
def test_they_enlarge_the_same_in_one_go_and_in_strips(size: tuple[int, int], large: tuple[int, int]) -> None:
    small = np.random.default_rng(0).integers(16, 236, (3, *size), np.uint8)
    (height, width), rows = large, large[0] // 2
    whole, parts, expected = np.zeros((3, height * 3 // 2, width), np.uint8)
    soft.enlarge(small, whole, 0, rows)
    for first in range(0, rows, 3):
        soft.enlarge(small, parts, first, min(first + 3, rows))
    np.testing.assert_array_equal(parts, whole)
    for plane, out in zip(small, planes(expected), strict=True):
        cv2.resize(plane, out.shape[::-1], dst=out, interpolation=cv2.INTER_LINEAR)
    # Shares are rounded to parts of 128, once across and once down.
    np.testing.assert_allclose(whole.astype(int), expected, atol=3)
