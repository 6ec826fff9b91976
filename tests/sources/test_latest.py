"""Whoever is slow sees the newest frame, whatever fails is raised, and no thread stays behind."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from greenscreen.errors import SourceError
from greenscreen.frame import Frame
from greenscreen.sources.latest import Latest


class Scripted:
    """A live source whose frames a test writes."""

    name, size, fps, live, note = "scripted", (1, 1), 30.0, True, "as asked"

    def __init__(self, script: Callable[[], Iterator[Frame]]):
        self.script = script
        self.closed = threading.Event()

    def __enter__(self) -> "Scripted":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()

    def __iter__(self) -> Iterator[Frame]:
        return self.script()


def frame(index: int) -> Frame:
    return Frame(np.zeros((1, 1, 3), np.uint8), float(index), index, fresh=index == 0)


def endless() -> Iterator[Frame]:
    index = 0
    while True:
        yield frame(index)
        index += 1
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(1)
        assert not thread.is_alive()


def test_a_slow_reader_gets_the_newest_and_the_rest_are_counted() -> None:
    gone_on = threading.Event()

    def script() -> Iterator[Frame]:
        yield from map(frame, range(5))
        gone_on.set()
        time.sleep(0.05)
        yield frame(5)

    with Latest(Scripted(script)) as latest:
        gone_on.wait()
        frames = list(latest)
    assert [frame.index for frame in frames] == [4, 5]
    assert latest.dropped == 4


def test_a_cut_is_told_even_if_its_first_frame_was_dropped() -> None:
    gone_on = threading.Event()

    def script() -> Iterator[Frame]:
        yield from map(frame, range(3))
        gone_on.set()

    with Latest(Scripted(script)) as latest:
        gone_on.wait()
        assert next(iter(latest)).fresh


def test_frames_are_handed_out_once_and_waited_for() -> None:
    with Latest(Scripted(endless)) as latest:
        indices = [frame.index for frame, _ in zip(latest, range(20), strict=False)]
    assert indices == sorted(set(indices))


def test_it_says_what_the_source_says() -> None:
    source = Scripted(endless)
    with Latest(source) as latest:
        assert (latest.name, latest.size, latest.fps, latest.live, latest.note) == (
            "scripted", (1, 1), 30, True, "as asked",
        )  # fmt: skip
    assert source.closed.is_set()


def test_what_breaks_in_the_thread_is_raised_to_the_reader() -> None:
    def script() -> Iterator[Frame]:
        yield frame(0)
        time.sleep(0.05)
        raise SourceError("the cable fell out")

    seen = []
    with Latest(Scripted(script)) as latest, pytest.raises(SourceError, match="cable"):
        seen.extend(latest)
    assert len(seen) == 1


def test_an_error_that_nobody_reads_does_not_disturb_leaving() -> None:
    def script() -> Iterator[Frame]:
        raise SourceError("nothing")
        yield

    source = Scripted(script)
    with Latest(source):
        source.closed.wait(1)


def test_entering_raises_what_the_source_raises() -> None:
    class Missing(Scripted):
        def __enter__(self) -> "Scripted":
            raise SourceError("there is no camera")

    with pytest.raises(SourceError, match="no camera"), Latest(Missing(endless)):
        pass


def test_leaving_is_prompt_in_the_middle_of_a_stream() -> None:
    with Latest(Scripted(endless)) as latest:
        next(iter(latest))
        began = time.monotonic()
    assert time.monotonic() - began < 0.5


def test_leaving_does_not_wait_for_ever_for_a_blocked_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the source is closed by the thread once the read comes back, not under it."""
    monkeypatch.setattr("greenscreen.sources.latest._PATIENCE", 0.1)
    stuck = threading.Event()

    def script() -> Iterator[Frame]:
        yield frame(0)
        stuck.wait()

    source = Scripted(script)
    with Latest(source) as latest:
        next(iter(latest))
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert not source.closed.is_set()
    stuck.set()
    assert source.closed.wait(1)
