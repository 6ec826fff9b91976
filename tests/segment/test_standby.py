"""Whatever becomes of the GPU's engine, every picture gets a matte, and the person hears of it."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from greenscreen.errors import EngineError
from greenscreen.picture.frame import Image, Matte
from greenscreen.segment import standby
from greenscreen.segment.engine import FIRST_LOOKS, NotBuiltError
from greenscreen.segment.standby import StandbyEngine

PICTURE: Image = np.zeros((4, 4, 3), np.uint8)


class Named:
    """An engine whose mattes are one value, by which it is known.

    `broken` makes it fail, `answering` cleared not come back, and `stuck` refuse to be closed.
    """

    def __init__(self, value: float):
        self.value, self.broken, self.stuck, self.closed, self.steps = value, False, False, False, 0
        self.answering = threading.Event()
        self.answering.set()
        self.threads = {threading.current_thread()}

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        self.threads.add(threading.current_thread())
        assert self.answering.wait(10)
        if self.broken:
            raise EngineError("unplugged")
        self.steps += 1
        return np.full(image.shape[:2], self.value, np.float32)

    def reset(self) -> None:
        self.threads.add(threading.current_thread())
        self.steps = 0

    def close(self) -> None:
        self.threads.add(threading.current_thread())
        if self.stuck:
            raise EngineError("it hangs")
        self.closed = True


class Machine:
    """One with a GPU, on which engines are built, opened and lost."""

    def __init__(self, built: bool):
        self.built, self.runs, self.may_build = built, True, threading.Event()
        self.opened: list[Named] = []
        self.said: list[str] = []
        self.spare, self.spares = Named(0.25), 0

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

    def open_spare(self) -> Named:
        self.spares += 1
        return self.spare

    def standing_by(self) -> StandbyEngine:
        return StandbyEngine("tensorrt", self.wanted, self.open_spare, True, self.said.append)


def value(engine: StandbyEngine) -> float:
    return float(engine.step(PICTURE)[0, 0])


def value_once_ready(engine: StandbyEngine) -> float:
    until(lambda: engine._ready is not None)
    return value(engine)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """And patience with machines that stand still for a second."""
    monkeypatch.setattr(standby, "PAUSE", 0.01)
    for name in ("ANSWER", "OPENING", "LEAVING"):
        monkeypatch.setattr(standby, name, 30)


def test_what_is_built_serves_at_once() -> None:
    machine = Machine(built=True)
    engine = machine.standing_by()
    assert value(engine) == 0.75
    engine.close()
    assert machine.opened[0].closed


def test_the_cpu_is_ready_before_it_is_needed() -> None:
    """What has to be loaded first would not be there within the second."""
    machine = Machine(built=True)
    engine = machine.standing_by()
    assert machine.spares == 1
    machine.opened[0].broken = True
    assert value(engine) == 0.25
    assert machine.spares == 1
    engine.close()


def test_where_the_cpu_cannot_stand_by_nothing_is_left_open() -> None:
    machine = Machine(built=True)

    def no_spare() -> Named:
        raise EngineError("no CPU engine runs on this machine")

    with pytest.raises(EngineError, match="no CPU engine"):
        StandbyEngine("tensorrt", machine.wanted, no_spare, True, machine.said.append)
    assert machine.opened[0].closed


def test_the_cpu_serves_while_the_engine_is_being_built() -> None:
    machine = Machine(built=False)
    engine = machine.standing_by()
    assert [value(engine) for _ in range(3)] == [0.25] * 3
    machine.may_build.set()
    assert value_once_ready(engine) == 0.75
    assert ["serves meanwhile" in machine.said[0], machine.said[1]] == [True, "now on tensorrt"]
    assert len(machine.opened) == 1, "what was built is what serves"
    engine.close()
    assert machine.spare.closed
    assert machine.opened[0].closed


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
    assert machine.spare.steps == FIRST_LOOKS, "the first look of a network with memory"
    until(lambda: machine.opened[0].closed)
    assert "tensorrt is lost: unplugged" in machine.said[-1]
    assert value(engine) == 0.25
    machine.runs = True
    assert value_once_ready(engine) == 0.75
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


def test_an_engine_that_does_not_answer_is_left_alone_until_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU serves at once, and nothing else is begun on a GPU that hangs."""
    machine = Machine(built=True)
    engine = machine.standing_by()
    machine.opened[0].answering.clear()
    with monkeypatch.context() as patch:
        patch.setattr(standby, "ANSWER", 0.05)
        assert [value(engine) for _ in range(3)] == [0.25] * 3
    assert "tensorrt is lost: it did not answer within 0.05 seconds" in machine.said[-1]
    time.sleep(0.1)
    assert len(machine.opened) == 1
    machine.opened[0].answering.set()
    assert value_once_ready(engine) == 0.75
    assert machine.opened[0].closed
    engine.close()


def test_an_engine_that_cannot_be_closed_yet_is_closed_later() -> None:
    machine = Machine(built=True)
    engine = machine.standing_by()
    machine.opened[0].broken = machine.opened[0].stuck = True
    assert value(engine) == 0.25
    time.sleep(0.1)
    assert len(machine.opened) == 1
    machine.opened[0].stuck = False
    assert value_once_ready(engine) == 0.75
    assert machine.opened[0].closed
    engine.close()


def test_the_end_does_not_wait_for_an_engine_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "ANSWER", 0.05)
    monkeypatch.setattr(standby, "LEAVING", 0.05)
    machine = Machine(built=True)
    engine = machine.standing_by()
    machine.opened[0].answering.clear()
    value(engine)
    engine.close()
    assert machine.spare.closed
    assert not machine.opened[0].closed
    machine.opened[0].answering.set()


def test_one_that_does_not_even_open_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(built=True)
    opens = threading.Event()

    def wanted(*, build: bool, progress: object = None) -> Named:
        assert opens.wait(10)
        return machine.wanted(build=build)

    monkeypatch.setattr(standby, "OPENING", 0.05)
    engine = StandbyEngine("tensorrt", wanted, lambda: machine.spare, True, machine.said.append)
    assert "does not answer" in machine.said[0]
    assert value(engine) == 0.25
    opens.set()
    assert value_once_ready(engine) == 0.75
    engine.close()
    assert all(opened.closed for opened in machine.opened)


def test_one_thread_does_all_that_is_done_to_an_engine() -> None:
    """Whoever opens, uses and closes it: a GPU's context is best left to one."""
    machine = Machine(built=False)
    machine.may_build.set()
    engine = machine.standing_by()
    value(engine)
    value_once_ready(engine)
    engine.reset()
    other = threading.Thread(target=engine.close)
    other.start()
    other.join()
    (thread,) = machine.opened[0].threads
    assert thread.name == "tensorrt"
    assert machine.opened[0].closed


def test_what_nobody_expected_leaves_the_cpu_serving() -> None:
    machine = Machine(built=False)
    tries: list[int] = []

    def wanted(*, build: bool, progress: object = None) -> Named:
        if not build:
            raise NotBuiltError("not built")
        tries.append(1)
        if len(tries) < 3:
            raise ZeroDivisionError
        return Named(0.75)

    engine = StandbyEngine("tensorrt", wanted, lambda: machine.spare, True, machine.said.append)
    assert value(engine) == 0.25
    assert value_once_ready(engine) == 0.75
    engine.close()
