"""Several processes: started by torchrun with the command of one, they share each batch and learn the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from train.checkpoint import read_checkpoint
from train.data import Row
from train.feed import read_pictures, to_input
from train.recipe import Recipe, save_recipe
from train.samples import Samples

ROOT = Path(__file__).parents[2]

SPY = """
import json, sys
from pathlib import Path
from train.__main__ import main
from train.learner import Learner

seen, step = [], Learner.training_step

def spying(self, batch, index):
    seen.append(batch.image.sum().item())
    return step(self, batch, index)

def telling(self):
    total = sum(p.double().abs().sum().item() for p in self.network.parameters())
    Path(f"rank{self.global_rank}.json").write_text(json.dumps([seen, total]))

Learner.training_step, Learner.on_train_end = spying, telling
main()
"""


def test_two_processes_share_each_batch_and_end_with_the_same_weights(
    manifest: Path, rows: list[Row], tmp_path: Path
) -> None:
    recipe = Recipe(area=32 * 64, aspects=(2.0,), batch=2, steps=2, epoch=2, judged=2, workers=0, memory=0)
    save_recipe(tmp_path / "tiny.yaml", recipe)
    (tmp_path / "spy.py").write_text(SPY)
    torchrun = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*torchrun, "spy.py", "fit", "tiny.yaml", str(manifest), "--out", "run"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert read_checkpoint(tmp_path / "run" / "last.ckpt").step == 2

    told = [json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in (0, 1)]
    assert told[0][1] == told[1][1], "their gradients are shared"
    samples = Samples(read_pictures(recipe, rows)[0], recipe)
    alone = [to_input(torch.from_numpy(samples[index].image)[None]).sum().item() for index in range(4)]
    assert [told[0][0][0], told[1][0][0], told[0][0][1], told[1][0][1]] == pytest.approx(alone)
