"""The student: its shape, its size, and that it can be exported and learns."""

from pathlib import Path

import lightning
import pytest
import torch

from greenscreen.contract import read_contract
from train.export import Deployed, export, load_student, verify
from train.fit import fit
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


@pytest.mark.filterwarnings("ignore")
def test_a_run_makes_a_checkpoint_resumes_and_exports(manifest: Path, tmp_path: Path) -> None:
    """From pictures to a model that both engines run: the whole way, two steps long."""
    recipe = Recipe((manifest,), tmp_path / "run", steps=2, batch=2, workers=0, warmup=1)
    checkpoint = fit(recipe)
    lightning.seed_everything(0)
    longer = Recipe((manifest,), tmp_path / "run", steps=3, batch=2, workers=0, warmup=1)
    assert torch.load(checkpoint, weights_only=True)["global_step"] == 2
    assert torch.load(fit(longer, resume=checkpoint), weights_only=True)["global_step"] == 3
    fresh = Recipe((manifest,), tmp_path / "fine", steps=1, batch=2, workers=0, warmup=1, rate=0)
    torch.testing.assert_close(
        load_student(fit(fresh, start=checkpoint)).at2[0].weight, load_student(checkpoint).at2[0].weight
    )
    contract = export(checkpoint, tmp_path / "student.onnx")
    assert read_contract(tmp_path / "student.onnx") == contract
    assert not list(tmp_path.glob("tmp*"))


@pytest.mark.filterwarnings("ignore")
def test_an_export_that_differs_is_refused(manifest: Path, tmp_path: Path) -> None:
    recipe = Recipe((manifest,), tmp_path / "run", steps=1, batch=2, workers=0, warmup=1)
    checkpoint = fit(recipe)
    contract = export(checkpoint, tmp_path / "student.onnx")
    stranger = Deployed(Student()).eval()
    with pytest.raises(ValueError, match="differs by"):
        verify(stranger, tmp_path / "student.onnx", contract)
