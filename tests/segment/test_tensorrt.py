"""The TensorRT engine, on an emulated card and against the little of TensorRT that it calls, in three versions."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cv2
import fake_tensorrt
import numpy as np
import pytest
from emulated_card import EmulatedCard

from greenscreen import cache
from greenscreen.contract import read_contract
from greenscreen.errors import EngineError, ModelError
from greenscreen.segment import bundled_model
from greenscreen.segment.engine import CardEngine, NotBuiltError
from greenscreen.segment.onnxruntime import OnnxRuntimeEngine
from greenscreen.sources import open_source

MODEL = bundled_model()
CONTRACT = read_contract(MODEL)
SIZE = 96, 64
VERSIONS = ["8.6.1", "10.16.1", "11.4.0"]

Load = Callable[[str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Load]:
    """The engine's module as it is beside this version of TensorRT, with a cache of its own and emulated cards."""
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda _: tmp_path)

    def load(version: str) -> ModuleType:
        monkeypatch.setitem(sys.modules, "tensorrt", fake_tensorrt.fake_tensorrt(version))
        monkeypatch.delitem(sys.modules, "greenscreen.segment.tensorrt", raising=False)
        module = importlib.import_module("greenscreen.segment.tensorrt")
        monkeypatch.setattr(module, "open_card", open_card)
        return module

    def open_card(index: int) -> EmulatedCard:
        fake_tensorrt.cards.append(EmulatedCard())
        return fake_tensorrt.cards[-1]

    fake_tensorrt.Built.count = 0
    fake_tensorrt.Built.timing_caches.clear()
    fake_tensorrt.cards.clear()
    yield load
    sys.modules.pop("greenscreen.segment.tensorrt", None)


def plans(folder: Path) -> list[Path]:
    return sorted((folder / "plans").glob("*.plan"))


@pytest.mark.parametrize(("version", "within"), [*zip(VERSIONS, (1e-5, 3e-2, 3e-2), strict=True)])
def test_it_remembers_and_forgets_as_the_cpu_engine_does(load: Load, version: str, within: float) -> None:
    """Step by step: the last matte stays on the card, in two buffers that take turns."""
    engine = load(version).open_engine(MODEL, CONTRACT, *SIZE)
    reference = OnnxRuntimeEngine(MODEL, CONTRACT, *SIZE)
    rng = np.random.default_rng(2)
    pictures = [rng.integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8) for _ in range(3)]
    for _ in range(2):
        for picture in pictures:
            matte = engine.step(picture)
            assert matte.dtype == np.float32
            np.testing.assert_allclose(matte, reference.step(picture), atol=within)
        told = np.ascontiguousarray(matte[::-1])
        np.testing.assert_allclose(engine.step(picture, told), reference.step(picture, told), atol=within)
        np.testing.assert_allclose(engine.step(picture), reference.step(picture), atol=within)
        engine.reset()
        reference.reset()
    assert isinstance(engine, CardEngine)
    engine.close()


def test_each_version_is_told_its_precision_in_its_own_way(load: Load) -> None:
    load("8.6.1").open_engine(MODEL, CONTRACT, *SIZE)
    assert (fake_tensorrt.Built.flags, fake_tensorrt.Built.config.set) == (1, {"FP16"})
    assert fake_tensorrt.Built.config.tactics == 0
    load("10.16.1").open_engine(MODEL, CONTRACT, *SIZE)
    assert (fake_tensorrt.Built.flags, fake_tensorrt.Built.config.set) == (2, set())
    load("11.4.0").open_engine(MODEL, CONTRACT, *SIZE)
    assert (fake_tensorrt.Built.flags, fake_tensorrt.Built.config.set) == (1, set())


def test_a_plan_is_built_once_and_for_one_version_and_size(load: Load, tmp_path: Path) -> None:
    module = load("11.4.0")
    module.open_engine(MODEL, CONTRACT, *SIZE).close()
    module.open_engine(MODEL, CONTRACT, *SIZE).close()
    assert fake_tensorrt.Built.count == 1
    module.open_engine(MODEL, CONTRACT, 64, 96).close()
    load("11.5.0").open_engine(MODEL, CONTRACT, *SIZE).close()
    assert fake_tensorrt.Built.count == 3
    assert plans(tmp_path)[0].name.startswith(f"{CONTRACT.name}-fp16_64x96_float16_tensorrt-11.4.0_")
    assert fake_tensorrt.Built.timing_caches == [b"", b"timings", b""]


def test_a_plan_that_does_not_load_is_built_again(load: Load, tmp_path: Path) -> None:
    module = load("11.4.0")
    module.open_engine(MODEL, CONTRACT, *SIZE).close()
    (plan,) = plans(tmp_path)
    plan.write_bytes(b"damaged")
    with pytest.raises(NotBuiltError):
        module.open_engine(MODEL, CONTRACT, *SIZE, build=False)
    module.open_engine(MODEL, CONTRACT, *SIZE).close()
    assert fake_tensorrt.Built.count == 2
    assert plan.read_bytes().startswith(b"plan ")
    assert all(card.closed for card in fake_tensorrt.cards)


def test_a_plan_that_others_may_write_is_not_run(load: Load, tmp_path: Path) -> None:
    """A plan is code."""
    module = load("11.4.0")
    module.open_engine(MODEL, CONTRACT, *SIZE).close()
    plans(tmp_path)[0].chmod(0o666)
    with pytest.raises(EngineError, match="not yours alone"):
        module.open_engine(MODEL, CONTRACT, *SIZE)
    assert all(card.closed for card in fake_tensorrt.cards)


def test_progress_is_told_and_a_build_can_be_ended(load: Load) -> None:
    module = load("10.16.1")
    told: list[float] = []
    module.open_engine(MODEL, CONTRACT, *SIZE, progress=lambda done: told.append(done) or True).close()
    assert told == [0.25, 0.5, 0.75, 1.0]
    with pytest.raises(EngineError, match="cannot build"):
        module.open_engine(MODEL, CONTRACT, 64, 96, progress=lambda _: False)
    assert all(card.closed for card in fake_tensorrt.cards)


def test_a_model_that_tensorrt_cannot_read_is_named(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a network")
    path.with_suffix(".json").write_bytes(MODEL.with_suffix(".json").read_bytes())
    module = load("11.4.0")
    with pytest.raises(ModelError, match=r"not the file its contract"):
        module.open_engine(path, CONTRACT, *SIZE)
    with pytest.raises(ModelError, match=r"cannot read model\.onnx: no such operator"):
        module.build_plan(
            module.trt, module.LOGGER, path, CONTRACT, module.plan_key(EmulatedCard(), CONTRACT, *SIZE, True), None
        )


def test_a_lost_card_is_an_engine_error_and_closes_in_peace(load: Load) -> None:
    engine = load("11.4.0").open_engine(MODEL, CONTRACT, *SIZE)
    fake_tensorrt.cards[-1].lost = True
    with pytest.raises(EngineError, match="unplugged"):
        engine.step(np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    engine.close()
    assert fake_tensorrt.cards[-1].closed


def test_what_tensorrt_raises_is_an_engine_error(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own exceptions share no type but the root; whatever it was doing, the card is given back."""
    module = load("11.4.0")

    def fails(*_: object) -> None:
        raise TypeError("pybind11::init(): factory function returned nullptr\nmore")

    with monkeypatch.context() as patch:
        patch.setattr(module.trt, "Builder", fails)
        with pytest.raises(EngineError, match=r"TensorRT failed to build from student-fp16\.onnx: pybind11.*nullptr$"):
            module.open_engine(MODEL, CONTRACT, *SIZE)
    with monkeypatch.context() as patch:
        patch.setattr(module.trt, "Runtime", fails)
        with pytest.raises(EngineError, match="TensorRT failed loading its plan"):
            module.open_engine(MODEL, CONTRACT, *SIZE)
    engine = module.open_engine(MODEL, CONTRACT, *SIZE)
    monkeypatch.setattr(fake_tensorrt.Context, "execute_async_v3", fails)
    with pytest.raises(EngineError, match="TensorRT failed on a frame") as caught:
        engine.step(np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    assert caught.value.hint
    engine.close()
    assert all(card.closed for card in fake_tensorrt.cards)


def test_a_card_that_hangs_keeps_its_engine_until_it_answers(load: Load) -> None:
    """To free what it works with would wait for it, for ever."""
    engine = load("11.4.0").open_engine(MODEL, CONTRACT, *SIZE)
    card = fake_tensorrt.cards[-1]
    card.hung = True
    with pytest.raises(EngineError, match="did not answer"):
        engine.step(np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    with pytest.raises(EngineError, match="hangs"):
        engine.close()
    assert engine._context is not None
    assert card.held > 0
    card.hung = False
    engine.close()
    assert card.closed


def test_every_version_runs_the_shipped_student_in_float16(load: Load, tmp_path: Path) -> None:
    """By the builder's flag where there is one, else by the types of the file that ships for it."""
    half = MODEL.with_name("student-fp16.onnx")
    for version, built_from in zip(VERSIONS, (MODEL, half, half), strict=True):
        module = load(version)
        assert module.typed_model(MODEL) == built_from
        module.open_engine(MODEL, CONTRACT, *SIZE).close()
        (plan,) = [path for path in plans(tmp_path) if version in path.name]
        assert "_float16_" in plan.name
        assert plan.read_bytes().endswith(built_from.read_bytes())


def test_the_shipped_files_are_one_student() -> None:
    """A student that is trained anew must be exported three times."""
    with open_source("demo") as source:
        frame = next(iter(source))
    width, height = CONTRACT.input_size(16, 9)
    image = np.asarray(cv2.resize(frame.guide, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    whole = OnnxRuntimeEngine(MODEL, CONTRACT, width, height)
    # Eight bits may be far off in a pixel on an outline, but not on average: an earlier student is at .0006.
    for form, most, usual in (("fp16", 3e-2, 1e-4), ("int8", 0.5, 5e-4)):
        path = MODEL.with_name(f"student-{form}.onnx")
        contract = read_contract(path)
        assert contract == replace(CONTRACT, name=f"{CONTRACT.name}-{form}", sha256=contract.sha256)
        other = OnnxRuntimeEngine(path, contract, width, height)
        whole.reset()
        for _ in range(4):
            matte, same = whole.step(image), other.step(image)
            np.testing.assert_allclose(same, matte, atol=most)
            assert np.abs(same - matte).mean() < usual
    assert 0.1 < matte.mean() < 0.9, "the demo's person must be found, or this shows nothing"


def test_from_version_10_on_the_half_precision_file_beside_the_model_is_taken(load: Load, tmp_path: Path) -> None:
    """There the file decides; before, the builder's flag does."""
    model, half = tmp_path / "student.onnx", tmp_path / "student-fp16.onnx"
    for path in (model, half):
        path.write_bytes(MODEL.read_bytes())
        path.with_suffix(".json").write_bytes(MODEL.with_suffix(".json").read_bytes())
    assert load("8.6.1").typed_model(model) == model
    module = load("11.4.0")
    assert module.typed_model(model) == half
    module.open_engine(model, CONTRACT, *SIZE).close()
    assert "_float16_" in plans(tmp_path)[0].name
    half.unlink()
    module.open_engine(model, CONTRACT, *SIZE).close()
    assert [("_float32_" in plan.name) for plan in plans(tmp_path)] == [False, True]
