"""Frames: the small guide picture that most stages read."""

import numpy as np
import pytest

from greenscreen.picture.frame import GUIDE, Frame, Picture


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 500), (20_000, 10), (640, 360), (1280, 720), (1919, 1079), (1920, 1080), (3840, 2160)]
)
def test_the_guide_is_small_but_never_smaller_than_needed(size: tuple[int, int]) -> None:
    width, height = size
    guide = Frame(np.zeros((height, width, 3), np.uint8), 0, 0).guide
    assert min(guide.shape[:2]) >= min(GUIDE, *size)
    assert min(guide.shape[:2]) < 2 * GUIDE
    assert guide.shape[1] / guide.shape[0] == pytest.approx(width / height, rel=0.02)


def test_the_guide_is_an_average_not_a_sample() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    image[::2, ::2] = 200
    assert int(Frame(image, 0, 0).guide.max()) == pytest.approx(50, abs=1)


def test_a_transparent_picture_has_four_channels_of_pixels() -> None:
    image, alpha = np.zeros((2, 3, 3), np.uint8), np.full((2, 3), 7, np.uint8)
    assert Picture(image, alpha, 0, transparent=True).pixels[0, 0].tolist() == [0, 0, 0, 7]
    assert Picture(image, alpha, 0).pixels.shape == (2, 3, 3)
