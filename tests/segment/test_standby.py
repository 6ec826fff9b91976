"""Whatever becomes of the GPU's engine, every picture gets a matte, and the person hears of it."""

import threading

import numpy as np
import pytest

from greenscreen.errors import EngineError
from greenscreen.frame import Image, Matte
from greenscreen.segment import standby
from greenscreen.segment.engine import NotBuiltError
from greenscreen.segment.standby import StandbyEngine

PICTURE: Image = np.zeros((4, 4, 3), np.uint8)


class Named:
    """An engine whose mattes are one value, by which it is known; `broken` makes it fail."""

    def __init__(self, value: float):
        self.value, self.broken, self.closed, self.steps = value, False, False, 0

    def step(self, image: Image) -> Matte:
        if self.broken:
            raise EngineError("unplugged")
        self.steps += 1
        return np.full(image.shape[:2], self.value, np.float32)

    def reset(self) -> None:
        self.steps = 0

    def close(self) -> None:
        self.closed = True


class Machine:
    """One with a GPU, on which engines are built, opened and lost."""

    def __init__(self, built: bool):
        self.built, self.runs, self.may_build = built, True, threading.Event()
        self.opened: list[Named] = []
        self.said: list[str] = []
        self.spare = Named(0.25)

    def wanted(self, *, build: bool, progress: object = None) -> Named:
        if not self.runs:
            raise EngineError("no GPU")
        if not self.built:
            if not build:
                raise NotBuiltError("not built")
            assert self.may_build.wait(5)
            self.built = True
        self.opened.append(Named(0.75))
        return self.opened[-1]

    def standing_by(self) -> StandbyEngine:
        return StandbyEngine("tensorrt", self.wanted, lambda: self.spare, True, self.said.append)


def value(engine: StandbyEngine) -> float:
    return float(engine.step(PICTURE)[0, 0])


def value_after_rehearsal(engine: StandbyEngine) -> float:
    assert engine._rehearsed.wait(5)
    return value(engine)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "PAUSE", 0.01)


def test_what_is_built_serves_at_once() -> None:
    machine = Machine(built=True)
    engine = machine.standing_by()
    assert value(engine) == 0.75
    engine.close()
    assert machine.opened[0].closed


def test_the_cpu_serves_while_the_engine_is_being_built() -> None:
    machine = Machine(built=False)
    engine = machine.standing_by()
    assert [value(engine) for _ in range(3)] == [0.25] * 3
    machine.may_build.set()
    assert value_after_rehearsal(engine) == 0.75
    assert ["serves meanwhile" in machine.said[0], machine.said[1]] == [True, "now on tensorrt"]
    assert machine.opened[0].closed, "the rehearsal's own engine must not stay open"
    engine.close()
    assert machine.spare.closed


def test_nothing_is_built_for_who_never_asks_for_a_matte() -> None:
    """Such as the doctor."""
    machine = Machine(built=False)
    machine.standing_by().close()
    assert machine.said == machine.opened == []


def test_a_lost_engine_costs_no_picture_and_comes_back() -> None:
    machine = Machine(built=True)
    engine = machine.standing_by()
    value(engine)
    machine.opened[0].broken, machine.runs = True, False
    assert value(engine) == 0.25
    assert machine.spare.steps == 3, "the first look of a network with memory"
    assert machine.opened[0].closed
    assert "tensorrt is lost: unplugged" in machine.said[-1]
    assert value(engine) == 0.25
    machine.runs = True
    assert value_after_rehearsal(engine) == 0.75
    engine.close()


def test_a_machine_without_gpu_says_so_when_opened() -> None:
    machine = Machine(built=True)
    machine.runs = False
    with pytest.raises(EngineError, match="no GPU"):
        machine.standing_by()


def test_an_error_of_the_spare_engine_is_an_error() -> None:
    machine = Machine(built=False)
    engine = machine.standing_by()
    machine.spare.broken = True
    with pytest.raises(EngineError, match="unplugged"):
        engine.step(PICTURE)
    machine.may_build.set()
    engine.close()
