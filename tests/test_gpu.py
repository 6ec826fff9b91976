"""The frame on the card looks as it does on the CPU. Here the card is emulated: its kernels' own source, run by g++."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from emulated_card import EmulatedCard, compiled_here

from greenscreen import gpu
from greenscreen.background import Backdrop, open_backdrop
from greenscreen.colour import to_i420
from greenscreen.contract import read_contract
from greenscreen.errors import EngineError
from greenscreen.frame import Frame, Image, Matte
from greenscreen.gpu import GpuPipeline
from greenscreen.pipeline import Pipeline
from greenscreen.refine import Refiner
from greenscreen.segment import Segmenter, bundled_model
from greenscreen.segment.openvino import OpenVinoEngine
from greenscreen.segment.standby import StandbyEngine

MODEL = bundled_model()
CONTRACT = read_contract(MODEL)


class EmulatedEngine:
    """What TensorRtEngine is to a canvas, the network itself run by OpenVINO on the card's emulated memory."""

    def __init__(self, card: EmulatedCard, width: int, height: int):
        self.card, self.closed, self.runs = card, False, 0
        self._shape = height, width
        self._network = OpenVinoEngine(MODEL, CONTRACT, width, height, precise=True)
        self.image = card.allocate(12 * width * height)
        self.mattes = card.allocate(4 * width * height), card.allocate(4 * width * height)

    def enqueue(self, turn: int) -> None:
        height, width = self._shape
        image = self.card.at(self.image, 12 * width * height).view(np.float32).reshape(height, width, 3)
        last, now = (self.card.at(self.mattes[i], 4 * width * height).view(np.float32) for i in (1 - turn, turn))

        def run() -> None:
            self.runs += 1
            self._network.previous[:] = last.reshape(1, height, width, 1)
            now[:] = self._network.step(np.asarray(image)).ravel()

        self.card.do(run)

    def step(self, image: Image) -> Matte:
        raise AssertionError("a canvas does not ask for mattes on the host")

    def reset(self) -> None:
        with self.card:
            for matte in self.mattes:
                self.card.clear(matte, 4 * self._shape[0] * self._shape[1])

    def close(self) -> None:
        self.closed = True
        self.card.close()


@pytest.fixture(autouse=True)
def kernels(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "kernels"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(gpu, "compiled", compiled_here(folder))


def person(width: int, height: int, count: int) -> Iterator[Frame]:
    """Somebody with soft hair who moves a little, before a room full of edges, from a noisy camera."""
    rng = np.random.default_rng(5)
    room = cv2.resize(rng.integers(0, 256, (9, 16, 3), np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    for index in range(count):
        image = room.copy()
        middle = width // 2 + 3 * index, height // 2
        cv2.ellipse(image, (middle[0], height), (width // 4, height // 2), 0, 0, 360, (90, 60, 40), -1)
        cv2.circle(image, middle, height // 5, (120, 150, 200), -1)
        image = cv2.GaussianBlur(image, (0, 0), 1.5)
        noisy = image.astype(np.int16) + rng.integers(-3, 4, image.shape)
        yield Frame(to_i420(np.clip(noisy, 0, 255).astype(np.uint8)), index / 30, index, fresh=index == 0)


def on_cpu(backdrop: Backdrop | None) -> Pipeline:
    opener = lambda model, contract, width, height: OpenVinoEngine(model, contract, width, height, precise=True)  # noqa: E731
    return Pipeline(Segmenter("cpu", opener, MODEL, CONTRACT), Refiner(), backdrop)


def on_card(backdrop: Backdrop | None, cards: list[EmulatedCard]) -> GpuPipeline:
    def opener(*place: object) -> EmulatedEngine:
        cards.append(EmulatedCard())
        return EmulatedEngine(cards[-1], *place[2:])  # type: ignore[arg-type]

    return GpuPipeline(Segmenter("card", opener, MODEL, CONTRACT), Refiner(), backdrop)


@pytest.mark.parametrize("background", ["green", "blur", "blur:2", "blur:60"])
@pytest.mark.parametrize("size", [(640, 360), (480, 640), (426, 240)])
def test_card_and_cpu_agree_within_two_levels(background: str, size: tuple[int, int]) -> None:
    """At 99.9 % of all samples, in every frame: the first, and those that the network's memory and the smoother shape."""
    cards: list[EmulatedCard] = []
    backdrop = open_backdrop(background)
    cpu, card = on_cpu(backdrop), on_card(backdrop, cards)
    for frame in person(*size, count=4):
        expected, got = cpu.process(frame), card.process(frame)
        difference = np.abs(got.i420.astype(np.int16) - expected.i420)
        share = (difference <= 2).mean()
        print(background, size, frame.index, share, difference.max())
        assert share >= 0.999, (share, difference.max())
        assert (np.abs(got.alpha.astype(np.int16) - expected.alpha) <= 4).mean() >= 0.999
