"""A camera's picture is made I420 and small in one compiled pass: the same as by OpenCV, one after the other."""

import numpy as np
import pytest

from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Frame
from greenscreen.planar import Planar, converted, fits


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    assert Planar().wait()


def noise(width: int, height: int) -> Frame:
    return Frame(np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8), 0, 0)


@pytest.mark.parametrize("size", [(640, 360), (854, 480), (1280, 720), (1920, 1080), (2880, 2880)])
def test_it_is_the_same_picture_and_the_same_guide(size: tuple[int, int]) -> None:
    """The last has the most pixels a place of the guide may be the mean of: nothing may wrap around."""
    frame = noise(*size)
    assert fits(frame)
    found = converted(frame)
    np.testing.assert_array_equal(found.pixels, to_i420(frame.pixels))
    np.testing.assert_allclose(found.guide.astype(int), frame.guide, atol=1)
    np.testing.assert_array_equal(found.channels, found.guide.transpose(2, 0, 1))


@pytest.mark.parametrize("size", [(640, 360), (854, 480), (1280, 720), (1920, 1080), (2880, 2880)])
def test_planes_have_the_same_guide(size: tuple[int, int]) -> None:
    frame = noise(*size).as_planar()
    assert fits(frame)
    found = converted(frame)
    assert found.pixels is frame.pixels
    np.testing.assert_allclose(found.guide.astype(int), frame.guide, atol=4)
    np.testing.assert_array_equal(found.channels, found.guide.transpose(2, 0, 1))


@pytest.mark.parametrize("planar", [False, True])
def test_white_stays_white_however_much_is_added_up(planar: bool) -> None:
    white = Frame(np.full((2880, 2880, 3), 255, np.uint8), 0, 0)
    assert (converted(white.as_planar() if planar else white).guide == 255).all()


@pytest.mark.parametrize("size", [(320, 240), (960, 540), (1366, 768), (800, 600), (3240, 3240)])
def test_where_the_guide_is_no_such_mean_it_is_made_as_ever(size: tuple[int, int]) -> None:
    frame = noise(*size)
    assert not fits(frame)
    np.testing.assert_array_equal(Planar()(frame).guide, frame.as_planar().guide)


def test_a_part_of_a_picture_is_made_as_ever() -> None:
    """Framing crops without copying, and the loop takes whole rows."""
    frame = noise(1300, 720)
    part = Frame(frame.pixels[:, 10:1290], 0, 0)
    np.testing.assert_array_equal(Planar()(part).pixels, to_i420(np.ascontiguousarray(part.pixels)))
