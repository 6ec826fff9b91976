"""One engine gives way to another while frames come: at once, from a fresh start, and none is closed under a look."""

import threading
from pathlib import Path

import numpy as np
import pytest

from greenscreen.contract import ModelContract, read_contract
from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.segment import Segmenter, bundled_model
from greenscreen.segment.segmenter import MOST_ENGINES


class Saying:
    """An engine whose every matte is its own value, and which notes what it is asked to do."""

    def __init__(self, value: float, did: list[str]):
        self.value, self.did = value, did
        self.looking, self.leave = threading.Event(), threading.Event()
        self.leave.set()

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        assert "closed" not in self.did
        self.looking.set()
        assert self.leave.wait(5)
        assert "closed" not in self.did, "it was closed under its own look"
        self.did.append("step")
        return np.full(image.shape[:2], self.value, np.float32)

    def reset(self) -> None:
        self.did.append("reset")

    def close(self) -> None:
        self.did.append("closed")


def frame(index: int) -> Frame:
    return Frame(np.full((180, 320, 3), 90 * (index % 3), np.uint8), index / 30, index, fresh=index == 0)


@pytest.fixture
def contract() -> ModelContract:
    return read_contract(bundled_model())


def segmenter(name: str, engine: Saying, contract: ModelContract) -> Segmenter:
    made = Segmenter(name, lambda *_: engine, Path("model"), contract)
    made.engine_for(frame(0))
    return made


def test_the_next_frame_is_the_others_and_a_first_one(contract: ModelContract) -> None:
    old, new = Saying(0.25, []), Saying(0.75, [])
    with segmenter("old", old, contract) as used:
        assert (used.segment(frame(0)) == 0.25).all()
        used.exchange(segmenter("new", new, contract))
        assert used.engine == "old", "until a frame comes"
        assert (used.segment(frame(1)) == 0.75).all()
        assert used.engine == "new"
        assert old.did[-1] == "closed"
        assert new.did[0] == "reset"
    assert new.did.count("closed") == 1
    assert old.did.count("closed") == 1


def test_of_many_shapes_the_newest_are_kept(contract: ModelContract) -> None:
    opened: list[Saying] = []

    def open_one(*_: object) -> Saying:
        opened.append(Saying(0.5, []))
        return opened[-1]

    with Segmenter("any", open_one, Path("model"), contract) as used:
        for height in range(100, 900, 20):
            image = np.zeros((height, 400, 3), np.uint8)
            matte = used.segment(Frame(image, 0, 0, fresh=True))
            assert matte.shape == contract.input_size(400, height)[::-1]
            assert sum("closed" not in engine.did for engine in opened) <= MOST_ENGINES
    assert len(opened) > MOST_ENGINES
    assert {engine.did.count("closed") for engine in opened} == {1}


def test_one_that_was_never_used_is_closed_too(contract: ModelContract) -> None:
    engines = [Saying(value, []) for value in (0.1, 0.2, 0.3, 0.4)]
    with segmenter("a", engines[0], contract) as used:
        used.exchange(segmenter("b", engines[1], contract))
        used.exchange(segmenter("c", engines[2], contract))
        assert engines[1].did == ["closed"]
        assert used.segment(frame(0))[0, 0] == pytest.approx(0.3)
        used.exchange(segmenter("d", engines[3], contract))
    assert [engine.did.count("closed") for engine in engines] == [1, 1, 1, 1]


def test_one_that_is_offered_while_another_takes_over_comes_next(contract: ModelContract) -> None:
    """The other thread comes as soon as the lock lets it."""
    engines = [Saying(value, []) for value in (0.25, 0.5, 0.75)]

    class Waited:
        passed = False

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None:
            if not self.passed:
                self.passed = True
                used.exchange(segmenter("c", engines[2], contract))

    with segmenter("a", engines[0], contract) as used:
        used.exchange(segmenter("b", engines[1], contract))
        used._offering = Waited()
        assert [used.segment(frame(index))[0, 0] for index in range(2)] == [0.5, 0.75]
        assert engines[1].did[-1] == "closed"
        assert "closed" not in engines[2].did
    assert engines[2].did.count("closed") == 1


def test_a_look_that_goes_on_is_waited_for(contract: ModelContract) -> None:
    """As where the network looks beside the loop, which asks for the engine meanwhile."""
    old, new = Saying(0.25, []), Saying(0.75, [])
    with segmenter("old", old, contract) as used:
        old.leave.clear()
        thread = threading.Thread(target=used.segment, args=(frame(0),))
        thread.start()
        assert old.looking.wait(5)
        used.exchange(segmenter("new", new, contract))
        assert used.engine_for(frame(1)) is old
        old.leave.set()
        thread.join(5)
        assert "step" in old.did
        assert used.engine_for(frame(1)) is new
