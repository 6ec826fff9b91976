"""Time: mattes stand still when nothing moves, and do not trail when something does."""

import itertools

import numpy as np

from greenscreen.refine import TemporalSmoother


def test_noise_is_averaged_away() -> None:
    rng = np.random.default_rng(0)
    smoother = TemporalSmoother()
    frames = [np.clip(0.5 + rng.normal(0, 0.02, (20, 20)), 0, 1).astype(np.float32) for _ in range(60)]
    smooth = [smoother.smooth(frame).copy() for frame in frames]

    def flicker(mattes: list[np.ndarray]) -> float:
        return float(np.mean([np.abs(a - b).mean() for a, b in itertools.pairwise(mattes[10:])]))

    assert flicker(smooth) < 0.35 * flicker(frames)


def test_a_jump_is_followed_at_once() -> None:
    """No ghost: a hand that leaves a place is gone from it in the same frame."""
    smoother = TemporalSmoother()
    smoother.smooth(np.ones((4, 4), np.float32))
    assert smoother.smooth(np.zeros((4, 4), np.float32)).max() == 0


def test_a_constant_matte_is_left_as_it_is() -> None:
    smoother = TemporalSmoother()
    matte = np.random.default_rng(1).random((8, 8), np.float32)
    for _ in range(5):
        np.testing.assert_array_equal(smoother.smooth(matte), matte)


def test_a_slow_drift_arrives() -> None:
    """Accumulation is in float: nothing sticks short of its value."""
    smoother = TemporalSmoother()
    smoother.smooth(np.zeros((1, 1), np.float32))
    for step in range(200):
        out = smoother.smooth(np.full((1, 1), min(step, 100) / 100, np.float32))
    assert out[0, 0] > 0.999


def test_reset_and_a_new_size_start_afresh() -> None:
    smoother = TemporalSmoother()
    smoother.smooth(np.ones((4, 4), np.float32))
    smoother.reset()
    assert smoother.smooth(np.full((4, 4), 0.9, np.float32)).min() == np.float32(0.9)
    assert smoother.smooth(np.full((2, 3), 0.8, np.float32)).shape == (2, 3)
