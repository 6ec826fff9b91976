"""Metrics: the figures that papers print, at their known values."""

import numpy as np
import pytest

from train.metrics import boundary_iou, iou, mad


def square(side: int, shift: int = 0) -> np.ndarray:
    alpha = np.zeros((100, 100), np.float32)
    alpha[20 + shift : 20 + shift + side, 20 : 20 + side] = 1
    return alpha


def test_perfect_and_empty() -> None:
    for truth in (square(40), np.zeros((10, 10), np.float32), np.ones((10, 10), np.float32)):
        assert iou(truth, truth) == 1
        assert boundary_iou(truth, truth) == 1
        assert mad(truth, truth) == 0


def test_known_values() -> None:
    assert iou(square(40, 10), square(40)) == pytest.approx(30 / 50)
    assert mad(np.full((4, 4), 0.25, np.float32), np.zeros((4, 4), np.float32)) == pytest.approx(250)
    assert iou(square(40), np.zeros((100, 100), np.float32)) == 0


def test_boundary_iou_is_stricter_than_iou() -> None:
    assert boundary_iou(square(60, 2), square(60)) < iou(square(60, 2), square(60)) - 0.2
