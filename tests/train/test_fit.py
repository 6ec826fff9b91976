"""Runs: any network by any recipe, watched, kept, and gone on with as if never interrupted."""

import csv
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch

from greenscreen.errors import GreenscreenError, ModelError, SinkError, SourceError, UsageError
from train.checkpoint import read_checkpoint, write_checkpoint
from train.data import Row
from train.learner import Learner
from train.recipe import read_recipe

Train = Callable[..., Path]


class Killed(BaseException): ...


def die() -> None:
    raise Killed


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    return read_checkpoint(checkpoint).weights


def test_a_run_leaves_all_that_is_needed_to_judge_and_repeat_it(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    last = train(steps=3, epoch=2, seed=4, drawn=True)
    told = capsys.readouterr().out.splitlines()
    assert [one.partition(":")[0] for one in told] == ["step 2 of 3, 1 min to go", "step 3 of 3"], (
        "and says how it goes"
    )
    out = last.parent
    assert {path.name for path in out.iterdir()} >= {"best.ckpt", "last.ckpt", "recipe.yaml", "history.csv"}
    recipe = read_recipe(str(out / "recipe.yaml"))
    assert (recipe.seed, recipe.steps) == (4, 3)
    checkpoint = read_checkpoint(last)
    assert checkpoint.step == 3
    assert checkpoint.network == "student-small"
    assert checkpoint.facts["losses"] == {"boundary_cross_entropy": 1.0, "dice": 0.5}
    assert len(checkpoint.facts["data"]) == 16
    assert checkpoint.facts["machine"]
    with (out / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [float(row["step"]) for row in history] == [2, 3]
    assert all(0 <= float(row["webcam/iou"]) <= 1 for row in history)
    assert float(history[0]["loss"]) > 0
    assert cv2.imread(str(out / "curves.png")).std() > 1
    assert len(list((out / "panels").glob("*.png"))) == 2
    assert list((out / "tensorboard").glob("events*"))


@pytest.mark.parametrize(
    "settings",
    [
        {"memory": 0.5, "average": 0.9},
        {"network": "tiramisu56", "optimizer": "rmsprop", "schedule": "plateau", "average": 0, "rate": 1e-3},
    ],
    ids=["student", "tiramisu with dropout and plateaus"],
)
def test_a_run_that_was_killed_goes_on_as_if_it_never_had_been(
    train: Train, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    """The same weights to the last bit: samples, dropout, averages, optimiser and rate all take up where they were."""
    whole = train("whole", steps=5, epoch=2, **settings)
    with monkeypatch.context() as patch:
        step = Learner.training_step
        patch.setattr(
            Learner, "training_step", lambda self, *given: step(self, *given) if self.global_step < 3 else die()
        )
        with pytest.raises(Killed):
            train("broken", steps=5, epoch=2, **settings)
    broken = train("broken", steps=5, epoch=2, resume=True, drawn=True, **settings)
    torch.testing.assert_close(weights(broken), weights(whole), rtol=0, atol=0)
    assert len((broken.parent / "history.csv").read_text().splitlines()) == 4, "the curves are whole, too"
    assert cv2.imread(str(broken.parent / "curves.png")).std() > 1


def test_a_run_ended_from_outside_says_so_in_a_sentence_and_goes_on(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    endings: list[tuple[BaseException, str, str]] = [
        (KeyboardInterrupt(), "the run was stopped", "--resume"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed."), "makes samples", "--resume"),
        (OSError(28, "No space left on device"), "cannot go on: No space left on device", "--resume"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "memory ran out", "--set batch"),
    ]
    for raised, told, hint in endings:

        def end(self: Learner, *given: object, raised: BaseException = raised) -> None:
            raise raised

        with monkeypatch.context() as patch:
            patch.setattr(Learner, "training_step", end)
            with pytest.raises(GreenscreenError, match=told) as ended:
                train(steps=2)
            assert hint in ended.value.hint
    assert read_checkpoint(train(steps=2, resume=True)).step == 2


def test_what_is_no_ending_is_told_in_full(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Learner, *given: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Learner, "training_step", fail)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        train(steps=2)


def test_a_run_starts_from_the_weights_of_another_but_only_of_the_same_network(train: Train) -> None:
    first = train("first", steps=1)
    second = train("second", start=first, rate=0, steps=1, average=0, memory=0)
    begun, known = weights(second), weights(first)
    learnt = [name for name in known if "running" not in name and "num_batches" not in name]
    for name in learnt:
        torch.testing.assert_close(begun[name], known[name], rtol=0, atol=0)
    with pytest.raises(ModelError, match="holds a student-small, not a tiramisu56"):
        train("third", start=first, network="tiramisu56")


def test_a_run_is_neither_overwritten_nor_gone_on_with_by_another_recipe(train: Train) -> None:
    last = train(steps=1)
    before = last.read_bytes()
    with pytest.raises(UsageError, match="holds a run already"):
        train(steps=1)
    with pytest.raises(UsageError, match="has seed=1"):
        train(steps=1, seed=2, resume=True)
    assert train(steps=1, resume=True).read_bytes() == before, "a finished run is left as it is"


def test_a_run_does_not_go_on_with_other_pictures_than_it_began_with(train: Train, rows: list[Row]) -> None:
    """It would be neither run: a validation picture that moved to training would flatter it."""
    last = train(steps=1)
    before, moved = last.read_bytes(), rows[-2]
    assert moved.split == "val"
    rows[-2] = replace(moved, split="train")
    with pytest.raises(UsageError, match="began with other pictures or masks"):
        train(steps=1, resume=True)
    rows[-2] = moved
    rows.reverse()
    assert train(steps=1, resume=True).read_bytes() == before, "the order of the manifest makes no difference"


def test_a_damaged_checkpoint_is_not_gone_on_with(train: Train) -> None:
    last = train(steps=1)
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"last\.ckpt is no checkpoint") as told:
        train(steps=1, resume=True)
    assert "--start" in told.value.hint


def test_a_run_that_no_longer_says_how_it_was_made_is_not_gone_on_with(train: Train) -> None:
    last = train(steps=1)
    (last.parent / "recipe.yaml").unlink()
    with pytest.raises(SourceError, match=r"recipe\.yaml no longer says") as told:
        train(steps=1, resume=True)
    assert "--start" in told.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as Unix does")
def test_a_full_disk_is_a_sentence_and_costs_nothing_that_is_there(train: Train) -> None:
    import resource

    last = train("first", steps=1)
    before = last.read_bytes()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, usual[1]))
    try:
        with pytest.raises(SinkError, match=r"last\.ckpt cannot be written"):
            write_checkpoint(last, {"more": torch.zeros(1 << 20)})
        with pytest.raises(SinkError, match=r"ckpt cannot be written") as told:
            train("second", steps=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert "--resume" in told.value.hint
    assert last.read_bytes() == before
    assert not list(last.parent.parent.glob("*/.greenscreen-*"))


def test_the_shipped_students_weights_can_be_gone_on_with(train: Train) -> None:
    shipped = Path(__file__).parents[2] / "train" / "weights" / "student-slim.ckpt"
    network = read_checkpoint(shipped).build()
    fresh = train(network="student-slim", start=shipped, rate=0, steps=1, average=0, memory=0)
    torch.testing.assert_close(weights(fresh)["head.weight"], network.state_dict()["head.weight"], rtol=0, atol=0)


def test_a_file_that_is_no_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("text", b"hello"), ("none", None)):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match="no checkpoint"):
            read_checkpoint(tmp_path / name)
    torch.save({"state_dict": {}}, tmp_path / "other")
    with pytest.raises(ModelError, match="no checkpoint"):
        read_checkpoint(tmp_path / "other")


@pytest.mark.parametrize(("settings", "missing"), [({}, "rooms"), ({"samples": "plain"}, "pictures to judge on")])
def test_missing_pictures_are_named(train: Train, rows: list[Row], settings: dict[str, Any], missing: str) -> None:
    rows[:] = [row for row in rows if row.split == "train" or (row.split == "val" and not settings)]
    with pytest.raises(UsageError, match=f"list no {missing}"):
        train(**settings)


def test_a_distilled_student_learns_from_pictures_that_only_the_teacher_knows(train: Train) -> None:
    """And the teacher is neither in its checkpoint nor changed."""
    teacher = train("teacher", network="tiramisu56", average=0, steps=1)
    known = weights(teacher)
    student = train("student", teacher=teacher, unlabelled=1.0, steps=1, average=0)
    untaught = train("untaught", teacher=teacher, unlabelled=1.0, teach=0.0, steps=1, average=0, decay=0)
    again = train("again", teacher=teacher, unlabelled=1.0, teach=0.0, steps=1, average=0, decay=0, rate=0)
    assert weights(student).keys() == weights(untaught).keys()
    assert not torch.equal(weights(student)["head.weight"], weights(again)["head.weight"])
    assert torch.equal(weights(untaught)["head.weight"], weights(again)["head.weight"]), "no truth was looked at"
    for name, value in weights(teacher).items():
        assert torch.equal(value, known[name])


def test_a_narrower_student_learns_its_teachers_features(train: Train, untrained: Callable[[str], Path]) -> None:
    """Where that is all there is to learn, the decoder stays as it was."""
    alone = {"unlabelled": 1.0, "teach": 0.0, "features": 1.0, "average": 0, "decay": 0, "steps": 1}
    start, teacher = untrained("student-slim"), untrained("student-lean")
    before, after = weights(start), weights(train(start=start, network="student-slim", teacher=teacher, **alone))
    learnt = {key for key, value in after.items() if key.endswith("weight") and not torch.equal(value, before[key])}
    assert {key.partition(".")[0] for key in learnt} == {"encoder"}
    with pytest.raises(UsageError, match="finds no such features"):
        train("other", network="student-xl", teacher=teacher, **alone)


def test_early_stopping_ends_a_run_that_gets_no_better_for_good(train: Train) -> None:
    last = train(steps=9, patience=2, rate=0, memory=0)
    assert read_checkpoint(last).step < 9
    before = last.read_bytes()
    assert train(steps=9, patience=2, rate=0, memory=0, resume=True).read_bytes() == before
