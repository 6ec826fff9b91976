"""Colours on the way out: BT.601 limited range, as ITU-R BT.601-7 has it."""

import cv2
import numpy as np
import pytest

from greenscreen.colour import to_i420

PATCHES = {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0), "gray": (128, 128, 128)}
EXPECTED = {"red": (81, 90, 240), "green": (145, 54, 34), "blue": (41, 240, 110), "gray": (126, 128, 128)}


@pytest.mark.parametrize("name", PATCHES)
def test_pure_colours_become_the_standards_values_and_come_back(name: str) -> None:
    image = np.full((4, 6, 3), PATCHES[name], np.uint8)
    planes = to_i420(image).reshape(-1)
    y, u, v = planes[:24], planes[24:30], planes[30:36]
    for plane, value in zip((y, u, v), EXPECTED[name], strict=True):
        assert np.abs(plane.astype(int) - value).max() <= 1
    back = cv2.cvtColor(to_i420(image), cv2.COLOR_YUV2BGR_I420)
    assert np.abs(back.astype(int) - image).max() <= 2
