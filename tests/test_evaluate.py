"""Clips with known alpha, and the figures measured on them: both programs as a person calls them."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

SCRIPTS = Path(__file__).parents[1] / "scripts"


def call(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPTS / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_moving_clips_are_made_and_measured(tmp_path: Path) -> None:
    people, rooms = tmp_path / "people", tmp_path / "rooms"
    people.mkdir()
    rooms.mkdir()
    person = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGRA)
    alpha = np.zeros(person.shape[:2], np.uint8)
    cv2.ellipse(alpha, (222, 125), (80, 115), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(alpha, (225, 512), (205, 300), 0, 0, 360, 255, -1, cv2.LINE_AA)
    person[..., 3] = alpha
    cv2.imwrite(str(people / "someone.png"), person)
    cv2.imwrite(str(rooms / "wall.png"), np.full((90, 160, 3), (170, 190, 180), np.uint8))

    call("make-moving-clips", tmp_path, "--people", people, "--rooms", rooms, "--count", 1, "--size", "192x108")
    (clip,) = tmp_path.glob("*.mp4")
    truths = sorted(clip.with_name(clip.stem + "_alpha").glob("*.png"))
    timetable = json.loads(clip.with_suffix(".json").read_text())
    alphas = [cv2.imread(str(truth), cv2.IMREAD_UNCHANGED)[..., 3].astype(int) for truth in truths]
    assert len(alphas) == 180
    for first, last in timetable["still"]:
        assert all((alpha == alphas[first]).all() for alpha in alphas[first:last])
    step = timetable["step"]
    assert np.abs(alphas[step] - alphas[step - 1]).mean() > 5

    rows = {}
    for form in ([], ["--planar", "--sheet", tmp_path / "sheet.png", "--plot", tmp_path / "plot.png"]):
        call("evaluate", clip, "--frames", 12, "--plate", "--bounds", "--json", tmp_path / "rows.json", *form)
        rows[bool(form)] = json.loads((tmp_path / "rows.json").read_text())
    names = [row["way"] for row in rows[True]]
    assert names[0] == "network, enlarged"
    assert names[4:] == ["+ steady: what is shown", "with a clean plate", "truth, a pixel aside", "first truth, held"]
    assert all(0 <= row["iou"] <= 1 and row["edge_error"] >= 0 and row["ghosts"] >= 0 for row in rows[True])
    # The compiled way of live pictures finds what the plain one does, but for colours that are half as fine.
    for plain, compiled in zip(rows[False], rows[True], strict=True):
        assert abs(plain["iou"] - compiled["iou"]) < 0.02
    assert cv2.imread(str(tmp_path / "sheet.png")).std() > 10
    assert cv2.imread(str(tmp_path / "plot.png")).std() > 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--moments", "5", "x"], "'x' is neither FRAME nor FRAME:X,Y"),
        (["--moments", "5:1"], "'5:1' is neither FRAME nor FRAME:X,Y"),
        (["--show", "+ keying;with a clean plate"], "--show knows no row 'with a clean plate'; with these options"),
        (["--frames", "0"], "--frames takes how many, from 1 on"),
    ],
)
def test_what_makes_no_sense_is_said_before_any_work(words: list[str], said: str, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPTS / "evaluate"), str(tmp_path / "none.mp4"), *words]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 2
    assert f"evaluate: error: {said}" in answer.stderr.replace("argument --moments: ", "")
    assert "Traceback" not in answer.stderr
