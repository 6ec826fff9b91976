"""Cross-validation: every picture is judged on exactly once, always in the same fold."""

from pathlib import Path

import pytest

from greenscreen.errors import UsageError
from train.data import Row
from train.kfold import folds, write_folds
from train.manifest import load

ROWS = [
    Row("val" if number % 5 == 0 else "train", "made", Path(f"in/{number}.jpg"), Path(f"in/{number}.png"))
    for number in range(23)
]
OTHERS = [Row("bg", "made", Path("room.jpg"), None), Row("test", "made", Path("t.jpg"), Path("t.png"))]


def test_each_picture_is_judged_on_once_and_others_stay() -> None:
    made = folds(ROWS + OTHERS, 5)
    judged = [[row.image for row in fold if row.split == "val"] for fold in made]
    assert sorted(image for fold in judged for image in fold) == sorted(row.image for row in ROWS)
    assert sorted(map(len, judged)) == [4, 4, 5, 5, 5]
    assert all(fold[-2:] == OTHERS and len(fold) == 25 for fold in made)


def test_folds_depend_on_names_only() -> None:
    moved = [
        Row(row.split, row.source, Path("/moved") / row.image.name, Path("/moved/m.png")) for row in reversed(ROWS)
    ]
    for here, there in zip(folds(ROWS, 3), folds(moved, 3), strict=True):
        assert {r.image.name for r in here if r.split == "val"} == {r.image.name for r in there if r.split == "val"}


def test_too_few_pictures_are_one_sentence() -> None:
    with pytest.raises(UsageError, match="2 masked pictures cannot make 3 folds"):
        folds(ROWS[:2] + OTHERS, 3)


def test_folds_are_manifests(manifest: Path, tmp_path: Path) -> None:
    paths = write_folds(load(manifest), 2, tmp_path)
    assert [path.name for path in paths] == ["fold-1.csv", "fold-2.csv"]
    for path in paths:
        assert all(row.image.is_file() for row in load(path))
