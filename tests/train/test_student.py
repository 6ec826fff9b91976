"""The student: its shape and its size."""

import pytest
import torch

from train.models import Student
from train.models.student import SIZES


@pytest.mark.parametrize(("size", "millions"), [("small", 0.61), ("medium", 1.25)])
def test_sizes_are_as_documented(size: str, millions: float) -> None:
    student = Student(size)
    assert sum(p.numel() for p in student.parameters()) / 1e6 == pytest.approx(millions, abs=0.01)
    assert set(SIZES) == {"small", "medium"}


def test_any_multiple_of_the_stride_goes_in_and_comes_out() -> None:
    student = Student().eval()
    for height, width in ((32, 32), (160, 288), (256, 192)):
        logits = student(torch.zeros(1, 3, height, width), torch.zeros(1, 1, height, width))
        assert logits.shape == (1, 1, height, width)
