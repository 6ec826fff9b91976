"""Raised arms: they belong to somebody, look like theirs, and leave everything else alone."""

import numpy as np

from train.arms import raise_arm


def test_an_arm_grows_out_of_the_person_and_is_of_its_colours() -> None:
    colour, alpha = np.full((96, 160, 3), (180, 60, 40), np.uint8), np.zeros((96, 160), np.float32)
    colour[20:40, 70:90] = (110, 140, 200)
    alpha[20:40, 70:90] = alpha[40:, 55:105] = 1
    reached = 0
    for seed in range(20):
        picture, longer = raise_arm(np.random.default_rng(seed), colour, alpha)
        assert (longer >= alpha).all()
        assert longer.max() <= 1
        np.testing.assert_array_equal(picture[longer == 0], colour[longer == 0])
        outside = (longer > 0.5) & (alpha < 0.5)
        reached += outside.sum() > 100
    assert reached > 12
    nobody = np.zeros_like(alpha)
    assert raise_arm(np.random.default_rng(0), colour, nobody)[1] is nobody
