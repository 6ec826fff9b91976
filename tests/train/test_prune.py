"""Narrower networks: what they lose is what the others make up for best, and only networks that fit are made."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from greenscreen.errors import ModelError, SinkError
from train import prune
from train.checkpoint import read_checkpoint
from train.data import Row
from train.models import NETWORKS, LargeStudent
from train.models.lite import SIZES, Block

Untrained = Callable[[str], Path]


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is narrower than the lean one where it is quick."""
    monkeypatch.setattr(prune, "STEPS", 1)
    monkeypatch.setitem(SIZES, "narrow", SIZES["lean"]._replace(inner={(2, 0): 48, (3, 1): 128}))
    monkeypatch.setitem(NETWORKS, "student-narrow", partial(LargeStudent, "narrow"))


def lively(student: LargeStudent) -> LargeStudent:
    """With statistics as a trained network has them, so that pictures still differ in its last layers."""
    for module in student.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_var, 0.02, 0.1)
            torch.nn.init.uniform_(module.bias, -0.5, 1)
    return student.eval()


def twins(student: LargeStudent) -> LargeStudent:
    """As many inner channels as `narrow` has say something of their own; the others say the same once more."""
    for (place, number), count in SIZES["narrow"].inner.items():
        block = student.encoder.stages[place].get_submodule(str(number))
        assert isinstance(block, Block)
        for layer in list(block.body)[:2]:
            for value in layer.state_dict().values():
                if value.ndim:
                    value[count:] = value[torch.arange(count, len(value)) % count].clone()
    return student


def test_channels_that_others_make_up_for_go() -> None:
    torch.manual_seed(0)
    own = torch.randn(500, 4, dtype=torch.double)
    still = torch.ones(500, 1, dtype=torch.double)
    inner = torch.cat([own[:, :2], own[:, :1] + own[:, 1:2], still, own[:, 2:]], 1)
    wanted = own[:, :3] @ torch.randn(3, 2, dtype=torch.double) + 5
    left, weights = prune.chosen(inner, wanted, 3)
    assert set(left.tolist()) in ({0, 1, 4}, {0, 2, 4}, {1, 2, 4})
    told = inner[:, left] @ weights[:-1] + weights[-1]
    assert float((told - wanted).square().mean() / wanted.var()) < 0.01


def test_what_was_said_twice_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "RIDGE", 1e-8)
    torch.manual_seed(0)
    wide, narrow = twins(lively(LargeStudent("lean"))), LargeStudent("narrow").eval()
    given = [(torch.rand(4, 3, 64, 96) * 2 - 1, torch.rand(4, 1, 64, 96)) for _ in range(3)]
    with torch.inference_mode():
        before = [wide(*one) for one in given]
    prune.cut(wide, narrow, given)
    assert narrow.state_dict()["encoder.stages.2.0.body.0.0.weight"].shape[0] == SIZES["narrow"].inner[2, 0]
    with torch.inference_mode():
        for one, expected in zip(given, before, strict=True):
            assert float((narrow(*one) - expected).std() / expected.std()) < 0.02


def test_a_checkpoint_is_made_narrower(untrained: Untrained, rows: list[Row], tmp_path: Path) -> None:
    out = tmp_path / "narrow.ckpt"
    prune.prune(untrained("student-lean"), "student-narrow", rows, out)
    assert isinstance(read_checkpoint(out).build(), LargeStudent)
    assert read_checkpoint(out).facts["command"] == "fit tiny, pruned to student-narrow"
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SinkError):
        prune.prune(untrained("student-lean"), "student-narrow", rows, tmp_path / "taken" / "narrow.ckpt")


@pytest.mark.parametrize(("of", "made"), [("narrow", "lean"), ("lean", "xl"), ("small", "narrow"), ("lean", "small")])
def test_what_is_no_narrower_form_is_refused(
    of: str, made: str, untrained: Untrained, rows: list[Row], tmp_path: Path
) -> None:
    with pytest.raises(ModelError):
        prune.prune(untrained(f"student-{of}"), f"student-{made}", rows, tmp_path / "out.ckpt")
    assert not (tmp_path / "out.ckpt").exists()
