"""Plateaus: the rate is halved when the validation IoU stands still, and not before."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch


def test_the_rate_halves_once_the_iou_has_stood_still_for_some_epochs(train: Callable[..., Path]) -> None:
    for steps, factor in ((4, 1), (5, 0.5)):
        last = train(str(steps), steps=steps, schedule="plateau", rate=1e-12, memory=0, average=0)
        (optimizer,) = torch.load(last, weights_only=True)["optimizer_states"]
        assert optimizer["param_groups"][0]["lr"] == pytest.approx(1e-12 * factor)
