"""Metrics: the figures that papers print, at their known values."""

import numpy as np
import pytest

from train.metrics import boundary_iou, dice, dtssd, flicker, iou, lag, mad


def square(side: int, shift: int = 0) -> np.ndarray:
    alpha = np.zeros((100, 100), np.float32)
    alpha[20 + shift : 20 + shift + side, 20 : 20 + side] = 1
    return alpha


def test_perfect_and_empty() -> None:
    for truth in (square(40), np.zeros((10, 10), np.float32), np.ones((10, 10), np.float32)):
        assert iou(truth, truth) == 1
        assert dice(truth, truth) == 1
        assert boundary_iou(truth, truth) == 1
        assert mad(truth, truth) == 0


def test_known_values() -> None:
    assert iou(square(40, 10), square(40)) == pytest.approx(30 / 50)
    assert dice(square(40, 10), square(40)) == pytest.approx(2 * 30 / 80)
    assert dice(square(40), np.zeros((100, 100), np.float32)) == 0
    assert mad(np.full((4, 4), 0.25, np.float32), np.zeros((4, 4), np.float32)) == pytest.approx(250)
    assert iou(square(40), np.zeros((100, 100), np.float32)) == 0


def test_boundary_iou_is_stricter_than_iou() -> None:
    assert boundary_iou(square(60, 2), square(60)) < iou(square(60, 2), square(60)) - 0.2


def moving(shift: int = 0) -> list[np.ndarray]:
    """A bar that stands for four frames, jumps, and stands; `shift` frames late."""
    frames = np.zeros((40, 20, 60), np.float32)
    for n, frame in enumerate(frames):
        left = 10 if n < 4 + shift else 30
        frame[:, left : left + 15] = 1
    return list(frames)


def test_what_moves_as_the_truth_does_has_no_temporal_error() -> None:
    """A constant mistake is one of space, not of time."""
    wrong = [np.clip(frame * 0.8, 0, 1) for frame in moving()]
    assert dtssd(moving(), moving()) == 0
    assert dtssd(wrong, moving()) < dtssd(moving(2), moving())
    assert flicker(wrong, moving()) == 0


def test_flicker_counts_only_where_the_truth_stands_still() -> None:
    rng = np.random.default_rng(0)
    noisy = [np.clip(frame + rng.normal(0, 0.01, frame.shape), 0, 1).astype(np.float32) for frame in moving()]
    assert flicker(moving(), moving()) == 0
    assert 2 < flicker(noisy, moving()) < 12


@pytest.mark.parametrize("late", [0, 1, 3])
def test_lag_is_counted_in_frames(late: int) -> None:
    assert lag(moving(late), moving(), step=4) == late
