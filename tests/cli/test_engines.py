"""Engines are built, listed, fetched and removed by command; what is missing for one is named."""

import importlib
import sys
from pathlib import Path

import fake_tensorrt
import pytest
from command import Greenscreen
from emulated_card import EmulatedCard

from greenscreen import cache
from greenscreen.segment import tflite


def test_engines_are_built_listed_and_removed(
    greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By a stand-in for TensorRT, on an emulated card, in a cache of its own."""
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda _: tmp_path)
    monkeypatch.setitem(sys.modules, "tensorrt", fake_tensorrt.fake_tensorrt("11.4.0"))
    monkeypatch.delitem(sys.modules, "greenscreen.segment.tensorrt", raising=False)
    engine = importlib.import_module("greenscreen.segment.tensorrt")
    monkeypatch.setattr(engine, "open_card", lambda _: EmulatedCard())
    answer = greenscreen("engine", "build", "--size", "1280x720", "--size", "480x640")
    assert answer.code == 0
    assert answer.err.count("is ready") == 2
    answer = greenscreen("engine", "list")
    assert [word in answer.out for word in ("student", "288x160", "tensorrt-11.4.0", "Emulated", "sm90")] == [True] * 5
    assert greenscreen("engine", "clean").code == 0
    assert "nothing is built yet" in greenscreen("engine", "list").err
    sys.modules.pop("greenscreen.segment.tensorrt")


def test_a_model_is_fetched_when_asked_and_where_to(greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflite, "fetch_model", lambda: Path("selfie.tflite"))
    answer = greenscreen("engine", "fetch", "mediapipe")
    assert (answer.code, answer.err) == (0, "selfie.tflite is ready: greenscreen run --engine mediapipe\n")
    assert greenscreen("engine", "fetch", "openvino").code == 2


@pytest.mark.parametrize(("words", "code"), [(["--engine", "openvino"], 2), (["--engine", "mediapipe"], 1)])
def test_without_mediapipe_its_models_are_no_mystery(
    greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    monkeypatch.delitem(sys.modules, "greenscreen.segment.mediapipe", raising=False)
    answer = greenscreen("run", "--camera", "synthetic", "--model", "mine.tflite", *words)
    assert answer.code == code
    assert ("use: --engine mediapipe" if code == 2 else "pip install mediapipe") in answer.err


def test_building_without_tensorrt_names_the_command(greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.delitem(sys.modules, "greenscreen.segment.tensorrt", raising=False)
    answer = greenscreen("engine", "build")
    assert answer.code == 1
    assert "pip install tensorrt-cu13 pycuda" in answer.err
