"""The placeholder is a picture of its own, at every size."""

import numpy as np
import pytest

from greenscreen.picture.placeholder import placeholder


@pytest.mark.parametrize("size", [(16, 16), (97, 33), (1280, 720), (720, 1280)])
def test_it_has_the_size_asked_for_and_something_on_it(size: tuple[int, int]) -> None:
    image = placeholder(*size)
    assert image.shape == (size[1], size[0], 3)
    assert image.dtype == np.uint8
    assert image.std() > 5


def test_it_is_made_once_and_cannot_be_spoilt() -> None:
    assert placeholder(320, 180) is placeholder(320, 180)
    with pytest.raises(ValueError, match="read-only"):
        placeholder(320, 180)[:] = 0
