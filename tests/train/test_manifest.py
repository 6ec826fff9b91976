"""Manifests: what is none is one sentence; lots are the same everywhere and stay when pictures are added."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from greenscreen.errors import SinkError, SourceError
from train.data import Row
from train.manifest import fingerprint, load, lot, save, split_of


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"split,source,image,mask\n",
        b"split,image\ntrain,a.png\n",
        b"split,source,image,mask\ntrain\n",
        b"\xff\xfe\n\xff",
    ],
)
def test_a_file_that_is_no_manifest_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(SourceError, match=r"m\.csv"):
        load(tmp_path / "m.csv")


def test_spreadsheets_and_names_that_are_no_text_are_understood(tmp_path: Path) -> None:
    row = Row("bg", "made", tmp_path / "\udcff.png", None)
    save(tmp_path / "m.csv", [row])
    assert load(tmp_path / "m.csv") == [row]
    (tmp_path / "m.csv").write_bytes("\ufeff".encode() + (tmp_path / "m.csv").read_bytes())
    assert load(tmp_path / "m.csv") == [row]


def test_a_missing_manifest_or_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        load(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SinkError, match="cannot be written"):
        save(tmp_path / "folder.csv", [])


def test_paths_are_relative_below_the_manifest_and_absolute_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [Row("train", "s", Path("out/a, b.png"), tmp_path / "elsewhere.png"), Row("bg", "s", Path("c.png"), None)]
    save(Path("out/m.csv"), rows)
    assert Path("out/m.csv").read_text().splitlines()[1] == f'train,s,"a, b.png",{tmp_path}/elsewhere.png'
    assert load(tmp_path / "out" / "m.csv") == [
        Row("train", "s", tmp_path / "out" / "a, b.png", tmp_path / "elsewhere.png"),
        Row("bg", "s", tmp_path / "c.png", None),
    ]


def test_splits_are_70_20_10_and_never_change() -> None:
    counts = Counter(split_of(f"{number:012}.jpg") for number in range(5000))
    assert counts["train"] == pytest.approx(3500, abs=120)
    assert counts["val"] == pytest.approx(1000, abs=100)
    assert counts["test"] == pytest.approx(500, abs=80)
    # Pinned: another value would move pictures that people already trained on into their tests.
    assert lot("000000000139.jpg") == pytest.approx(0.123765, abs=1e-6)
    assert 0 <= lot("\ud800") < 1, "whatever JSON may spell"


def test_a_fingerprint_is_of_the_pictures_not_of_where_they_lie(manifest: Path, tmp_path: Path) -> None:
    there = fingerprint(load(manifest))
    shutil.copytree(manifest.parent, tmp_path / "moved")
    rows = load(tmp_path / "moved" / "manifest.csv")
    assert fingerprint(rows[::-1]) == there
    assert fingerprint(rows[1:]) != there
    assert fingerprint([replace(rows[0], split="val"), *rows[1:]]) != there
    assert rows[0].mask is not None
    rows[0].mask.write_bytes(b"other")
    assert fingerprint(rows) != there
    with pytest.raises(SourceError, match=r"none\.png cannot be read"):
        fingerprint([replace(rows[0], image=tmp_path / "none.png")])
