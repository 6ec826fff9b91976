"""A card that fails, hangs or is exchanged costs no frame, and the room is not seen."""

import time
from threading import Event

import numpy as np
import pytest
from emulated_card import EmulatedCard
from emulated_engine import CONTRACT, INPUT, MODEL, EmulatedEngine, as_sent, on_card, person

from greenscreen.composite.background import open_backdrop
from greenscreen.errors import EngineError
from greenscreen.gpu import Canvas, GpuPipeline
from greenscreen.picture.forms import Form
from greenscreen.picture.frame import Frame, Picture
from greenscreen.refine import Refiner
from greenscreen.segment import Segmenter, standby
from greenscreen.segment.openvino import OpenVinoEngine
from greenscreen.segment.standby import StandbyEngine


class Machine:
    """One with a card, on which the CPU stands by."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.cards: list[EmulatedCard] = []
        opener = lambda *_: StandbyEngine("tensorrt", self.wanted, self.spare, True, self.said.append)  # noqa: E731
        self.segmenter = Segmenter("tensorrt", opener, MODEL, CONTRACT)
        self.pipeline = GpuPipeline(self.segmenter, Refiner(), open_backdrop("#ff00ff"))

    def wanted(self, *, build: bool, progress: object = None) -> EmulatedEngine:
        self.cards.append(EmulatedCard())
        return EmulatedEngine(self.cards[-1], *INPUT)

    def spare(self) -> OpenVinoEngine:
        return OpenVinoEngine(MODEL, CONTRACT, *INPUT)

    @property
    def on_card(self) -> int:
        """How many frames were made on a card."""
        return len(self.pipeline.meter.stages["card"])

    def process(self, frame: Frame) -> Picture:
        """And what the person sees is their backdrop, never the room."""
        picture = self.pipeline.process(frame)
        corner = picture.image[:40, :40].reshape(-1, 3)
        assert (np.abs(corner.astype(int) - (255, 0, 255)) < 6).all()
        return picture


@pytest.mark.parametrize("how", ["lost", "hung"])
def test_a_lost_card_costs_no_frame_and_shows_no_room(how: str) -> None:
    """The same frame is done on the CPU."""
    machine = Machine()
    with machine.segmenter:
        for index, frame in enumerate(person(320, 180, count=4)):
            if index == 2:
                setattr(machine.cards[0], how, True)
            machine.process(frame)
            assert machine.on_card == min(index + 1, 2)
        assert not (machine.cards[0].hung and machine.cards[0].closed), "what a card that hangs works with, it keeps"
        machine.cards[0].hung = False
    assert machine.cards[0].closed
    assert ["lost" in line for line in machine.said] == [True]


@pytest.mark.parametrize("form", ["NV12", "YUYV"])
def test_a_camera_in_a_form_of_its_own_falls_to_the_cpu_with_the_same_picture(form: Form) -> None:
    """The frame that the card lost, and those after it, are made planes of on the CPU; mirrored here as there."""
    shown: list[list[Picture]] = []
    for sent in (form, "I420"):
        machine = Machine()
        with machine.segmenter:
            frames = [as_sent(frame, sent, mirror=True) for frame in person(320, 180, count=4)]
            shown.append([])
            for index, frame in enumerate(frames):
                if index == 2:
                    machine.cards[0].lost = True
                shown[-1].append(machine.process(frame))
            assert machine.on_card == 2
    for got, expected in zip(*shown, strict=True):
        np.testing.assert_array_equal(got.i420, expected.i420)
        np.testing.assert_array_equal(got.alpha, expected.alpha)


def test_a_frame_that_never_comes_back_costs_no_frame_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """The card is left alone until it answers, and then tried again."""
    monkeypatch.setattr(standby, "PAUSE", 0.01)
    machine, answering = Machine(), Event()

    def never(*_: object) -> None:
        assert answering.wait(60)
        raise EngineError("too late")

    with machine.segmenter:
        frames = person(320, 180, count=4)
        machine.process(next(frames))
        with monkeypatch.context() as patch:
            patch.setattr(standby, "ANSWER", 0.2)
            patch.setattr(Canvas, "draw", never)
            machine.process(next(frames))
        machine.process(next(frames))
        assert (machine.on_card, len(machine.cards)) == (1, 1)
        answering.set()
        last = next(frames)
        while machine.segmenter.engine_for(last)._ready is None:  # type: ignore[attr-defined]
            time.sleep(0.01)
        machine.process(last)
        assert (machine.on_card, len(machine.cards)) == (2, 2)
        assert machine.cards[0].closed
    assert machine.said[-1] == "now on tensorrt"


def test_an_engine_may_take_the_cards_place_and_the_card_take_it_back() -> None:
    """What a closed engine had on its card went with it; nobody touches that any more."""
    cards: list[EmulatedCard] = []
    card = on_card(open_backdrop("green"), cards)
    frames = person(160, 90, count=4)
    card.process(next(frames))
    cpu = Segmenter("cpu", lambda *place: OpenVinoEngine(*place), MODEL, CONTRACT)
    card._segmenter.exchange(cpu)
    card.process(next(frames))
    assert cards[0].closed
    card._segmenter.exchange(on_card(None, cards)._segmenter)
    for frame in frames:
        card.process(frame)
    assert len(card.meter.stages["card"]) == 3
    assert not cards[1].closed


def test_a_card_that_cannot_stand_by_says_what_failed() -> None:
    cards: list[EmulatedCard] = []
    pipeline = on_card(open_backdrop("green"), cards)
    frames = person(320, 180, count=2)
    pipeline.process(next(frames))
    cards[0].lost = True
    with pytest.raises(EngineError, match="unplugged"):
        pipeline.process(next(frames))
