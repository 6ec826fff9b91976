"""A handful of generated pictures with true mattes, listed as the training package wants them."""

import csv
from collections.abc import Callable
from functools import cache
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
def train(rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Trains the smallest student on pictures of 64x64, two samples a step, and gives the run's last checkpoint.

    Curves and panels, which take longer than all else together, are drawn if asked for.
    """

    import torch

    from train.fit import fit
    from train.recipe import make_recipe
    from train.watch import Watch

    torch.set_num_threads(1)  # tiny networks gain nothing from more

    def run(
        name: str = "run", start: Path | None = None, resume: bool = False, drawn: bool = False, **settings: Any
    ) -> Path:
        tiny = {
            "area": 64 * 64,
            "aspects": (1.0,),
            "batch": 2,
            "workers": 0,
            "judged": 2,
            "warmup": 0,
            "steps": 2,
            "epoch": 1,
        }
        recipe = make_recipe("tiny", tiny | {"precision": "32-true"} | settings)
        with monkeypatch.context() as patch:
            if not drawn:
                patch.setattr(Watch, "draw", lambda *_: None)
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


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A checkpoint of a network as it is born, but for the averages of its batch norms, for pictures of 64x64.

    All tests read the same file.
    """
    folder = tmp_path_factory.mktemp("untrained")

    @cache
    def save(name: str) -> Path:
        import torch

        from train.models import build

        torch.manual_seed(0)
        network = build(name)
        for key, buffer in network.named_buffers():
            if key.endswith("running_var"):
                buffer.uniform_(0.5, 2)
        state = {f"network.{key}": value for key, value in network.state_dict().items()}
        facts = {"network": name, "area": 64 * 64, "aspects": [1.0], "batch": 2}
        facts |= {"command": "fit tiny", "machine": "a machine", "data": "0123456789abcdef"}
        path = folder / name / "best.ckpt"
        path.parent.mkdir()
        torch.save({"state_dict": state, "hyper_parameters": facts, "global_step": 7}, path)
        return path

    return save


@pytest.fixture(scope="session")
def peers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Models of somebody else, who knows that the generated people are red: RGB in [0, 1] of 64x64 in, a matte out."""
    import torch

    from train.export import write_onnx

    class Red(torch.nn.Module):
        def __init__(self, kind: str):
            super().__init__()
            self.kind = kind

        def forward(self, rgb: torch.Tensor) -> torch.Tensor:
            axis = 1 if self.kind.startswith("channels first") else 3
            colour = torch.tensor([200, 80, 60]).reshape([3 if side == axis else 1 for side in range(4)]) / 255
            red = 60 * (0.16 - (rgb - colour).abs().amax(axis, keepdim=True))
            if self.kind.endswith("matte"):
                return red.sigmoid()
            both = torch.cat([-red / 2, red / 2], axis)
            return both.softmax(axis) if self.kind.endswith("shares") else both

    folder, paths = tmp_path_factory.mktemp("peers"), {}
    for kind in ("channels last, matte", "channels last, logits", "channels first, shares"):
        paths[kind] = folder / f"{kind.replace(', ', '-').replace(' ', '-')}.onnx"
        example = torch.zeros(1, 3, 64, 64) if kind.startswith("channels first") else torch.zeros(1, 64, 64, 3)
        write_onnx(paths[kind], Red(kind), (example,), ["rgb"], "matte", {})
    return paths
