"""The bench times all that happens to a frame, and says so in figures that hang together."""

import pytest

from greenscreen.bench import LOOP, bench, demo_frames
from greenscreen.errors import UsageError


def test_the_figures_hang_together(half: str) -> None:
    result = bench((96, 64), "blur", half, 12)
    assert (result.size, result.background, result.engine, result.frames) == ("96x64", "blur", "stub", 12)
    assert list(result.stages) == ["convert", "segment", "refine", "backdrop", "composite"]
    assert 0 < result.ms_median <= result.ms_p95
    assert max(result.stages.values()) <= result.ms_p95
    assert result.fps > 0
    assert result.cpu_ms > 0


def test_frames_differ_as_a_cameras_do_and_have_the_size_asked_for() -> None:
    frames = demo_frames(64, 96)
    assert len(frames) == LOOP
    assert {frame.size for frame in frames} == {(64, 96)}
    assert any((frame.image != frames[0].image).any() for frame in frames[1:])


def test_huge_frames_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenscreen.bench.MOST_BYTES", 3 * 96 * 64 * 4)
    assert len(demo_frames(96, 64)) == 4


@pytest.mark.parametrize(("size", "background"), [((97, 64), "green"), ((96, 65), "green"), ((96, 64), "transparent")])
def test_what_no_virtual_camera_takes_is_not_timed(half: str, size: tuple[int, int], background: str) -> None:
    with pytest.raises(UsageError):
        bench(size, background, half, 1)
