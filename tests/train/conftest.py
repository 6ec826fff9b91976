"""A handful of generated pictures with true mattes, listed as the training package wants them."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from train.data import Row
from train.manifest import load

Train = Callable[..., Path]


@pytest.fixture
def rows(manifest: Path) -> list[Row]:
    return load(manifest)


@pytest.fixture
def train(rows: list[Row], tmp_path: Path) -> Train:
    """Trains the smallest student on pictures of 64x64, two samples a step, and gives the run's last checkpoint."""

    import torch

    from train.fit import fit
    from train.recipe import make_recipe

    torch.set_num_threads(1)  # tiny networks gain nothing from more

    def run(name: str = "run", start: Path | None = None, resume: bool = False, **settings: Any) -> Path:
        tiny = {"area": 64 * 64, "aspects": (1.0,), "batch": 2, "workers": 0, "judged": 2, "warmup": 0, "steps": 2, "epoch": 1}
        recipe = make_recipe("tiny", tiny | {"precision": "32-true"} | settings)
        return fit(recipe, rows, tmp_path / name, start, resume, "fit tiny").with_name("last.ckpt")

    return run


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people (ellipses), two cut-outs, three rooms, two to be judged on, one unlabelled."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    rows = []
    splits = ["train"] * 6 + ["train_cutout"] * 2 + ["bg"] * 3 + ["val"] * 2 + ["unlabelled"]
    for index, split in enumerate(splits):
        image = cv2.resize(rng.integers(0, 256, (6, 8, 3), np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC)
        alpha = np.zeros((120, 160), np.uint8)
        cv2.ellipse(alpha, (80, 120), (40, 80), 0, 0, 360, 255, -1)
        image[alpha > 0] = (60, 80, 200)
        mask = ""
        if split == "train_cutout":
            image = np.dstack([image, alpha])
        elif split in ("train", "val"):
            mask = f"{index}-mask.png"
            cv2.imwrite(str(folder / mask), alpha)
        cv2.imwrite(str(folder / f"{index}.png"), image)
        rows.append({"split": split, "source": "made", "image": f"{index}.png", "mask": mask})
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["split", "source", "image", "mask"])
        writer.writeheader()
        writer.writerows(rows)
    return folder / "manifest.csv"
