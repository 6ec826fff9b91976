"""`python -m train data`: every command from its arguments to its files, and mistakes without a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from train.__main__ import app, main
from train.manifest import load


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["data", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """`images` and `masks` of the same names; the left half of each picture is a person."""
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    mask = np.zeros((60, 80), np.uint8)
    mask[:, :40] = 255
    for number in range(6):
        cv2.imwrite(str(tmp_path / "images" / f"{number}.png"), np.full((60, 80, 3), number * 40, np.uint8))
        cv2.imwrite(str(tmp_path / "masks" / f"{number}.png"), mask)
    return tmp_path


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_coco_to_a_manifest(pictures: Path) -> None:
    half, all_of_it = [0, 0, 40, 0, 40, 60, 0, 60], [0, 0, 80, 0, 80, 60, 0, 60]
    notes = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 80, "height": 60} for n in range(6)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "iscrowd": 0, "segmentation": [half if n < 4 else all_of_it]}
            for n in range(6)
        ],
    }
    (pictures / "instances.json").write_text(json.dumps(notes))
    out = pictures / "out"
    told = run("coco", pictures / "instances.json", pictures / "images", "--out", out)
    assert "kept 4 pictures" in told
    assert "2 people cover more than 70%" in told
    assert len(load(out / "manifest.csv")) == 4
    assert "no problems" in run("check", out / "manifest.csv")


def test_folder_to_folds_and_sheets(pictures: Path) -> None:
    out = pictures / "out"
    assert "kept 6 pictures" in run("folder", pictures / "images", pictures / "masks", "--out", out)
    assert run("kfold", out / "manifest.csv", "-k", 2, "--out", out / "folds").count("wrote") == 2
    run("sheet", out / "manifest.csv", "--out", out / "sheet.png")
    assert cv2.imread(str(out / "sheet.png")) is not None


def test_voc_says_what_becomes_of_void(pictures: Path) -> None:
    (pictures / "images").rename(pictures / "JPEGImages")
    (pictures / "SegmentationClass").mkdir()
    classes = np.zeros((60, 80), np.uint8)
    classes[10:, 20:] = 15
    cv2.imwrite(str(pictures / "SegmentationClass" / "0.png"), classes)
    assert "void pixels" in run("voc", pictures, "--out", pictures / "out")


def test_supervisely_to_a_manifest(pictures: Path) -> None:
    (pictures / "images").rename(pictures / "img")
    (pictures / "ann").mkdir()
    person = {
        "classTitle": "person_poly",
        "geometryType": "polygon",
        "points": {"exterior": [[0, 0], [40, 0], [0, 40]]},
    }
    notes = {"size": {"height": 60, "width": 80}, "objects": [person]}
    (pictures / "ann" / "0.png.json").write_text(json.dumps(notes))
    assert "kept 1 picture\n" in run("supervisely", pictures, "--out", pictures / "out")


def test_rooms_to_a_manifest(pictures: Path) -> None:
    (pictures / "images" / "torn.jpg").write_bytes(b"torn")
    told = run("folder", pictures / "images", "--split", "bg", "--out", pictures / "rooms")
    assert "kept 6 pictures" in told
    assert "1 the picture is unreadable" in told
    rows = load(pictures / "rooms" / "manifest.csv")
    assert {(row.split, row.source, row.mask) for row in rows} == {("bg", "images", None)}


def test_check_finds_what_leaks_from_one_manifest_into_another(pictures: Path) -> None:
    for split in ("train", "val"):
        row = f"{split},x,images/0.png,masks/0.png"
        (pictures / f"{split}.csv").write_text(f"split,source,image,mask\n{row}\n")
    told = run("check", pictures / "train.csv", pictures / "val.csv", code=1)
    assert "the same picture is in train" in told
    assert "2 rows, 1 problem\n" in told


def test_check_fails_for_scripts_too(pictures: Path) -> None:
    (pictures / "m.csv").write_text("split,source,image,mask\ntrain,x,images/0.png,masks/none.png\n")
    told = run("check", pictures / "m.csv", code=1)
    assert "images/0.png: there is no file" in told
    assert "1 row, 1 problem\n" in told


def test_a_sheet_of_samples(manifest: Path, tmp_path: Path) -> None:
    run("sheet", manifest, "--augmented", "--count", 2, "--out", tmp_path / "samples.png")
    assert cv2.imread(str(tmp_path / "samples.png")) is not None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "none.csv"), 1),
        (("coco", "a", "b", "--out", "c", "--least", "0.9"), 2),
        (("folder", "a", "b", "--out", "c", "--split", "bg"), 2),
    ],
)
def test_mistakes_are_a_sentence_and_a_hint(
    arguments: tuple[str, ...], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train", "data", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert "\nhint: " in told


def test_without_its_libraries_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    monkeypatch.delitem(sys.modules, "train.importers.coco", raising=False)
    monkeypatch.setattr(sys, "argv", ["train", "data", "coco", "a", "b", "--out", "c"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "hint: in a checkout: pip install '.[train]'" in capsys.readouterr().err


def test_help_is_there_at_once_without_torch() -> None:
    program = "import sys, train.__main__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
