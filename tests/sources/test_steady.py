"""A camera may be slow, busy, lost and back: frames go on, the newest first, and no thread stays behind."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import pytest

from greenscreen.errors import CameraBusyError, SourceError
from greenscreen.picture.frame import Frame
from greenscreen.picture.placeholder import placeholder
from greenscreen.sources import steady
from greenscreen.sources.steady import Steady

SIZE = (64, 48)
Script = Callable[[], Iterator[Frame]]


class Scripted:
    """A camera whose frames a test writes."""

    name, size, fps, live, note = "scripted", SIZE, 25.0, True, "as asked"

    def __init__(self, script: Script):
        self.script = script
        self.passes: Callable[[], bool] = lambda: False
        self.closed = threading.Event()

    def __enter__(self) -> "Scripted":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()

    def __iter__(self) -> Iterator[Frame]:
        return self.script()


class Plug:
    """Where cameras are plugged in: one after the other as they are looked for, the last for ever."""

    def __init__(self, *cameras: Scripted | Exception):
        self.cameras, self.looks, self.said = list(cameras), 0, list[str]()

    def __call__(self) -> Scripted:
        self.looks += 1
        camera = self.cameras.pop(0) if len(self.cameras) > 1 else self.cameras[0]
        if isinstance(camera, Exception):
            raise camera
        return camera

    def steady(self, wanted: Callable[[], bool] | None = None) -> Steady:
        return Steady("scripted", self, (32, 24), 30.0, wanted, self.said.append)


def frame(index: int) -> Frame:
    return Frame(np.full((48, 64, 3), index % 256, np.uint8), float(index), index, fresh=index == 0)


def endless() -> Iterator[Frame]:
    index = 0
    while True:
        yield frame(index)
        index += 1
        time.sleep(0.001)


def some(count: int) -> Script:
    def script() -> Iterator[Frame]:
        for index in range(count):
            yield frame(index)
            time.sleep(0.02)
        raise SourceError("the cable fell out", "push it back")

    return script


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"_LOST": 0.1, "QUIET": 0.02, "_RETRY": 0.05, "_LOOK": 0.01}.items():
        monkeypatch.setattr(steady, name, seconds)


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(2)
        assert not thread.is_alive()


def until(source: Steady, condition: Callable[[Frame], bool]) -> Frame:
    return next(frame for frame in islice(source, 1000) if condition(frame))


def test_a_slow_reader_gets_the_newest_and_the_rest_are_counted() -> None:
    ready, leave = threading.Event(), threading.Event()

    def script() -> Iterator[Frame]:
        yield from map(frame, range(5))
        ready.set()
        leave.wait(2)

    with Plug(Scripted(script)).steady() as source:
        ready.wait(2)
        assert next(iter(source)).time == 4
        assert source.dropped == 4
        leave.set()


def test_a_cut_is_told_even_if_its_first_frame_was_dropped() -> None:
    ready, leave = threading.Event(), threading.Event()

    def script() -> Iterator[Frame]:
        yield from map(frame, range(3))
        ready.set()
        leave.wait(2)

    with Plug(Scripted(script)).steady() as source:
        ready.wait(2)
        first = next(iter(source))
        leave.set()
    assert first.fresh
    assert first.time == 2


def test_it_says_what_the_camera_says_and_closes_it() -> None:
    camera = Scripted(endless)
    with Plug(camera).steady() as source:
        assert (source.name, source.size, source.fps, source.note) == ("scripted", SIZE, 25, "as asked")
        frames = list(islice(source, 20))
    assert camera.closed.wait(1)
    assert [frame.index for frame in frames] == list(range(20))
    assert sorted({frame.time for frame in frames}) == [frame.time for frame in frames], "none twice, none out of order"


def test_a_lost_camera_is_replaced_by_stand_ins_and_comes_back_fresh() -> None:
    plug = Plug(Scripted(some(3)), SourceError("the camera is gone"), Scripted(endless))
    with plug.steady() as source:
        stream = iter(source)
        assert not next(stream).stand_in
        lost = until(stream, lambda frame: frame.stand_in)
        assert (lost.image == placeholder(*SIZE)).all(), "a stand-in holds nothing of the room"
        assert source.message in ("the cable fell out", "the camera is gone")
        back = until(stream, lambda frame: not frame.stand_in)
        assert back.fresh
        assert source.message == ""
    assert plug.said == [
        "waiting: the cable fell out (push it back)",
        "waiting: the camera is gone",
        "scripted gives pictures again",
    ]


def test_a_camera_that_falls_silent_is_noticed_at_once() -> None:
    """Its read may block for as long as it likes."""
    stuck = threading.Event()

    def script() -> Iterator[Frame]:
        yield frame(0)
        stuck.wait()

    with Plug(Scripted(script)).steady() as source:
        stream = iter(source)
        next(stream)
        began = time.monotonic()
        assert next(stream).stand_in
        assert time.monotonic() - began < 0.5
        stuck.set()


def test_a_slow_camera_is_not_lost_between_two_frames() -> None:
    def script() -> Iterator[Frame]:
        for index in range(4):
            yield frame(index)
            time.sleep(0.25)

    camera = Scripted(script)
    camera.fps = 4.0
    with Plug(camera).steady() as source:
        assert not any(frame.stand_in for frame in islice(source, 4))


def test_a_camera_that_is_slower_than_it_promised_does_not_alternate_with_the_placeholder() -> None:
    """As where it is dark. After the first gap its pace is known; when it stops, that is seen a little later."""

    def dark() -> Iterator[Frame]:
        for index in range(6):
            yield frame(index)
            time.sleep(0.25)
        time.sleep(1)
        raise SourceError("the cable fell out", "push it back")

    with Plug(Scripted(dark), SourceError("it is gone", "plug it in")).steady() as source:
        seen = list(islice(source, 60))
    real = [place for place, one in enumerate(seen) if not one.stand_in]
    assert len(real) == 6
    assert np.diff(real)[1:].tolist() == [1, 1, 1, 1]
    assert seen[-1].stand_in


def test_the_wait_is_under_a_second_as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert steady._LOST < 1


def test_a_missing_camera_is_an_error_on_entering_and_said_once() -> None:
    plug = Plug(SourceError("there is no camera"))
    with pytest.raises(SourceError, match="no camera"), plug.steady():
        pass
    assert plug.said == []


def test_a_busy_camera_is_waited_for_and_its_holder_named() -> None:
    plug = Plug(CameraBusyError("the camera is in use by zoom (1234)"), Scripted(endless))
    with plug.steady() as source:
        assert until(source, lambda frame: not frame.stand_in)
        assert source.size == (32, 24), "what was announced while it was busy stays"
    assert plug.said[0] == "waiting: the camera is in use by zoom (1234)"


def test_a_camera_that_opens_and_blocks_is_told_of_on_entering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "_FIRST", 0.1)
    monkeypatch.setattr(steady, "_PATIENCE", 0.05)
    stuck = threading.Event()

    def script() -> Iterator[Frame]:
        stuck.wait()
        yield frame(0)

    camera = Scripted(script)
    with pytest.raises(SourceError, match="gives no picture"), Plug(camera).steady():
        pass
    assert not camera.closed.is_set(), "not under the read that is going on"
    stuck.set()
    assert camera.closed.wait(1)


def test_a_fault_nobody_thought_of_is_survived_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    taken = threading.Event()

    def script() -> Iterator[Frame]:
        yield frame(0)
        taken.wait(2)
        raise RuntimeError("a driver's bug")

    with Plug(Scripted(script), Scripted(endless)).steady() as source:
        stream = iter(source)
        next(stream)
        taken.set()
        assert until(stream, lambda frame: not frame.stand_in).fresh
    assert "a driver's bug" in caplog.text


def test_unwanted_the_camera_is_closed_and_wanted_it_is_opened() -> None:
    wanted = threading.Event()
    camera = Scripted(endless)
    plug = Plug(camera)
    with plug.steady(wanted.is_set) as source:
        stream = iter(source)
        assert all(frame.stand_in for frame in islice(stream, 3))
        assert plug.looks == 0
        wanted.set()
        assert until(stream, lambda frame: not frame.stand_in)
        wanted.clear()
        assert camera.closed.wait(1)
        assert until(stream, lambda frame: frame.stand_in)
        assert source.message == "nobody is watching"


def test_it_goes_on_with_another_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one is closed before the new one is opened, whose first frame is fresh."""
    monkeypatch.setattr(steady, "_LOST", 5.0)
    first, second = Scripted(endless), Scripted(endless)
    second.name = "second"
    opened_after: list[bool] = []

    def find() -> Scripted:
        opened_after.append(first.closed.is_set())
        return second

    with Plug(first).steady() as source:
        until(source, lambda frame: frame.time > 3)
        source.switch("second", find)
        assert until(source, lambda frame: frame.fresh).time < 100
        assert source.name == "second"
    assert opened_after == [True]
    assert second.closed.wait(2)


def test_while_unwanted_it_hardly_works() -> None:
    with Plug(SourceError("never opened")).steady(lambda: False) as source:
        began = time.monotonic()
        list(islice(source, 11))
        assert time.monotonic() - began >= 10 * steady.QUIET


def test_leaving_is_prompt_in_the_middle_of_a_stream() -> None:
    with Plug(Scripted(endless)).steady() as source:
        next(iter(source))
        began = time.monotonic()
    assert time.monotonic() - began < 0.5


class Passing(Scripted):
    """A camera that lets pictures pass undecoded while it is told to."""

    def __init__(self) -> None:
        super().__init__(self.numbered)
        self.shown, self.passed = 0, 0

    def numbered(self) -> Iterator[Frame]:
        while True:
            while self.passes():
                self.passed += 1
                time.sleep(0.001)
            self.shown += 1
            yield frame(self.shown)
            time.sleep(0.001)


def test_what_nobody_takes_is_not_decoded_and_never_shown_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "_ALONE", 0.1)
    camera = Passing()
    with Plug(camera).steady() as source:
        frames = iter(source)
        next(frames)
        deadline = time.monotonic() + 10
        while not camera.passed and time.monotonic() < deadline:
            time.sleep(0.01)
        shown = camera.shown
        time.sleep(0.2)
        assert camera.passed > 1
        assert camera.shown == shown
        taken = until(source, lambda frame: not frame.stand_in)
        assert taken.time > shown, "a picture from before was shown"
    assert camera.closed.wait(2)


def test_whoever_leaves_while_pictures_pass_closes_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "_ALONE", 0)
    camera = Passing()
    with Plug(camera).steady():
        deadline = time.monotonic() + 10
        while not camera.passed and time.monotonic() < deadline:
            time.sleep(0.01)
    assert camera.closed.wait(2)
