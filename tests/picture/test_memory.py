"""Memory is kept between frames: none of it is asked for anew while the loop runs, and nobody's is taken from them."""

import random
import subprocess
import sys
import tracemalloc
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

import cv2
import numpy as np
import pytest

from greenscreen.bench import clip_frames
from greenscreen.composite.background import open_backdrop
from greenscreen.picture import memory, strips
from greenscreen.picture.frame import Frame, Picture
from greenscreen.pipeline import Pipeline, run
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.segment import open_segmenter
from greenscreen.sinks.null import NullSink
from greenscreen.sinks.virtual_camera import VirtualCameraSink
from greenscreen.sources.synthetic import SyntheticSource

PROGRAM = """
import resource
import sys
from dataclasses import replace
from greenscreen.composite.background import Blur
from greenscreen.bench import clip_frames
from greenscreen.pipeline import Pipeline
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.segment import open_segmenter

planar = Planar()
assert planar.wait(600)
width, height, warm, last = map(int, sys.argv[1:])
frames = clip_frames(width, height)
with open_segmenter() as segmenter:
    pipeline = Pipeline(segmenter, Refiner(), Blur(), planar)
    for index in range(last):
        if index == warm:
            before = resource.getrusage(resource.RUSAGE_SELF)
        pipeline.process(replace(frames[index % len(frames)], index=index, time=index / 30, fresh=index == 0)).i420
after = resource.getrusage(resource.RUSAGE_SELF)
print((after.ru_minflt - before.ru_minflt) / (last - warm), (after.ru_maxrss - before.ru_maxrss) / 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts page faults as Linux does")
@pytest.mark.parametrize(
    ("size", "warm", "last"),
    [((1280, 720), 30, 90), pytest.param((1920, 1080), 1000, 21_000, marks=pytest.mark.soak)],
    ids=["60 frames", "soak"],
)
def test_no_new_memory_frame_by_frame(size: tuple[int, int], warm: int, last: int) -> None:
    """A frame of 720p with blur is made of some ten MiB, 2,500 pages: next to none of them new, and no growth."""
    arguments = map(str, (*size, warm, last))
    answer = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    faults, growth = map(float, answer.stdout.split())
    print(f"\n{last - warm} frames: {faults:.2f} new pages a frame; the most memory grew by {growth:.2f} MiB")
    assert faults < 100
    assert growth < 5


class Taking:
    """The writing end of a virtual camera."""

    path = "/dev/video9"

    def write(self, picture: memoryview) -> None:
        assert picture.nbytes == 1920 * 1080 * 3 // 2


@pytest.mark.parametrize(("background", "wrap"), [("blur", 0), ("green", 0), ("image", 0), ("image", 0.4)])
def test_a_frame_takes_no_more_than_64_kib_anew(
    background: str, wrap: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a camera's picture at 1080p to what a virtual camera takes, with somebody who moves.

    By tracemalloc, which hears of NumPy's memory, of what OpenCV returns and of what compiled loops take for
    themselves. All that is held at once at any moment, beyond what was before the frame, is less than one such piece
    would be. One thread does everything, so that only what one loop holds at a time is added up.
    """
    if background == "image":
        background = str(tmp_path / "room.png")
        cv2.imwrite(background, np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8))
    monkeypatch.setattr(strips.POOL, "submit", at_once)
    # What other tests have left and still hold is not to count among the most that are kept.
    monkeypatch.setattr(memory.empty.__self__, "_kept", {})  # type: ignore[attr-defined]
    planar = Planar()
    assert planar.wait()
    held = clip_frames(1920, 1080)
    camera = VirtualCameraSink((1920, 1080), 30)
    camera._writer = Taking()  # type: ignore[assignment]
    anew = []
    with open_segmenter() as segmenter:
        pipeline = Pipeline(segmenter, Refiner(), open_backdrop(background), planar)
        pipeline.light_wrap = wrap
        for index in range(80):
            frame = replace(held[index % len(held)], time=index / 30, index=index, fresh=index == 0)
            if index == 40:
                tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            assert run([frame], pipeline, [camera, NullSink()]) == 1
            anew.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    # The first of them still learns what tracing itself takes.
    assert max(anew[41:]) < 64 << 10


def at_once(work: Callable[..., Any], *arguments: Any) -> Future[Any]:
    done: Future[Any] = Future()
    done.set_result(work(*arguments))
    return done


def place(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def test_memory_that_nobody_holds_is_handed_out_again() -> None:
    first = memory.empty((30, 40), np.float32)
    where = place(first)
    assert place(memory.empty((30, 40), np.float32)) != where
    del first
    again = memory.empty((30, 40), np.float32)
    assert place(again) == where
    assert again.shape == (30, 40)
    assert again.dtype == np.float32
    assert again.flags.c_contiguous
    assert again.flags.writeable


HOLDERS: dict[str, Callable[[np.ndarray], Any]] = {
    "itself": lambda array: array,
    "a part of a part": lambda array: array[2:][1:, 3:],
    "another shape and type": lambda array: array.reshape(-1).view(np.int16)[::2],
    "turned": lambda array: np.asarray(array).T[::-1],
    "its buffer": lambda array: memoryview(array)[5:],
    "an array of its buffer": lambda array: np.frombuffer(memoryview(array), np.uint8),
    "a frame": lambda array: Frame(array, 0, 0).as_planar(),
    "a part without its array": lambda array: next(iter(array[4:])),
    "what OpenCV wrote into it": lambda array: cv2.bitwise_not(np.zeros_like(array), dst=array),
}


@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
def test_who_holds_any_of_it_keeps_it(hold: Callable[[np.ndarray], Any]) -> None:
    """The whole piece is theirs, and goes to the next who asks only when they let go."""
    array = memory.empty((60, 88), np.uint8)
    start = place(array)
    held = hold(array)
    del array
    others = [memory.empty((60, 88), np.uint8) for _ in range(2 * memory.MOST)]
    assert start not in map(place, others)
    del held
    assert place(memory.empty((60, 88), np.uint8)) == start
    del others


def test_threads_that_hold_pieces_for_a_while_find_them_as_they_left_them() -> None:
    """The property all else rests on: whatever others ask for, fill and let go, what one holds stays."""
    shapes = [(64, 64), (32, 128), (64, 64, 1)]
    spoilt: list[str] = []

    def work(seed: int) -> None:
        dice, held = random.Random(seed), deque[tuple[np.ndarray, int]]()
        for turn in range(3000):
            array = memory.empty(dice.choice(shapes), np.uint8)
            value = dice.randrange(256)
            array[:] = value
            held.append((dice.choice([array, array[1:], array.reshape(-1)[::3], array.T]), value))
            del array
            while len(held) > dice.randrange(1, 40):
                one = dice.randrange(len(held))
                part, value = held[one]
                del held[one]
                if not (part == value).all():
                    spoilt.append(f"thread {seed}, turn {turn}")

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert spoilt == []


def test_a_burst_leaves_no_more_than_the_most() -> None:
    """A consumer that was stuck lets go of all it held at once."""
    pool = memory.Pool()
    arrays = [pool.empty((10,), np.uint8) for _ in range(3 * memory.MOST)]
    owners = [weakref.ref(array) for array in arrays]
    del arrays
    assert sum(owner() is not None for owner in owners) == memory.MOST


def test_what_is_wanted_no_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change of size, the old one's memory goes, and after a burst, what it took; what is in use does not."""
    clock = [monotonic()]
    monkeypatch.setattr(memory, "monotonic", lambda: clock[0])
    pool = memory.Pool()

    def lives(*arrays: np.ndarray) -> list[Callable[[], object]]:
        return [weakref.ref(array) for array in arrays]

    held = pool.empty((10,), np.uint8)
    used, burst, old = lives(held), lives(pool.empty((10,), np.uint8)), lives(pool.empty((20,), np.uint8))
    for _ in range(4):
        clock[0] += memory.IDLE * 0.75
        _ = pool.empty((30,), np.uint8)
    assert used[0]() is not None
    assert burst[0]() is old[0]() is None


def test_where_nobody_counts_holders_every_array_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a Python without its global lock."""
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert memory._held_by_none() is None
    monkeypatch.setattr(memory, "FREE", None)
    pool = memory.Pool()
    gone = weakref.ref(pool.empty((10,), np.uint8))
    assert gone() is None


@pytest.mark.parametrize("background", ["blur", "green"])
def test_nobody_who_holds_a_picture_sees_it_change(background: str) -> None:
    """Recorders, snapshots, watchers and previews are slower than the loop, each in its own way and thread."""
    dice = random.Random(5)
    planar = Planar()
    assert planar.wait()
    held: deque[tuple[int, str, np.ndarray, np.ndarray]] = deque()
    wrong: list[str] = []

    def look(when: int) -> None:
        for index, name, array, as_it_was in list(held):
            if not np.array_equal(array, as_it_was):
                wrong.append(f"{name} of frame {index}, at {when}")

    def forms(picture: Picture) -> dict[str, np.ndarray]:
        frame = picture.frame
        assert frame
        whole = {"i420": picture.i420, "frame": frame.pixels, "guide": frame.guide, "channels": frame.channels}
        return whole | {"luma": picture.i420[:100], "alpha": picture.alpha, "image": picture.image}

    with open_segmenter() as segmenter, SyntheticSource((640, 360), 30, 40) as source:
        pipeline = Pipeline(segmenter, Refiner(), open_backdrop(background), planar)
        for frame in source:
            picture = pipeline.process(replace(frame, time=frame.index / 30))
            for name, array in dice.sample(sorted(forms(picture).items()), 3):
                held.append((frame.index, name, array, array.copy()))
            watcher = Thread(target=look, args=(frame.index,))
            watcher.start()
            while len(held) > dice.randrange(1, 30):
                del held[dice.randrange(len(held))]
            del picture
            watcher.join() if dice.random() < 0.2 else None
    look(40)
    assert wrong == []
