"""A network beside the emulated card, the pipelines with it and without, and somebody for them to look at."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from emulated_card import EmulatedCard

from greenscreen.composite.background import Backdrop
from greenscreen.contract import read_contract
from greenscreen.gpu import GpuPipeline
from greenscreen.picture.colour import planes
from greenscreen.picture.forms import Form, Raw, mirrored
from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.picture.resize import cover
from greenscreen.pipeline import Pipeline
from greenscreen.refine import Edges, Refiner
from greenscreen.segment import Segmenter, bundled_model
from greenscreen.segment.openvino import OpenVinoEngine
from greenscreen.sources import open_source
from greenscreen.sources.raw import from_nv12, from_yuyv

MODEL = bundled_model()
CONTRACT = read_contract(MODEL)
INPUT = CONTRACT.input_size(16, 9)
MOVED = [Edges(shift=8), Edges(shift=-60, outward=3), Edges(outward=30), Edges(inward=12, outward=20, shift=-5)]
"""Outlines that are not where the matte has them."""


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
            now[:] = self._network.step(image.astype(np.uint8), last.reshape(height, width)).ravel()

        self.card.do(run)

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        return self._network.step(image, last)

    def reset(self) -> None:
        with self.card:
            for matte in self.mattes:
                self.card.clear(matte, 4 * self._shape[0] * self._shape[1])

    def close(self) -> None:
        self.closed = True
        self.card.close()


def person(width: int, height: int, count: int) -> Iterator[Frame]:
    """Somebody with hair who moves, before a room: the beginning of the demo clip, in I420."""
    for frame in in_bgr(width, height, count):
        yield frame.as_planar()


def in_bgr(width: int, height: int, count: int) -> Iterator[Frame]:
    with open_source("demo") as source:
        for frame in itertools.islice(source, count):
            yield replace(frame, given=cover(frame.image, width, height))


def as_sent(frame: Frame, form: Form, mirror: bool = False) -> Frame:
    """The same frame in a form in which cameras send it, and, to be mirrored, seen from the other side."""
    pixels = frame.pixels if form == "BGR" else frame.as_planar().pixels
    pixels = mirrored(pixels) if mirror else pixels
    raw = Raw.of(pixels)
    if form in ("NV12", "YUYV"):
        y, u, v = planes(pixels)
        pairs = np.dstack([u, v])
        nv12, yuyv = np.vstack([y, pairs.reshape(len(u), -1)]), np.dstack([y, pairs.repeat(2, 0).reshape(y.shape)])
        raw = Raw("NV12", nv12, from_nv12) if form == "NV12" else Raw("YUYV", yuyv, from_yuyv)
    return replace(frame, given=raw.mirror() if mirror else raw)


def on_cpu(backdrop: Backdrop | None, edges: Edges | None = None) -> Pipeline:
    opener = lambda model, contract, width, height: OpenVinoEngine(model, contract, width, height, precise=True)  # noqa: E731
    return Pipeline(Segmenter("cpu", opener, MODEL, CONTRACT), Refiner(edges), backdrop)


def on_card(backdrop: Backdrop | None, cards: list[EmulatedCard], edges: Edges | None = None) -> GpuPipeline:
    def opener(*place: object) -> EmulatedEngine:
        cards.append(EmulatedCard())
        return EmulatedEngine(cards[-1], *place[2:])  # type: ignore[arg-type]

    return GpuPipeline(Segmenter("card", opener, MODEL, CONTRACT), Refiner(edges), backdrop)
