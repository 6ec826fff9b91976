"""What all importers write: masks below the folder they were told, a manifest that trains, sheets, honest counts."""

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.errors import SinkError, SourceError
from train.check import problems
from train.importers.collect import Candidate, collect
from train.manifest import load, split_of


def test_kept_pairs_become_a_manifest_without_problems(
    tmp_path: Path, picture: Callable[..., Path], half_mask: np.ndarray
) -> None:
    names = [f"set/{number}.png" for number in range(20)]
    kept = [Candidate(name, picture(tmp_path / "in" / name, 80, 60), half_mask) for name in names]
    for number, candidate in enumerate(kept):  # as the same picture in two splits would be a problem
        cv2.imwrite(str(candidate.image), np.full((60, 80, 3), number * 10, np.uint8))
    cut = Candidate("cut.png", tmp_path / "cut.png")
    cv2.imwrite(str(cut.image), np.dstack([np.full((60, 80, 3), 90, np.uint8), half_mask]))

    report = collect([*kept, cut], "made", tmp_path / "out")

    rows = load(tmp_path / "out" / "manifest.csv")
    assert problems(rows) == []
    assert [row.split for row in rows] == [*(split_of(name) for name in names), "train_cutout"]
    assert (tmp_path / "out" / "masks" / "set" / "0.png.png").is_file()
    assert "masks/set/0.png.png" in (tmp_path / "out" / "manifest.csv").read_text(), "it can be moved with its masks"
    assert cv2.imread(str(tmp_path / "out" / "kept.png")) is not None
    assert not list((tmp_path / "out").glob("dropped.*"))
    assert report.lines()[0] == "kept 21 pictures"


def test_names_cannot_leave_the_folder_or_share_a_mask(
    tmp_path: Path, picture: Callable[..., Path], half_mask: np.ndarray
) -> None:
    image = picture(tmp_path / "a.png")
    names = ["a.png", "a.png", "../up.png", "x/../../up.png", str(tmp_path / "abroad.png")]
    report = collect([Candidate(name, image, half_mask) for name in names], "made", tmp_path / "out")
    assert len(report.kept) == 1
    assert report.lines()[2:] == [
        "dropped 4",
        "       3 its name leads out of the folder",
        "       1 it is listed twice",
    ]
    assert [path.name for path in tmp_path.rglob("*.png.png")] == ["a.png.png"]
    assert cv2.imread(str(tmp_path / "out" / "dropped.png")) is not None
    with (tmp_path / "out" / "dropped.csv").open(newline="") as file:
        listed = list(csv.DictReader(file))
    assert [row["image"] for row in listed] == [str(image)] * 4
    assert [row["reason"] for row in listed].count("it is listed twice") == 1


def test_nothing_kept_says_why_and_shows_it(tmp_path: Path, picture: Callable[..., Path]) -> None:
    dropped = [Candidate(f"{number}.png", tmp_path / f"{number}.png", dropped="a crowd") for number in range(2)]
    with pytest.raises(SourceError, match=r"no picture was kept: a crowd \(2\)"):
        collect(dropped, "made", tmp_path / "out")
    assert cv2.imread(str(tmp_path / "out" / "dropped.png")) is not None, (
        "also when the pictures themselves are missing"
    )
    assert not (tmp_path / "out" / "manifest.csv").exists()
    with pytest.raises(SourceError, match="there are none") as caught:
        collect([], "made", tmp_path / "new")
    assert "dropped.png" not in caught.value.hint


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot be made"):
        collect([], "made", tmp_path / "file" / "out")
