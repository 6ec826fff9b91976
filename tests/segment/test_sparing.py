"""Under load the network looks at every second frame, before any is lost, and at every one when there is time again."""

import numpy as np

from greenscreen.picture.frame import Frame, Matte
from greenscreen.segment.sparing import FRAMES, Sparing

PERIOD = 1 / 30


class Machine:
    """Takes so much time, by its own clock, for a look and for the rest of a frame."""

    def __init__(self, look: float, rest: float) -> None:
        self.look, self.rest = look, rest
        self.sparing = Sparing(self._answer, lambda _: self.last)
        self.looked: list[int] = []
        self.index = 0

    def _answer(self, frame: Frame) -> Matte:
        self.looked.append(frame.index)
        self.last = np.full((2, 2), frame.index, np.float32)
        return self.last

    def run(self, frames: int, fresh: bool = False) -> list[float]:
        """How old, in frames, the matte of each was."""
        ages = []
        for _ in range(frames):
            image = np.full((90, 160, 3), 100, np.uint8)
            before = len(self.looked)
            frame = Frame(image, self.index * PERIOD, self.index, fresh)
            ages.append(self.index - float(self.sparing.segment(frame)[0, 0]))
            took = self.rest + (self.look if len(self.looked) > before else 0)
            self.sparing.worked(took, frame.time)
            self.index += 1
        return ages


def test_with_time_to_spare_every_frame_is_looked_at() -> None:
    machine = Machine(look=0.3 * PERIOD, rest=0.5 * PERIOD)
    assert set(machine.run(5 * FRAMES)) == {0}
    assert not machine.sparing.active


def test_under_load_every_second_frame_takes_the_matte_before() -> None:
    """While a frame still takes less than there is time for: none has been lost by then."""
    machine = Machine(look=0.5 * PERIOD, rest=0.45 * PERIOD)
    machine.run(2 * FRAMES)
    assert machine.sparing.active
    ages = machine.run(2 * FRAMES)
    assert set(ages) == {0, 1}
    assert ages.count(1) == FRAMES
    assert machine.sparing.active, "the load is as it was, only half of it is carried"


def test_when_there_is_time_again_every_frame_is_looked_at() -> None:
    machine = Machine(look=0.5 * PERIOD, rest=0.45 * PERIOD)
    machine.run(2 * FRAMES)
    machine.look, machine.rest = 0.3 * PERIOD, 0.3 * PERIOD
    machine.run(3 * FRAMES)
    assert not machine.sparing.active
    assert set(machine.run(FRAMES)) == {0}


def test_fresh_frames_and_those_after_a_pause_are_looked_at_whatever_the_load() -> None:
    """What jumped `carry` looks at by itself: see tests/segment/test_motion.py."""
    machine = Machine(look=0.5 * PERIOD, rest=0.45 * PERIOD)
    machine.run(2 * FRAMES)
    assert 1 in machine.run(4)
    assert machine.run(4, fresh=True) == [0] * 4
    for _ in range(4):
        machine.index += 10
        assert machine.run(1) == [0]


def test_a_few_slow_frames_and_a_pause_change_nothing() -> None:
    machine = Machine(look=0.3 * PERIOD, rest=0.3 * PERIOD)
    machine.run(2 * FRAMES)
    machine.look = 3 * PERIOD
    machine.run(FRAMES // 3)
    machine.look = 0.3 * PERIOD
    machine.index += 3000
    machine.run(2 * FRAMES)
    assert not machine.sparing.active


def test_frames_of_which_nobody_asked_for_a_matte_tell_nothing() -> None:
    """As on a GPU, which has its own way, or while the placeholder is shown."""
    sparing = Sparing(*[lambda frame: np.zeros((2, 2), np.float32)] * 2)
    for index in range(3 * FRAMES):
        sparing.worked(2 * PERIOD, index * PERIOD)
    assert not sparing.active
