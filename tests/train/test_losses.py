"""Losses: least for the right answer, defined for empty pictures, stricter on the outline."""

import pytest
import torch
from torch.nn import functional as F

from train.losses import boundary_cross_entropy, dice, distillation, enlarge, focal, hints, laplacian, shrink


def target() -> torch.Tensor:
    truth = torch.zeros(2, 1, 8, 8)
    truth[0, :, 2:6, 2:6] = 1
    return truth


def test_the_right_answer_costs_nothing_and_the_wrong_one_most() -> None:
    truth = target()
    right, wrong = 40 * (truth - 0.5), -40 * (truth - 0.5)
    outline = torch.ones_like(truth)
    for loss in (
        lambda x: boundary_cross_entropy(x, truth, outline),
        lambda x: dice(x, truth),
        lambda x: focal(x, truth),
        lambda x: laplacian(x, truth),
    ):
        assert loss(right) < 1e-3
        assert loss(right) < loss(torch.zeros_like(truth)) < loss(wrong)


def test_a_mistake_on_the_outline_costs_more() -> None:
    truth = target()
    outline = torch.zeros_like(truth)
    outline[0, 0, 2, 2] = 1
    on, off = 40 * (truth - 0.5), 40 * (truth - 0.5)
    on[0, 0, 2, 2], off[0, 0, 4, 4] = -20, -20
    assert boundary_cross_entropy(on, truth, outline) > 4 * boundary_cross_entropy(off, truth, outline)


def test_focal_without_focus_is_cross_entropy_and_with_it_forgives_easy_pixels() -> None:
    torch.manual_seed(0)
    truth, logits = target(), torch.randn(2, 1, 8, 8)
    plain = F.binary_cross_entropy_with_logits(logits, truth)
    assert focal(logits, truth, focus=0, balance=0.5) == pytest.approx(plain.item() / 2)
    easy, hard = 4 * (truth - 0.5), -4 * (truth - 0.5)
    assert focal(hard, truth) / focal(easy, truth) > 20 * focal(hard, truth, 0) / focal(easy, truth, 0)


def test_focal_balances_people_and_rooms() -> None:
    everyone, nobody = torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    assert focal(nobody, everyone) == pytest.approx(0.25 * 0.25 * 0.6931, rel=1e-3)
    assert focal(nobody, nobody) == pytest.approx(0.75 * 0.25 * 0.6931, rel=1e-3)


def test_focal_is_least_for_a_soft_answer_that_is_right() -> None:
    soft = torch.full((1, 1, 4, 4), 0.5)
    assert focal(torch.zeros_like(soft), soft) == 0


def test_laplacian_sees_a_moved_edge_at_every_scale_but_no_constant() -> None:
    truth = torch.zeros(1, 1, 64, 64)
    truth[..., 24:40, 24:40] = 1
    near, far = (40 * (truth.roll(shift, 3) - 0.5) for shift in (1, 8))
    assert 0 < laplacian(near, truth) < laplacian(far, truth)
    assert laplacian(torch.full_like(truth, 3.0), torch.zeros_like(truth)) == pytest.approx(0, abs=1e-5)


def test_laplacian_takes_odd_sizes_and_half_precision() -> None:
    truth = torch.zeros(1, 1, 9, 14)
    logits = torch.randn(1, 1, 9, 14, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        loss = laplacian(logits, truth)
    loss.backward()
    assert loss == laplacian(logits, truth)
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert logits.grad.any()


def test_a_smooth_slope_survives_a_step_down_and_up() -> None:
    """Nothing shifts: a pyramid that moved its levels by half a pixel would see edges where there are none."""
    slope = torch.arange(16.0).repeat(16, 1)[None, None]
    small = shrink(slope)
    assert small.shape == (1, 1, 8, 8)
    assert torch.allclose(enlarge(small, slope)[..., 4:-4], slope[..., 4:-4])


def test_distillation_is_least_where_the_student_agrees() -> None:
    torch.manual_seed(0)
    teacher = 3 * torch.randn(1, 1, 8, 8)
    logits = teacher.clone().requires_grad_()
    distillation(logits, teacher).backward()
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6
    assert distillation(teacher, teacher) < distillation(teacher + 1, teacher)


def test_distillation_pulls_as_hard_at_any_temperature() -> None:
    """Where logits are small the softened gradient is a quarter of their difference, times what T squared restores."""
    teacher = torch.full((1, 1, 1, 1), 0.01)
    for temperature in (1.0, 2.0, 8.0):
        logits = torch.full_like(teacher, 0.03, requires_grad=True)
        distillation(logits, teacher, temperature).backward()
        assert logits.grad is not None
        assert logits.grad.item() == pytest.approx(0.02 / 4, rel=1e-3)


def test_distillation_ignores_what_the_teacher_does_not_know_and_never_teaches_the_teacher() -> None:
    teacher = torch.randn(1, 1, 4, 4, requires_grad=True)
    logits = torch.zeros(1, 1, 4, 4, requires_grad=True)
    confidence = torch.zeros(1, 1, 4, 4)
    confidence[..., :2] = 1
    distillation(logits, teacher, confidence=confidence).backward()
    assert teacher.grad is None
    assert logits.grad is not None
    assert torch.equal(logits.grad != 0, confidence > 0)


def test_hints_are_shares_of_what_the_teachers_features_differ_by() -> None:
    torch.manual_seed(0)
    taught = [torch.randn(2, 3, 4, 5), 100 * torch.randn(2, 6, 2, 3) + 7]
    assert hints(taught, taught) == 0
    blind = [torch.full_like(one, float(one.mean())) for one in taught]
    assert hints(blind, taught).item() == pytest.approx(1, abs=0.05)
    assert hints([taught[0], blind[1]], taught).item() == pytest.approx(0.5, abs=0.03)
