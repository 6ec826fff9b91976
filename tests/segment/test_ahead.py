"""A frame ahead: each frame gets its own matte, in order, and trouble arrives where it belongs."""

import threading
from contextlib import closing

import numpy as np
import pytest

from greenscreen.errors import EngineError
from greenscreen.picture.frame import Frame, Matte
from greenscreen.segment.ahead import Ahead


def frames(count: int) -> list[Frame]:
    return [Frame(np.full((4, 6, 3), index, np.uint8), index / 30, index, fresh=index == 0) for index in range(count)]


def look(frame: Frame) -> Matte:
    return np.full((2, 3), frame.image[0, 0, 0], np.float32)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_every_frame_has_its_own_matte_in_order(count: int) -> None:
    with closing(Ahead(look)) as ahead:
        found = [(frame.index, float(ahead.segment(frame)[0, 0])) for frame in ahead.frames(frames(count))]
    assert found == [(index, index) for index in range(count)]


def test_the_next_frame_is_looked_at_while_this_one_is_in_hand() -> None:
    second = threading.Event()

    def noted(frame: Frame) -> Matte:
        if frame.index == 1:
            second.set()
        return look(frame)

    with closing(Ahead(noted)) as ahead:
        first = next(ahead.frames(frames(2)))
        ahead.segment(first)
        assert second.wait(5)


def test_a_failing_engine_is_heard_of_with_its_frame() -> None:
    def failing(frame: Frame) -> Matte:
        if frame.index == 2:
            raise EngineError("the engine failed", "see: greenscreen doctor")
        return look(frame)

    with closing(Ahead(failing)) as ahead:
        coming = ahead.frames(frames(4))
        for frame in (next(coming), next(coming)):
            ahead.segment(frame)
        third = next(coming)
        with pytest.raises(EngineError, match="the engine failed"):
            ahead.segment(third)
