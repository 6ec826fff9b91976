"""Durations are kept by stage, and only those of what succeeded."""

import contextlib
import time

import pytest

from greenscreen.meter import Meter


def test_medians_are_milliseconds_in_the_order_of_the_stages() -> None:
    meter = Meter()
    for _ in range(3):
        with meter.stage("sleep"):
            time.sleep(0.02)
        with meter.stage("nothing"):
            pass
    medians = meter.medians()
    assert list(medians) == ["sleep", "nothing"]
    assert medians["sleep"] >= 20
    assert 0 <= medians["nothing"] < medians["sleep"]


def test_one_long_frame_does_not_move_the_median() -> None:
    meter = Meter()
    meter.stages["stage"].extend([0.001, 0.001, 9])
    assert meter.medians() == {"stage": pytest.approx(1)}


def test_only_the_last_are_kept() -> None:
    """So that a run of days neither grows nor dilutes what is seen now."""
    meter = Meter(keep=5)
    for _ in range(9):
        with meter.stage("stage"):
            pass
    assert len(meter.stages["stage"]) == 5


def test_what_fails_is_not_counted() -> None:
    meter = Meter()
    with contextlib.suppress(OSError), meter.stage("stage"):
        raise OSError
    assert not meter.medians()


def test_rate_and_latency_are_of_late(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    meter = Meter()
    for _ in range(90):
        now[0] += 1 / 10
        meter.sent(captured=now[0] - 0.5)
    assert meter.fps == pytest.approx(10)
    for _ in range(90):
        now[0] += 1 / 30
        meter.sent(captured=now[0] - 0.025)
    assert meter.fps == pytest.approx(30)
    assert meter.latency_ms == pytest.approx(25)
    assert meter.frames == 180


def test_what_nobody_captured_has_no_latency_and_one_picture_no_rate() -> None:
    meter = Meter()
    meter.sent(captured=None)
    assert meter.latency_ms is None
    assert meter.fps == 0


def test_how_often_the_network_rests_is_told_of_late_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    meter, now = Meter(), [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    assert meter.resting == 0
    for index in range(41):
        meter.rested += index > 20  # Every picture of the second half.
        now[0] += 0.04
        meter.sent(None)
    assert meter.resting == pytest.approx(20 / 40)
    now[0] += 10
    for _ in range(3):
        meter.sent(None)
    assert meter.resting == 0
