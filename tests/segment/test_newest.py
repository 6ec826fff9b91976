"""Low latency: nobody waits for the network, except where an old matte would show the room."""

import time
from collections.abc import Callable
from contextlib import closing
from threading import Event

import numpy as np
import pytest
from moving_scene import disc, scene

from greenscreen.errors import EngineError
from greenscreen.picture.frame import Frame, Matte
from greenscreen.planar import Planar
from greenscreen.segment.newest import OLDEST, Newest


def frame(index: int, level: int = 100, size: tuple[int, int] = (160, 96), fresh: bool = False) -> Frame:
    width, height = size
    return Frame(np.full((height, width, 3), level, np.uint8), index / 30, index, fresh)


class Network:
    """Answers with the number of the frame, when it is let."""

    def __init__(self) -> None:
        self.free = Event()
        self.free.set()
        self.asked: list[int] = []
        self.fails = False

    def __call__(self, frame: Frame) -> Matte:
        self.asked.append(frame.index)
        if self.fails:
            raise EngineError("lost")
        assert self.free.wait(10)
        return np.full((2, 2), frame.index, np.float32)


def settled(newest: Newest) -> None:
    """Until what is being looked for is there."""
    deadline = time.monotonic() + 10
    while newest._coming and not newest._coming.done():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_frame_takes_the_newest_matte_and_the_network_the_newest_frame() -> None:
    network = Network()
    with closing(Newest(network)) as newest:
        assert newest.segment(frame(0, fresh=True))[0, 0] == 0
        network.free.clear()
        assert [newest.segment(frame(n))[0, 0] for n in (1, 2, 3)] == [0, 0, 0], "nobody waits"
        network.free.set()
        settled(newest)
        assert network.asked == [0, 1], "one at a time"
        assert newest.segment(frame(4))[0, 0] == 1
        settled(newest)
        assert newest.segment(frame(5))[0, 0] == 4
    assert network.asked[:3] == [0, 1, 4]


@pytest.mark.parametrize(
    "unlike",
    [
        lambda: frame(2, fresh=True),
        lambda: frame(2, level=200),
        lambda: frame(2, size=(96, 160)),
        lambda: frame(round(30 * OLDEST) + 2),
    ],
    ids=["fresh", "cut", "another size", "a pause"],
)
def test_what_cannot_be_known_from_before_is_waited_for(unlike: Callable[[], Frame]) -> None:
    """Fail closed: an old matte on another picture would show the room."""
    network = Network()
    with closing(Newest(network)) as newest:
        newest.segment(frame(0, fresh=True))
        newest.segment(frame(1))
        wanted = unlike()
        assert newest.segment(wanted)[0, 0] == wanted.index


def test_what_fails_is_raised_and_the_next_matte_is_its_frames_own() -> None:
    network = Network()
    with closing(Newest(network)) as newest:
        newest.segment(frame(0, fresh=True))
        network.fails = True
        newest.segment(frame(1))
        settled(newest)
        with pytest.raises(EngineError):
            newest.segment(frame(2))
        with pytest.raises(EngineError):
            newest.segment(frame(3, fresh=True))
        network.fails = False
        assert newest.segment(frame(4))[0, 0] == 4, "though nobody called it fresh"


def test_the_matte_goes_along_with_the_picture_meanwhile() -> None:
    """The network still looks at the first picture, and then at one that is long past."""
    assert Planar().wait()
    let = Event()
    let.set()

    def moved(x: int) -> Frame:
        return Frame(scene(x, seed=x), x / 300, x, fresh=x == 140).as_planar()

    def look(frame: Frame) -> Matte:
        assert let.wait(10)
        return disc(frame.index)

    def near(matte: Matte, x: int, left: int) -> bool:
        return bool(np.abs(matte - disc(x)).mean() < 0.35 * np.abs(disc(left) - disc(x)).mean())

    with closing(Newest(look)) as newest:
        np.testing.assert_array_equal(newest.segment(moved(140)), disc(140))
        let.clear()
        for x in (144, 148, 152):
            assert near(newest.segment(moved(x)), x, left=140)
        let.set()
        settled(newest)
        # What is found now is of the picture at 144.
        assert near(newest.segment(moved(156)), 156, left=144)
