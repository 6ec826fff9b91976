"""What takes minutes: a network learns ten pictures by heart, and all of the training from data to comparison runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from train.data import Row
from train.fit import fit
from train.recipe import read_recipe

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.train


@pytest.fixture
def ten(tmp_path: Path) -> list[Row]:
    """Ten people of many colours before many-coloured rooms, each to be learnt and to be judged on."""
    rng, rows = np.random.default_rng(7), []
    for number in range(10):
        room, cloth = (
            cv2.resize(rng.integers(0, 256, (9, 9, 3), np.uint8), (128, 128), interpolation=cv2.INTER_CUBIC)
            for _ in range(2)
        )
        mask = np.zeros((128, 128), np.uint8)
        x, top = int(rng.integers(40, 88)), int(rng.integers(25, 55))
        cv2.ellipse(mask, (x, top), (14, 18), 0, 0, 360, 255, -1)
        cv2.ellipse(mask, (x, 135), (36, 105 - top), 0, 0, 360, 255, -1)
        image, alpha = tmp_path / f"{number}.png", tmp_path / f"{number}-mask.png"
        cv2.imwrite(str(image), np.where(mask[..., None] > 0, cloth, room))
        cv2.imwrite(str(alpha), mask)
        rows += [Row(split, "ten", image, alpha) for split in ("train", "val")]
    return rows


def test_a_student_learns_ten_pictures_by_heart(ten: list[Row], tmp_path: Path) -> None:
    changes = ["samples=plain", "area=16384", "aspects=[1]", "memory=0", "batch=10", "steps=300", "epoch=100"]
    recipe = read_recipe("student", [*changes, "warmup=20", "average=0.95", "workers=0"])
    fit(recipe, ten, tmp_path / "run")
    iou = [float(line.split(",")[-1]) for line in (tmp_path / "run" / "history.csv").read_text().splitlines()[1:]]
    assert max(iou) > 0.95


def test_every_network_is_trained_and_compared_by_one_command_that_can_be_killed(
    manifest: Path, tmp_path: Path
) -> None:
    tiny = "area=4096 aspects=[1] judged=2 workers=0 warmup=0 precision=32-true"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"NETWORKS": "tiramisu56", "SETTINGS": tiny, "PATH": path, "PYTHONPATH": str(ROOT)}
    command = [ROOT / "scripts" / "train-all", "-n", "64", "-j", "2", "-t", "tiramisu56", tmp_path / "runs", manifest]
    first = subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(20)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    logs = "\n".join(path.read_text() for path in (tmp_path / "runs").glob("*.log"))
    assert answer.returncode == 0, answer.stderr + logs
    results = (tmp_path / "runs" / "RESULTS.md").read_text()
    for name in ("tiramisu56", "student-small-1", "student-small-2", "student-small-distilled-1"):
        assert results.count(f"| {name} |") == 2, "its figures, and how it came to be"
    assert (tmp_path / "runs" / "sheet.png").exists()
