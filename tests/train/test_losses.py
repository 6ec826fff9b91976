"""Losses: least for the right answer, defined for empty pictures, stricter on the outline."""

import torch

from train.losses import boundary_cross_entropy, dice


def target() -> torch.Tensor:
    truth = torch.zeros(2, 1, 8, 8)
    truth[0, :, 2:6, 2:6] = 1
    return truth


def test_the_right_answer_costs_nothing_and_the_wrong_one_most() -> None:
    truth = target()
    right, wrong = 40 * (truth - 0.5), -40 * (truth - 0.5)
    outline = torch.ones_like(truth)
    for loss in (lambda x: boundary_cross_entropy(x, truth, outline), lambda x: dice(x, truth)):
        assert loss(right) < 1e-3
        assert loss(right) < loss(torch.zeros_like(truth)) < loss(wrong)


def test_a_mistake_on_the_outline_costs_more() -> None:
    truth = target()
    outline = torch.zeros_like(truth)
    outline[0, 0, 2, 2] = 1
    on, off = 40 * (truth - 0.5), 40 * (truth - 0.5)
    on[0, 0, 2, 2], off[0, 0, 4, 4] = -20, -20
    assert boundary_cross_entropy(on, truth, outline) > 4 * boundary_cross_entropy(off, truth, outline)
