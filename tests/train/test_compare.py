"""Compare: true figures in a table that Markdown can read, and a sheet on which every model is seen."""

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from train.__main__ import app
from train.compare import open_candidates
from train.contact import CAPTION, HEIGHT, WIDTH

Untrained = Callable[[str], Path]


def test_one_table_and_one_sheet_over_checkpoints_and_models_of_others(
    untrained: Untrained, peers: dict[str, Path], manifest: Path, tmp_path: Path
) -> None:
    models = [untrained("student-small"), *peers.values()]
    out, sheet = tmp_path / "new" / "RESULTS.md", tmp_path / "sheet.png"
    command = ["compare", *map(str, models), "--on", str(manifest), "--out", str(out), "--sheet", str(sheet)]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    tables = [line.split("|")[1:-1] for line in out.read_text().splitlines() if line.startswith("|")]
    rows = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in tables[2:6]}
    assert list(rows)[-1] == "student-small", "best first"
    assert all(len(cells) == len(tables[0]) - 1 for cells in rows.values())
    iou, boundary, _, millions, *_ = map(float, rows["channels-last-matte"])
    assert 0.85 < iou <= 1
    assert 0 < boundary <= iou
    assert millions < 0.01
    assert float(rows["student-small"][0]) < iou
    assert float(rows["student-small"][3]) == pytest.approx(0.6, abs=0.01)
    assert "| `fit tiny` | 14 | 64x64 |" in out.read_text(), "how the checkpoint came to be"
    drawn = cv2.imread(str(sheet))
    assert drawn.shape[:2] == (2 * (HEIGHT + CAPTION), 5 * WIDTH), "two pictures, the truth and four mattes beside each"


def test_models_of_one_name_are_told_apart(untrained: Untrained, tmp_path: Path) -> None:
    best = untrained("student-small")
    last, mean = tmp_path / best.parent.name / "last.ckpt", tmp_path / "mean.ckpt"
    last.parent.mkdir()
    for copy in (last, mean):
        copy.write_bytes(best.read_bytes())
    found = open_candidates([best, last, mean], tmp_path)
    assert [candidate.name for candidate in found] == [str(best), str(last), "mean"]


def test_no_pictures_to_judge_on_is_said(peers: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("split,source,image,mask\nbg,s,a.png,\n")
    command = ["compare", str(peers["channels last, matte"]), "--on", str(tmp_path / "m.csv"), "--out", "R.md"]
    result = CliRunner().invoke(app, command)
    assert "no pictures to judge on" in str(result.exception)
