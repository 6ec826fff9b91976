"""Engines: both run the shipped model alike, remember alike, and fail in words."""

import os
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from greenscreen.contract import read_contract
from greenscreen.errors import EngineError, ModelError, UsageError
from greenscreen.picture.frame import Frame, Image
from greenscreen.segment import (
    CLOSER,
    DETAIL,
    ENGINES,
    Segmenter,
    bundled_model,
    host,
    load_engine,
    open_segmenter,
)
from greenscreen.segment.engine import FIRST_LOOKS, first_look
from greenscreen.segment.host import fine_beside
from greenscreen.segment.onnxruntime import OnnxRuntimeEngine
from greenscreen.segment.openvino import OpenVinoEngine
from greenscreen.segment.segmenter import both_sides, network_input
from greenscreen.sources import open_source

MODEL = bundled_model()
ON_CPU = ["openvino", "onnxruntime"]
CONTRACT = read_contract(MODEL)


def pictures(count: int, height: int = 160, width: int = 288) -> list[Image]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 256, (height, width, 3), np.uint8) for _ in range(count)]


def test_both_engines_agree_step_by_step() -> None:
    """In float32, memory of the last matte included: which engine runs must not be seen."""
    one = OpenVinoEngine(MODEL, CONTRACT, 288, 160, precise=True)
    other = OnnxRuntimeEngine(MODEL, CONTRACT, 288, 160)
    for picture in pictures(4):
        np.testing.assert_allclose(one.step(picture), other.step(picture), atol=2e-3)
    # Of noise it is sure that nobody is there, whatever it is told.
    with open_source("demo") as demo:
        picture = cv2.resize(next(iter(demo)).image, (288, 160), interpolation=cv2.INTER_AREA)
    last = np.eye(160, 288, dtype=np.float32)
    told, same = (engine.step(picture, last) for engine in (one, other))
    np.testing.assert_allclose(told, same, atol=2e-3)
    one.reset()
    assert np.abs(one.step(picture) - told).max() > 0.01, "what it is told of its last matte counts"


@pytest.mark.parametrize("name", ON_CPU)
def test_a_matte_is_a_matte_and_reset_forgets(name: str) -> None:
    engine = load_engine(name)(MODEL, CONTRACT, 288, 160)
    first, *rest = pictures(4)
    matte = engine.step(first)
    assert matte.shape == (160, 288)
    assert matte.dtype == np.float32
    assert matte.min() >= 0
    assert matte.max() <= 1
    for picture in rest:
        engine.step(picture)
    engine.reset()
    np.testing.assert_allclose(engine.step(first), matte, atol=1e-5)
    engine.close()


def test_the_segmenter_resets_on_fresh_frames_and_keeps_an_engine_for_each_shape() -> None:
    with open_segmenter() as segmenter:
        for width, height in ((640, 360), (240, 320), (640, 360), (1, 1), (20_000, 10)):
            image = np.full((height, width, 3), 90, np.uint8)
            mattes = [segmenter.segment(Frame(image, 0, index, fresh=True)) for index in range(2)]
            assert mattes[0].shape == CONTRACT.input_size(width, height)[::-1]
            np.testing.assert_array_equal(*mattes)


def test_an_unknown_engine_is_a_usage_error_that_lists_the_known() -> None:
    with pytest.raises(UsageError, match="no engine called 'magic'") as caught:
        open_segmenter("magic")
    assert all(name in caught.value.hint for name in ENGINES)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("onnxruntime-cuda", "pip uninstall onnxruntime; pip install 'onnxruntime-gpu[cuda,cudnn]'"),
        ("onnxruntime-directml", "pip uninstall onnxruntime; pip install onnxruntime-directml"),
        ("onnxruntime-coreml", "needs macOS"),
    ],
)
def test_a_provider_that_is_not_there_is_never_replaced_by_the_cpu(name: str, remedy: str) -> None:
    """Asked for by name, it runs there or says why not, and how to get it."""
    with pytest.raises(EngineError, match="is built without the") as caught:
        open_segmenter(name)
    assert caught.value.hint == remedy


def test_a_provider_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime itself only logs that, and goes on with the CPU."""
    session = onnxruntime.InferenceSession

    def on_the_cpu_after_all(model: str, options: object, providers: object) -> object:
        return session(model, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "InferenceSession", on_the_cpu_after_all)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    with pytest.raises(EngineError, match="CUDAExecutionProvider does not start"):
        open_segmenter("onnxruntime-cuda")


def test_cuda_is_looked_for_where_pip_puts_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what is not found there is not printed over the person's terminal."""
    asked: list[str] = []

    def session(*_: object, **__: object) -> object:
        asked.append("session")
        raise RuntimeError("no cuDNN")

    def preload() -> None:
        asked.append("preload")
        print("Failed to load libcudnn.so.9")

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "preload_dlls", preload, raising=False)
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    with pytest.raises(EngineError, match="no cuDNN"):
        open_segmenter("onnxruntime-cuda")
    assert asked == ["preload", "session"]
    assert capsys.readouterr().out == ""


def test_who_chooses_a_gpu_counts_them_as_nvidia_smi_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so as the doctor lists them; who does not gets the first by CUDA's own way of counting, the fastest."""
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "")
    monkeypatch.delenv("CUDA_DEVICE_ORDER")
    load_engine("onnxruntime-cuda")
    assert "CUDA_DEVICE_ORDER" not in os.environ
    load_engine("onnxruntime-cuda", 0)
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


def test_a_gpu_is_chosen_only_for_engines_that_run_on_one() -> None:
    with pytest.raises(UsageError, match="openvino runs on no GPU"):
        open_segmenter("openvino", gpu=1)


def test_a_library_that_is_not_installed_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "absent", "greenscreen.segment.absent")
    with pytest.raises(EngineError, match="absent cannot be loaded") as caught:
        open_segmenter("absent")
    assert caught.value.hint == "install it with: pip install absent"


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("onnxruntime", "onnxruntime"),
        ("onnxruntime-cuda", "'onnxruntime-gpu[cuda,cudnn]'"),
        ("onnxruntime-directml", "onnxruntime-directml"),
    ],
)
def test_without_onnx_runtime_the_build_with_the_provider_is_named(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plain one would be installed in vain."""
    monkeypatch.setitem(ENGINES, name, f"greenscreen.segment.absent:{name}")
    with pytest.raises(EngineError) as caught:
        open_segmenter(name)
    assert caught.value.hint == f"install it with: pip install {package}"


def test_auto_passes_over_what_does_not_run_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "openvino", "greenscreen.segment.absent")
    with open_segmenter("auto") as segmenter:
        assert segmenter.engine == "onnxruntime"
    monkeypatch.setitem(ENGINES, "onnxruntime", "greenscreen.segment.absent")
    with pytest.raises(EngineError, match="no engine runs on this machine"):
        open_segmenter("auto")


@pytest.mark.parametrize("name", ON_CPU)
def test_a_file_that_is_no_network_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(ModelError, match=r"cannot run model\.onnx"):
        load_engine(name)(path, CONTRACT, 288, 160)


def test_closing_the_segmenter_closes_its_engines() -> None:
    closed = []

    class Fake:
        def close(self) -> None:
            closed.append(self)

    segmenter = Segmenter("fake", lambda *_: Fake(), MODEL, CONTRACT)  # type: ignore[arg-type,return-value]
    segmenter._engines[1, 1] = Fake()  # type: ignore[assignment]
    with segmenter:
        pass
    assert len(closed) == 1


@pytest.mark.parametrize("name", ON_CPU)
def test_who_has_time_is_shown_more_detail_in_float32(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos and video files: the larger network, whatever the CPU could do faster, at more pixels than live."""
    monkeypatch.setattr(host, "multiplies_bytes", lambda: True)
    frame = Frame(pictures(1)[0], 0.0, 0, fresh=True)
    with open_segmenter(name) as live, open_segmenter(name, patient=True) as patient:
        coarse, fine = live.segment(frame), patient.segment(frame)
        assert fine.size == pytest.approx(DETAIL * coarse.size, rel=0.15)
        width, height = patient.contract.input_size(*frame.size)
        assert patient.contract.name == read_contract(fine_beside(MODEL)).name != live.contract.name
        precise = load_engine(name)(fine_beside(MODEL), patient.contract, width, height, precise=True)
        image = network_input(frame, width, height)
        np.testing.assert_allclose(fine, [precise.step(image) for _ in range(FIRST_LOOKS)][-1], atol=1e-4)


def test_a_model_without_a_larger_one_beside_it_is_run_itself(tmp_path: Path) -> None:
    alone = tmp_path / "alone.onnx"
    alone.write_bytes(MODEL.read_bytes())
    alone.with_suffix(".json").write_bytes(MODEL.with_suffix(".json").read_bytes())
    with open_segmenter("openvino", alone, patient=True) as segmenter:
        assert segmenter.contract.name == CONTRACT.name
    fine_beside(alone).write_bytes(b"damaged")
    fine_beside(alone).with_suffix(".json").write_bytes(MODEL.with_suffix(".json").read_bytes())
    with pytest.raises(ModelError, match="is not the file its contract"):
        open_segmenter("openvino", alone, patient=True)
    open_segmenter("openvino", alone).__exit__(None, None, None)


def test_both_sides_are_the_mean_with_the_mirror_image_and_what_is_remembered_is_the_picture() -> None:
    image = pictures(1)[0]
    mirror = np.ascontiguousarray(image[:, ::-1])
    one, other = (OpenVinoEngine(MODEL, CONTRACT, 288, 160, precise=True) for _ in range(2))
    plain, mirrored = first_look(one, image, memory=True), first_look(other, mirror, memory=True)
    frame = Frame(image, 0.0, 0, fresh=True)
    with Segmenter("openvino", partial(OpenVinoEngine, precise=True), MODEL, CONTRACT) as segmenter:
        both = both_sides(segmenter, frame)
        np.testing.assert_allclose(both, (plain + mirrored[:, ::-1]) / 2, atol=1e-4)
        found = segmenter.engine_for(frame)
        assert isinstance(found, OpenVinoEngine)
        np.testing.assert_allclose(found.previous, one.previous, atol=1e-4)


def test_the_mirror_image_of_a_photo_is_seen_in_more_detail() -> None:
    frame = Frame(pictures(1, 360, 640)[0], 0.0, 0, fresh=True)
    with open_segmenter("openvino", patient=True) as segmenter:
        plain = segmenter.first_look(frame)
        closer = segmenter.first_look(frame, segmenter.closer, mirrored=True)
        assert closer.size == pytest.approx(CLOSER * plain.size, rel=0.1)
        enlarged = cv2.resize(plain, closer.shape[::-1], interpolation=cv2.INTER_LINEAR)
        segmenter.meet = both_sides
        np.testing.assert_allclose(segmenter.segment(frame), (enlarged + closer) / 2, atol=1e-4)


def test_large_pictures_keep_the_detail_that_the_network_looks_for() -> None:
    """The guide of a large picture is smaller than what a patient network sees, and would have to be enlarged."""
    stripes = np.repeat(np.tile(np.uint8([40, 210]), 120), 8)
    pixels = np.broadcast_to(stripes[None, :, None], (1080, 1920, 3)).copy()
    frame = Frame(pixels, 0.0, 0)
    seen = network_input(frame, 416, 240)
    assert seen.shape == (240, 416, 3)
    enlarged = cv2.resize(frame.guide, (416, 240), interpolation=cv2.INTER_AREA)
    assert seen.std() > 1.15 * enlarged.std()
    planar = network_input(frame.as_planar(), 416, 240)
    assert np.abs(planar.astype(int) - seen).mean() < 12
    # Live, the guide has detail enough: interpolated where it is hardly larger, averaged where it is.
    for size, how in (((288, 160), cv2.INTER_LINEAR), ((160, 96), cv2.INTER_AREA)):
        live = network_input(frame, *size)
        np.testing.assert_array_equal(live, cv2.resize(frame.guide, size, interpolation=how))


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_an_engine_that_leaves_a_core_to_others_finds_the_same(name: str) -> None:
    frame = Frame(pictures(1)[0], 0.0, 0, fresh=True)
    with open_segmenter(name) as alone, open_segmenter(name, beside=True) as beside:
        np.testing.assert_allclose(beside.segment(frame), alone.segment(frame), atol=1e-3)
