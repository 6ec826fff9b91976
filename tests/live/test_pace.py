"""Frames keep their time, their order and the news of cuts, whatever is left out."""

import time
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from greenscreen.live.pace import fitted, paced, resting, thinned
from greenscreen.picture.frame import Frame
from greenscreen.picture.placeholder import QUIET

BLACK = np.zeros((4, 4, 3), np.uint8)


def at(times: Iterable[float], fresh: Iterable[int] = (0,)) -> Iterator[Frame]:
    cuts = set(fresh)
    for index, when in enumerate(times):
        yield Frame(BLACK, when, index, fresh=index in cuts)


def test_frames_wait_for_their_time() -> None:
    start = time.monotonic()
    seen = [(frame.index, time.monotonic() - start) for frame in paced(at([7.0, 7.05, 7.1]))]
    assert [index for index, _ in seen] == [0, 1, 2]
    assert [when for _, when in seen] == pytest.approx([0, 0.05, 0.1], abs=0.04)
    assert seen[2][1] >= 0.1


def test_late_frames_go_at_once_and_none_is_dropped() -> None:
    start = time.monotonic()
    for frame in paced(at([0, 0.01, 0.02, 0.03])):
        if frame.index == 0:
            time.sleep(0.1)
    assert frame.index == 3
    assert time.monotonic() - start < 0.2


def test_after_a_long_stall_it_goes_on_at_the_usual_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that slept for an hour does not race through an hour of video."""
    now, waits = [100.0], []
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "sleep", waits.append)
    frames = paced(at([0, 0.5, 1.0]))
    next(frames)
    now[0] += 3600
    next(frames)
    next(frames)
    assert waits == pytest.approx([0, 0, 0.5])


@pytest.mark.parametrize(
    ("fps", "count"), [(30, 30), (15, 15), (20, 20), (10, 10), (29.97, 30), (2, 2), (1, 1), (60, 30)]
)
def test_thinning_gives_the_rate_asked_for_evenly(fps: float, count: int) -> None:
    times = [frame.time for frame in thinned(at(index / 30 for index in range(30)), fps)]
    assert len(times) == count
    gaps = np.diff(times)
    assert all(gap <= 1 / fps + 1 / 30 + 1e-6 for gap in gaps)


def test_jitter_does_not_halve_the_sources_own_rate() -> None:
    rng = np.random.default_rng(1)
    times = np.arange(90) / 30 + rng.uniform(-0.004, 0.004, 90)
    assert len(list(thinned(at(times), 30))) >= 88


def test_a_cut_in_a_frame_left_out_is_told_with_the_next() -> None:
    """Otherwise what was remembered of the last scene would be mixed into this one."""
    frames = list(thinned(at((index / 30 for index in range(12)), fresh=[0, 4]), 10))
    assert [(frame.index, frame.fresh) for frame in frames] == [(0, True), (3, False), (6, True), (9, False)]


def test_after_a_gap_the_rate_is_the_same() -> None:
    times = [0, 1 / 30, 2 / 30, *(100 + index / 30 for index in range(30))]
    kept = [frame.time for frame in thinned(at(times), 10) if frame.time >= 100]
    assert len(kept) == 10


def test_fitting_cuts_the_middle_and_never_stretches() -> None:
    image = np.zeros((40, 120, 3), np.uint8)
    image[:, 40:80] = 200
    (frame,) = fitted([Frame(image, 1.5, 3, fresh=True)], (80, 80))
    assert frame.size == (80, 80)
    assert (frame.image == 200).all()
    assert (frame.time, frame.index, frame.fresh) == (1.5, 3, True)


def test_letterboxing_keeps_everything_between_bars() -> None:
    """A phone held upright, in a picture as wide as a screen."""
    (frame,) = fitted([Frame(np.full((120, 40, 3), 200, np.uint8), 0, 0)], (120, 60), "letterbox")
    assert frame.size == (120, 60)
    assert (frame.image[:, 50:70] == 200).all()
    assert not frame.image[:, :50].any()
    assert not frame.image[:, 70:].any()


def test_what_fits_is_handed_on_as_it_is() -> None:
    frame = Frame(BLACK, 0, 0)
    assert next(fitted([frame], (4, 4))) is frame


class Film:
    """A source that says how many of its frames were taken."""

    name, size, fps = "film", (4, 4), 25.0

    def __init__(self, live: bool = False):
        self.live, self.taken = live, 0

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *_: object) -> None: ...

    def __iter__(self) -> Iterator[Frame]:
        for frame in at(index / 25 for index in range(10)):
            self.taken += 1
            yield frame


def test_a_film_stands_still_while_somebody_is_hidden() -> None:
    film, hidden = Film(), False
    frames = resting(film, lambda: hidden)
    seen = [next(frames), next(frames)]
    hidden = True
    seen += [next(frames) for _ in range(3)]
    assert film.taken == 2
    assert [frame.stand_in for frame in seen] == [False, False, True, True, True]
    hidden = False
    seen += frames
    assert film.taken == 10
    assert [frame.index for frame in seen] == list(range(13))
    gaps = np.diff([frame.time for frame in seen])
    # The first comes as soon as a frame would have, and the film goes on as if it had waited.
    assert gaps == pytest.approx([0.04, 0.04, QUIET, QUIET, *[0.04] * 8])


def test_whoever_is_hidden_from_the_start_is_sent_nothing_else() -> None:
    frames = resting(Film(), lambda: True)
    assert all(next(frames).stand_in for _ in range(5))


def test_a_camera_rests_and_its_stand_ins_come_a_few_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    camera = Film(live=True)
    frames = resting(camera, lambda: True)
    assert all(next(frames).stand_in for _ in range(4))
    assert waits == [0, QUIET, QUIET, QUIET]
    assert camera.taken == 0
