"""The unknown band: a shortcut that must give what working on the whole picture would."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.picture.band import Band


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 1000), width=st.integers(1, 90), height=st.integers(1, 90))
def test_sampling_the_band_equals_enlarging_the_whole_field(seed: int, width: int, height: int) -> None:
    rng = np.random.default_rng(seed)
    h, w = rng.integers(1, 20, 2)
    mask = rng.integers(0, 2, (h, w), np.uint8)
    field = rng.random((h, w, 3), np.float32)
    band = Band.of(mask, width, height)
    whole = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
    # remap works in 1/32 of a pixel
    np.testing.assert_allclose(band.sample(field), whole.reshape(-1, 3)[band.indices], atol=0.07)


def test_the_band_covers_exactly_what_the_small_mask_covers() -> None:
    mask = np.array([[0, 1], [0, 0]], np.uint8)
    band = Band.of(mask, 6, 4)
    rows, columns = np.divmod(band.indices, 6)
    assert set(rows) == {0, 1}
    assert set(columns) == {3, 4, 5}


def test_colours_are_those_of_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    band = Band.of(np.ones((1, 1), np.uint8), 7, 5)
    np.testing.assert_array_equal(band.colours(image), image.reshape(-1, 3))


@pytest.mark.parametrize("size", [(3, 2), (4000, 1500), (8192, 4100)])
def test_an_empty_and_a_huge_band_work(size: tuple[int, int]) -> None:
    """The last as of a photo of 100 megapixels of which the network makes nothing."""
    for value in (0, 1):
        band = Band.of(np.full((2, 2), value, np.uint8), *size)
        assert band.sample(np.ones((2, 2, 1), np.float32)).shape == (size[0] * size[1] * value, 1)
