"""Recipes: those that come with the package are valid, changes are checked, and mistakes are one sentence."""

from pathlib import Path

import pytest

from greenscreen.errors import SourceError, UsageError
from train.recipe import Recipe, names, read_recipe, save_recipe


def test_the_recipes_are_those_the_documentation_names() -> None:
    assert names() == ["compared", "distil", "large", "live", "original", "student", "teacher"]
    original = read_recipe("original")
    assert (original.optimizer, original.rate, original.area) == ("rmsprop", 1e-3, 224 * 224)
    assert original.epoch * original.batch == 500
    assert read_recipe("student") == Recipe()
    assert read_recipe("teacher").network == "tiramisu103"


def test_a_teacher_must_be_named_for_the_pictures_that_only_it_knows() -> None:
    with pytest.raises(UsageError, match="set teacher=CHECKPOINT"):
        read_recipe("distil")
    assert read_recipe("distil", ["teacher=t.ckpt"]).teacher == Path("t.ckpt")
    with pytest.raises(UsageError, match="set teacher=CHECKPOINT"):
        read_recipe("live", ["features=1"])
    with pytest.raises(UsageError, match="has no encoder"):
        read_recipe("distil", ["teacher=t.ckpt", "features=1"])


def test_distilled_and_plain_students_differ_in_their_teacher_alone() -> None:
    taught, alone = dict(read_recipe("distil", ["teacher=t"])), dict(read_recipe("student"))
    assert {key for key in taught if taught[key] != alone[key]} == {"teacher", "unlabelled"}


def test_changes_win_and_survive_being_saved(tmp_path: Path) -> None:
    recipe = read_recipe("student", ["steps=20", "rate=1e-4", "losses={focal: 1}", "network=unet", "aspects=[1]"])
    assert (recipe.steps, recipe.rate, recipe.losses, recipe.network) == (20, 1e-4, {"focal": 1}, "unet")
    save_recipe(tmp_path / "mine.yaml", recipe)
    assert read_recipe(str(tmp_path / "mine.yaml")) == recipe


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("stepz=3", "stepz: there is no such setting"),
        ("steps=0", "steps: "),
        ("steps=many", "steps: "),
        ("network=segnet", "choose one of .*tiramisu103"),
        ("losses={}", "losses: "),
        ("losses={hinge: 1}", "losses.hinge"),
        ("rate=.nan", "rate: "),
        ("clip=.inf", "clip: "),
        ("aspects=[1e9]", "aspects.0: "),
        ("seed=4294967296", "seed: "),
        ("steps", "sets nothing"),
        ("steps={", "no readable value"),
        ("schedule=plateau", "has no warmup"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_recipe("student", [change])


def test_a_wrong_value_is_told_what_the_setting_means() -> None:
    with pytest.raises(UsageError) as wrong:
        read_recipe("student", ["losses=dice"])
    assert wrong.value.hint == 'losses: weight of each loss; by default {"boundary_cross_entropy": 1.0, "dice": 0.5}'


@pytest.mark.parametrize("content", [b"steps: {", b"\xff\xfe\xfd"])
def test_a_file_that_is_no_yaml_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.yaml").write_bytes(content)
    with pytest.raises(SourceError, match=r"r\.yaml cannot be read"):
        read_recipe(str(tmp_path / "r.yaml"))


def test_what_is_no_recipe_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recipe lunch"):
        read_recipe("lunch")
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(UsageError, match="not a recipe"):
        read_recipe(str(tmp_path / "list.yaml"))
