"""On a real NVIDIA GPU: pytest -m gpu. What the emulation shows of the kernels must hold where they are at home."""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from greenscreen.bench import clip_frames
from greenscreen.composite.background import open_backdrop
from greenscreen.contract import read_contract
from greenscreen.errors import EngineError
from greenscreen.gpu import Canvas, GpuPipeline
from greenscreen.picture.colour import to_i420
from greenscreen.picture.forms import Form, Raw, unchanged
from greenscreen.picture.frame import Frame
from greenscreen.pipeline import Pipeline
from greenscreen.planar import Planar
from greenscreen.refine import Edges, Refiner
from greenscreen.segment import Segmenter, bundled_model, load_engine
from greenscreen.segment.engine import Engine
from greenscreen.sources.raw import from_nv12, from_yuyv

pytestmark = pytest.mark.gpu

MODEL = bundled_model()
CONTRACT = read_contract(MODEL)


@pytest.fixture(autouse=True)
def home() -> None:
    """Plans and kernels are kept from one test to the next, where other tests have a home of their own: a plan takes
    a minute to build."""


@pytest.fixture(autouse=True)
def gpu() -> None:
    """Skips where TensorRT does not run, and says why."""
    try:
        load_engine("tensorrt")(MODEL, CONTRACT, *CONTRACT.input_size(16, 9)).close()
    except EngineError as error:
        pytest.skip(f"{error} ({error.hint})")


def frames(width: int, height: int, count: int) -> Iterator[Frame]:
    for index, frame in enumerate(clip_frames(width, height)[:count]):
        yield replace(frame.as_planar(), index=index, fresh=index == 0)


def with_card(*place: Any) -> Engine:
    return load_engine("tensorrt")(*place)


class HostOnly:
    """The same engine with its mattes brought to the host, so that the CPU's pipeline does the rest."""

    def __init__(self, *place: Any):
        self._engine = with_card(*place)
        self.step, self.reset, self.close = self._engine.step, self._engine.reset, self._engine.close


def test_the_engine_agrees_with_the_cpu_step_by_step() -> None:
    """Within what half precision costs, memory included."""
    engine = with_card(MODEL, CONTRACT, 320, 192)
    reference = load_engine("onnxruntime")(MODEL, CONTRACT, 320, 192, precise=True)
    for frame in frames(320, 192, 6):
        difference = np.abs(engine.step(frame.image) - reference.step(frame.image))
        assert difference.mean() < 2e-3
        assert np.percentile(difference, 99.9) < 0.05
    engine.close()
    reference.close()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (720, 1280), (3840, 2160)])
@pytest.mark.parametrize("background", ["green", "blur", "blur:2"])
def test_card_and_cpu_agree_within_two_levels(size: tuple[int, int], background: str) -> None:
    """At 99.9 % of all samples, from the same mattes, through the first frames and the recorded ones."""
    backdrop = open_backdrop(background)
    with Segmenter("card", with_card, MODEL, CONTRACT) as there, Segmenter("host", HostOnly, MODEL, CONTRACT) as here:
        card, cpu = GpuPipeline(there, Refiner(), backdrop), Pipeline(here, Refiner(), backdrop)
        for frame in frames(*size, 6):
            got, expected = card.process(frame).i420, cpu.process(frame).i420
            assert (np.abs(got.astype(np.int16) - expected) <= 2).mean() >= 0.999
        assert len(card.meter.stages["card"]) == 6


@pytest.mark.parametrize("size", [(1280, 720)])
def test_other_forms_and_outlines_agree_too(size: tuple[int, int]) -> None:
    """Frames that come as BGR, an outline that is moved and feathered, and a cut-out."""
    edges = Edges(shift=-5, outward=20, inward=12)
    for backdrop in (open_backdrop("green"), None):
        with (
            Segmenter("card", with_card, MODEL, CONTRACT) as there,
            Segmenter("host", HostOnly, MODEL, CONTRACT) as here,
        ):
            card, cpu = GpuPipeline(there, Refiner(edges), backdrop), Pipeline(here, Refiner(edges), backdrop)
            for frame in frames(*size, 4):
                image = replace(frame, given=frame.image)
                got, expected = card.process(image), cpu.process(image.as_planar())
                assert (np.abs(got.alpha.astype(np.int16) - expected.alpha) <= 2).mean() >= 0.999
                if backdrop:
                    assert (np.abs(got.i420.astype(np.int16) - expected.i420) <= 2).mean() >= 0.999


@pytest.mark.parametrize("size", [(1280, 720)])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("form", ["BGR", "I420", "NV12", "YUYV"])
def test_every_form_becomes_planes_to_the_bit(size: tuple[int, int], mirror: bool, form: Form) -> None:
    """Of noise, as the CPU makes them."""
    assert Planar().wait()
    width, height = size
    shape = {"BGR": (height, width, 3), "YUYV": (height, width, 2)}.get(form, (height * 3 // 2, width))
    make = {"NV12": from_nv12, "YUYV": from_yuyv}.get(form, unchanged)
    raw = Raw(form, np.random.default_rng(1).integers(0, 256, shape, np.uint8), make, mirror)
    with Segmenter("card", with_card, MODEL, CONTRACT) as there:
        frame = Frame(raw, 0, 0, fresh=True)
        network = CONTRACT.input_size(*size)
        canvas = Canvas(there.engine_for(frame), network, size)  # type: ignore[arg-type]
        planes = np.empty(width * height * 3 // 2, np.uint8)
        with canvas.engine.card as card:
            canvas._take(raw)
            canvas._bring()
            card.download(planes, canvas._at["frame"])
            card.wait()
        np.testing.assert_array_equal(planes, frame.as_planar().pixels.ravel())


@pytest.mark.parametrize("size", [(1280, 720)])
def test_a_jump_and_a_cut_are_met_alike(size: tuple[int, int]) -> None:
    backdrop = open_backdrop("green")
    with Segmenter("card", with_card, MODEL, CONTRACT) as there, Segmenter("host", HostOnly, MODEL, CONTRACT) as here:
        card, cpu = GpuPipeline(there, Refiner(), backdrop), Pipeline(here, Refiner(), backdrop)
        for frame in frames(*size, 6):
            image = frame.image if frame.index < 3 else 255 - frame.image if frame.index == 3 else frame.image[:, ::-1]
            shown = replace(frame, given=to_i420(np.ascontiguousarray(image)))
            got, expected = card.process(shown).i420, cpu.process(shown).i420
            assert (np.abs(got.astype(np.int16) - expected) <= 2).mean() >= 0.999


def test_a_closed_engine_leaves_the_card_as_it_was() -> None:
    """Memory that is not given back would add up with every reconnect."""
    driver = importlib.import_module("pycuda.driver")

    def run() -> None:
        with Segmenter("card", with_card, MODEL, CONTRACT) as segmenter:
            pipeline = GpuPipeline(segmenter, Refiner(), open_backdrop("blur"))
            for frame in frames(1280, 720, 3):
                pipeline.process(frame)

    def free() -> int:
        context = driver.Device(0).retain_primary_context()
        context.push()
        try:
            return int(driver.mem_get_info()[0])
        finally:
            driver.Context.pop()
            context.detach()

    run()
    before = free()
    for _ in range(3):
        run()
    assert before - free() < 16 << 20
