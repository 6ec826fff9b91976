"""The loop: every frame goes through, and none leaves with the room in it."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from greenscreen.composite.background import Colour
from greenscreen.contract import read_contract
from greenscreen.errors import EngineError
from greenscreen.picture.frame import Frame, Matte, Picture
from greenscreen.pipeline import Pipeline, run
from greenscreen.refine import Refiner
from greenscreen.segment import Segmenter, bundled_model
from greenscreen.sinks.null import NullSink
from greenscreen.sources.synthetic import SyntheticSource

GREEN = (64, 177, 0)


class Keep:
    """A sink that keeps what it is sent, and closes itself after `limit`."""

    name = "keep"

    def __init__(self, limit: int = 1000):
        self.pictures: list[Picture] = []
        self.limit = limit

    def __enter__(self) -> "Keep":
        return self

    def __exit__(self, *_: object) -> None: ...

    def send(self, picture: Picture) -> bool:
        self.pictures.append(picture)
        return len(self.pictures) < self.limit


class Scripted:
    """An engine that says what it is told to, or raises it."""

    def __init__(self, answers: Iterator[Matte | Exception]):
        self.answers = answers

    def step(self, image: np.ndarray, last: Matte | None = None) -> Matte:
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def reset(self) -> None: ...

    def close(self) -> None: ...


def segmenter(answers: Iterator[Matte | Exception]) -> Segmenter:
    contract = replace(read_contract(bundled_model()), previous=None)
    return Segmenter("scripted", lambda *_: Scripted(answers), bundled_model(), contract)


def frames(count: int) -> Iterator[Frame]:
    with SyntheticSource((320, 180), 30, count) as source:
        yield from source


def nobody() -> Iterator[Matte | Exception]:
    while True:
        yield np.zeros((160, 288), np.float32)


def test_every_frame_reaches_every_sink_in_order() -> None:
    first, second = Keep(), NullSink()
    pipeline = Pipeline(segmenter(nobody()), Refiner(), Colour(GREEN))
    assert run(frames(5), pipeline, [first, second]) == 5
    times = [picture.time for picture in first.pictures]
    assert times == sorted(times)
    assert len(times) == 5
    assert set(pipeline.meter.medians()) == {"segment", "refine", "backdrop", "composite", "send"}


def test_a_closed_sink_ends_the_run() -> None:
    sink = Keep(limit=2)
    assert run(frames(5), Pipeline(segmenter(nobody()), Refiner(), Colour(GREEN)), [sink]) == 2


def test_an_empty_room_shows_only_the_backdrop() -> None:
    sink = Keep()
    run(frames(2), Pipeline(segmenter(nobody()), Refiner(), Colour(GREEN)), [sink])
    assert all((picture.image == GREEN).all() for picture in sink.pictures)


def test_no_frame_leaves_when_the_engine_fails() -> None:
    """Fail closed: the frame without a matte is not sent, in any form."""
    answers = iter([np.zeros((160, 288), np.float32), EngineError("it broke")])
    sink = Keep()
    with pytest.raises(EngineError, match="it broke"):
        run(frames(5), Pipeline(segmenter(answers), Refiner(), Colour(GREEN)), [sink])
    assert len(sink.pictures) == 1
    assert (sink.pictures[0].image == GREEN).all()


def test_a_matte_of_nan_shows_the_backdrop_not_the_room() -> None:
    answers = iter([np.full((160, 288), np.nan, np.float32)])
    sink = Keep()
    run(frames(1), Pipeline(segmenter(answers), Refiner(), Colour(GREEN)), [sink])
    assert (sink.pictures[0].image == GREEN).all()


def test_transparent_pictures_say_so() -> None:
    sink = Keep()
    run(frames(1), Pipeline(segmenter(nobody()), Refiner(), None), [sink])
    assert sink.pictures[0].transparent
    assert (sink.pictures[0].image == 0).all()
