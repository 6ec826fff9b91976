"""Averages of weights: the mean of all, readable as any checkpoint, of networks of one kind only."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from greenscreen.errors import ModelError, SinkError, UsageError
from train.average import average
from train.checkpoint import read_checkpoint

Untrained = Callable[[str], Path]


@pytest.fixture
def pair(untrained: Untrained, tmp_path: Path) -> tuple[Path, Path]:
    """The same network twice, all weights of the second larger by 3."""
    one, other = untrained("student-small"), tmp_path / "other.ckpt"
    saved = torch.load(one, weights_only=True)
    state = {key: value + 3 if value.is_floating_point() else value for key, value in saved["state_dict"].items()}
    torch.save(saved | {"state_dict": state}, other)
    return one, other


def test_all_weights_are_the_mean(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "new" / "mean.ckpt"
    average([pair[0], pair[1], pair[0]], out)
    first, mean = read_checkpoint(pair[0]), read_checkpoint(out)
    mean.build()
    for name, weight in first.weights.items():
        expected = weight + 1 if weight.is_floating_point() else weight
        torch.testing.assert_close(mean.weights[name], expected)
    assert mean.step == 14
    assert mean.facts["command"] == "average of fit tiny, fit tiny, fit tiny"


def test_steps_are_of_the_first_ones_batches(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """So that `compare`, which multiplies them, tells how many samples were seen."""
    one, other = (torch.load(path, weights_only=True) for path in pair)
    other["hyper_parameters"]["batch"] = 3 * one["hyper_parameters"]["batch"]
    torch.save(other, pair[1])
    average(pair, tmp_path / "mean.ckpt")
    assert read_checkpoint(tmp_path / "mean.ckpt").step == one["global_step"] + 3 * other["global_step"]


def test_one_alone_is_stripped_of_what_only_its_run_needs(pair: tuple[Path, Path], tmp_path: Path) -> None:
    first = torch.load(pair[0], weights_only=True)
    torch.save(first | {"optimizer_states": [torch.zeros(10_000_000)]}, tmp_path / "last.ckpt")
    average([tmp_path / "last.ckpt"], tmp_path / "out.ckpt")
    assert (tmp_path / "out.ckpt").stat().st_size < 1.1 * pair[0].stat().st_size
    kept = read_checkpoint(tmp_path / "out.ckpt")
    assert kept.facts["command"] == "fit tiny"
    for name, weight in read_checkpoint(pair[0]).weights.items():
        torch.testing.assert_close(kept.weights[name], weight, rtol=0, atol=0)


def test_networks_that_differ_have_no_mean(untrained: Untrained, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds a student-medium"):
        average([untrained("student-small"), untrained("student-medium")], tmp_path / "out.ckpt")
    with pytest.raises(UsageError):
        average([], tmp_path / "out.ckpt")
    assert not (tmp_path / "out.ckpt").exists()


def test_where_nothing_can_be_written_nothing_is_left(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SinkError):
        average(pair, tmp_path / "taken" / "out.ckpt")
    (tmp_path / "folder.ckpt").mkdir()
    with pytest.raises(SinkError, match=r"folder\.ckpt cannot be written"):
        average(pair, tmp_path / "folder.ckpt")
