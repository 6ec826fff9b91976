"""Fitting and blurring pictures."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.picture.resize import cover, letterbox, weighted_blur


@settings(deadline=None, max_examples=30)
@given(st.tuples(*[st.integers(1, 300)] * 4))
def test_cover_fills_every_size(sizes: tuple[int, int, int, int]) -> None:
    w, h, width, height = sizes
    assert cover(np.zeros((h, w, 3), np.uint8), width, height).shape == (height, width, 3)


def test_cover_cuts_instead_of_stretching() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    cv2.circle(image, (150, 50), 40, (255, 255, 255), -1)
    fitted = cover(image, 200, 200)
    across, down = (fitted[100, :, 0] > 127).sum(), (fitted[:, 100, 0] > 127).sum()
    assert across == pytest.approx(down, abs=2)


def test_pixels_without_weight_do_not_bleed_into_the_blur() -> None:
    colour = np.full((60, 60, 3), 40, np.float32)
    weight = np.ones((60, 60), np.float32)
    colour[20:40, 20:40], weight[20:40, 20:40] = 255, 0
    np.testing.assert_allclose(weighted_blur(colour, weight, 3), 40, atol=0.01)


def test_the_blur_is_as_wide_as_a_gaussian_of_its_sigma() -> None:
    line = np.zeros((1, 201, 3), np.float32)
    line[0, 100] = 1
    line = np.repeat(line, 201, 0)
    blurred = weighted_blur(line, np.ones((201, 201), np.float32), 6)[100, :, 0]
    x = np.arange(201) - 100
    blurred = blurred - blurred.min()
    assert np.sqrt((blurred * x * x).sum() / blurred.sum()) == pytest.approx(6, rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 2)])
def test_tiny_pictures_can_be_blurred(shape: tuple[int, int]) -> None:
    colour = np.full((*shape, 3), 9, np.float32)
    for weight in (0, 1):
        out = weighted_blur(colour, np.full(shape, weight, np.float32), 30)
        assert np.isfinite(out).all()


def test_letterboxing_keeps_the_shape() -> None:
    boxed = letterbox(np.full((10, 10, 3), 200, np.uint8), 40, 20)
    assert boxed.shape == (20, 40, 3)
    assert (boxed[:, :10] == 0).all()
    assert (boxed[:, 10:30] == 200).all()
    assert letterbox(np.zeros((1, 20000, 3), np.uint8), 40, 20).shape == (20, 40, 3)
