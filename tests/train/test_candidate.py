"""Candidates: anybody's model is asked in its own way, and counted alike."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from greenscreen.errors import ModelError
from train.candidate import open_candidate
from train.data import Row, read
from train.export import export
from train.metrics import iou
from train.models import build


def test_models_of_others_find_the_person_however_they_put_it(
    peers: dict[str, Path], rows: list[Row], tmp_path: Path
) -> None:
    row = next(row for row in rows if row.split == "val")
    image, truth = read(row.image), cv2.imread(str(row.mask), cv2.IMREAD_GRAYSCALE) / 255
    mattes = [open_candidate(path, tmp_path).matte(image) for path in peers.values()]
    for matte in mattes:
        assert iou(matte, truth.astype(np.float32)) > 0.8
        np.testing.assert_allclose(matte, mattes[0], atol=1e-3)


def test_a_checkpoint_and_its_export_are_the_same_candidate(untrained: Callable[[str], Path], tmp_path: Path) -> None:
    checkpoint = untrained("student-small")
    export(checkpoint, tmp_path / "out.onnx")
    (tmp_path / "scratch").mkdir()
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    one, other = (open_candidate(path, tmp_path / "scratch") for path in (checkpoint, tmp_path / "out.onnx"))
    np.testing.assert_allclose(one.matte(image), other.matte(image), atol=1e-6)
    assert (one.name, one.facts["step"]) == ("student-small", 7)
    assert (other.name, other.facts) == ("out", {})
    assert one.milliseconds(2) > 0


def test_parameters_and_macs_are_those_of_the_network(untrained: Callable[[str], Path], tmp_path: Path) -> None:
    """Parameters as PyTorch counts them, less what batch norm adds; multiplications as worked out by hand."""
    network = build("student-small")
    whole = sum(p.numel() for p in network.parameters())
    candidate = open_candidate(untrained("student-small"), tmp_path)
    assert 0.95 * whole < candidate.parameters <= 1.02 * whole
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        _, height, width, _ = candidate.compiled.inputs[0].shape
        network.eval()(torch.zeros(1, 3, height, width), torch.zeros(1, 1, height, width))
    assert candidate.macs == pytest.approx(counter.get_total_flops() / 2, rel=0.01)


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_what_is_no_model_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"x\.onnx cannot be read"):
        open_candidate(tmp_path / "x.onnx", tmp_path)
