"""The test picture is the same every time, and its matte is the one it was made with."""

import numpy as np
import pytest

from greenscreen.sources.synthetic import SyntheticSource


def test_the_same_pixels_come_every_time() -> None:
    runs = [[frame.image for frame in SyntheticSource((64, 48), frames=3)] for _ in range(2)]
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (61, 47), (1, 1)])
def test_any_size_can_be_had(size: tuple[int, int]) -> None:
    with SyntheticSource(size, fps=10, frames=2) as source:
        frames = list(source)
    assert [frame.size for frame in frames] == [size] * 2
    assert [frame.time for frame in frames] == [0, 0.1]
    assert [frame.fresh for frame in frames] == [True, False]
    assert frames[0].image.dtype == np.uint8


def test_the_person_stands_where_the_true_alpha_says_and_moves() -> None:
    source = SyntheticSource((320, 180), frames=31)
    frames, alphas = list(source), [source.true_alpha(index) for index in (0, 30)]
    assert alphas[0].dtype == np.float32
    assert 0.1 < alphas[0].mean() < 0.5
    assert ((alphas[0] > 0) & (alphas[0] < 1)).any(), "the edge is soft"
    room = (alphas[0] == 0) & (alphas[1] == 0)
    np.testing.assert_array_equal(frames[0].image[room], frames[30].image[room])
    assert abs(alphas[0] - alphas[1]).mean() > 0.05
