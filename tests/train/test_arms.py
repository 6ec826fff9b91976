"""Raised arms: they belong to somebody, look like theirs, and leave everything else alone."""

import numpy as np
import pytest

from train.arms import drawn, raise_arm, waved


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


def test_an_arm_that_moves_is_in_part_where_it_was_and_the_body_stays() -> None:
    colour, alpha = np.full((96, 160, 3), 90, np.uint8), np.zeros((96, 160), np.float32)
    alpha[50:, 40:100] = 1
    tint = np.array([200.0, 200, 200])
    limbs = [
        (np.array([95.0, 60]), np.array([115.0, 70]), 10.0, tint),
        (np.array([115.0, 70]), np.array([118.0, 20]), 8.0, tint),
    ]
    seen_through = []
    for seed in range(5):
        still = drawn(np.random.default_rng(seed), colour, alpha, limbs)[1]
        picture, moving = waved(np.random.default_rng(seed), colour, alpha, limbs)
        assert (moving[alpha == 1] > 0.99).all()
        assert moving.max() <= 1
        outside = alpha == 0
        assert moving[outside].sum() == pytest.approx(still[outside].sum(), rel=0.25)
        seen_through += [((matte > 0.1) & (matte < 0.9)).sum() for matte in (moving, still)]
        assert picture[moving > 0.3].min() >= 60
        np.testing.assert_array_equal(picture[moving == 0], colour[moving == 0])
    assert sum(seen_through[::2]) > 1.5 * sum(seen_through[1::2])
