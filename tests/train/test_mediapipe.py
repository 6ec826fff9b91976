"""The student goes to MediaPipe and comes back the same, or is not written."""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from greenscreen.errors import ModelError, SinkError, UsageError
from greenscreen.segment import open_segmenter
from greenscreen.sources import open_source
from train.__main__ import app

WEIGHTS = Path(__file__).parents[2] / "train" / "weights" / "student-slim.ckpt"

Untrained = Callable[[str], Path]


def run(*words: object) -> None:
    CliRunner().invoke(app, ["export", *map(str, words)], catch_exceptions=False)


def test_the_shipped_student_finds_the_demos_person_in_mediapipe(tmp_path: Path) -> None:
    """As it does in ONNX, as far as a first look of two can be compared with one without memory."""
    pytest.importorskip("mediapipe", reason="needs MediaPipe: pip install 'mediapipe>=1'")
    out = tmp_path / "student.tflite"
    run(WEIGHTS, "--out", out)
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    with open_segmenter("openvino") as ours, open_segmenter("auto", out) as theirs, open_source("demo") as source:
        frame = next(iter(source))
        mattes = (cv2.resize(segmenter.segment(frame), (320, 192)) for segmenter in (ours, theirs))
        expected, got = (matte > 0.5 for matte in mattes)
    assert (expected & got).sum() / (expected | got).sum() > 0.9


def test_what_mediapipe_sees_differently_is_not_written(
    untrained: Untrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mediapipe", reason="needs MediaPipe: pip install 'mediapipe>=1'")
    from train import mediapipe

    class Stranger:
        def step(self, image: np.ndarray) -> np.ndarray:
            return np.full(image.shape[:2], 2, np.float32)

        def close(self) -> None: ...

    monkeypatch.setattr(mediapipe, "open_engine", lambda *_: Stranger())
    with pytest.raises(ModelError, match=r"not what was trained: MediaPipe differs by [12]\."):
        mediapipe.export(untrained("student-small"), tmp_path / "out.tflite")
    with pytest.raises(SinkError, match="cannot be written"):
        mediapipe.export(untrained("student-small"), tmp_path / "nowhere" / "out.tflite")
    assert not (tmp_path / "out.tflite").exists()


def test_the_large_student_goes_too(untrained: Untrained, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe", reason="needs MediaPipe: pip install 'mediapipe>=1'")
    run(untrained("student-large"), "--out", tmp_path / "out.tflite")
    assert (tmp_path / "out.tflite").exists(), "nothing is written unless MediaPipe agrees"


def test_a_network_with_other_operators_is_refused(untrained: Untrained, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe", reason="needs MediaPipe: pip install 'mediapipe>=1'")
    with pytest.raises(ModelError, match=r"the network's \w+ is not known"):
        run(untrained("tiramisu56"), "--out", tmp_path / "out.tflite")


@pytest.mark.parametrize("option", [("--half",), ("--area", 46080), ("--stride", 16), ("--temperature", 0.5)])
def test_options_for_onnx_are_refused(tmp_path: Path, option: tuple[object, ...]) -> None:
    with pytest.raises(UsageError, match="are for ONNX"):
        run(WEIGHTS, *option, "--out", tmp_path / "out.tflite")


def test_without_mediapipe_the_command_that_brings_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    for name in ("train.mediapipe", "greenscreen.segment.mediapipe"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(ModelError, match="MediaPipe does not load") as caught:
        run(WEIGHTS, "--out", tmp_path / "out.tflite")
    assert "mediapipe>=1" in caught.value.hint
