"""Live frames as I420: the same picture as the unhurried way gives, as soon as the compiled loops are ready."""

import itertools
import sys
import time
from threading import Event

import cv2
import numpy as np
import pytest

from greenscreen import planar
from greenscreen.composite import Composite
from greenscreen.composite.background import open_backdrop
from greenscreen.picture.frame import Alpha, Frame, Past
from greenscreen.pipeline import Pipeline
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.segment import open_segmenter
from greenscreen.sources import open_source


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    assert Planar().wait()


def pictures(background: str) -> tuple[Composite, Composite]:
    """The first frame of the demo clip, composited slowly and fast."""
    results = []
    for fast in (None, Planar()):
        with open_source("demo") as source, open_segmenter() as segmenter:
            frame = next(iter(source))
            results.append(Pipeline(segmenter, Refiner(), open_backdrop(background), fast).process(frame))
    slow, quick = results
    return slow, quick


@pytest.mark.parametrize("background", ["#2040c0", "blur"])
def test_the_fast_way_looks_like_the_slow_one(background: str) -> None:
    """Within what I420 costs: exact to rounding where it is flat, a few levels at edges of colour."""
    slow, quick = pictures(background)
    difference = np.abs(quick.image.astype(int) - cv2.cvtColor(slow.i420, cv2.COLOR_YUV2BGR_I420))
    assert difference.mean() < 1
    assert np.percentile(difference.max(2), 99.5) <= 16
    alpha = np.abs(quick.alpha.astype(int) - slow.alpha)
    assert alpha.mean() < 0.5
    assert (alpha > 32).mean() < 0.002


def test_the_fast_way_holds_alphas_as_the_slow_one_does() -> None:
    """What was counts as much in the compiled loop, however often a picture is rendered."""
    with open_source("demo") as source, open_segmenter() as segmenter:
        frames = list(itertools.islice(source, 4))
        coarse = [segmenter.segment(frame) for frame in frames]
    slow, fast = Refiner(), Refiner()
    for frame, matte in zip(frames, coarse, strict=True):
        unhurried = slow.refine(frame, matte).values
        planar_frame = frame.as_planar()
        alpha = fast.refine(planar_frame, matte)
        picture = Composite(planar_frame, alpha, np.zeros_like(planar_frame.pixels))
        _ = picture.i420
        off = np.abs(picture.alpha.astype(int) - unhurried)
        assert off.mean() < 0.5
        assert (off > 32).mean() < 0.002
    again = Composite(planar_frame, alpha, np.zeros_like(planar_frame.pixels))
    np.testing.assert_array_equal(again.alpha, picture.alpha)


def test_a_cut_out_is_black_where_nobody_is() -> None:
    """Privacy: nothing of the room behind the alpha."""
    slow, quick = pictures("green")
    assert (quick.person[quick.alpha == 0] == 0).all()
    solid = (slow.alpha == 255) & (quick.alpha == 255)
    assert np.abs(quick.person.astype(int) - slow.person)[solid].mean() < 2


@pytest.mark.parametrize("size", [(640, 360), (854, 480), (1366, 768), (96, 64), (64, 400), (2, 2)])
@pytest.mark.parametrize(("share", "shown"), [(0.0, "backdrop"), (1.0, "frame")])
def test_nobody_is_all_backdrop_and_somebody_everywhere_all_frame(
    size: tuple[int, int], share: float, shown: str
) -> None:
    frame = Frame(np.random.default_rng(3).integers(0, 256, (*size[::-1], 3), np.uint8), 0, 0).as_planar()
    alpha = Refiner().refine(frame, np.full((9, 16), share, np.float32))
    backdrop = open_backdrop("blue")
    assert backdrop
    behind = backdrop.behind(frame, alpha)
    picture = Composite(frame, alpha, behind)
    np.testing.assert_array_equal(picture.i420, behind if shown == "backdrop" else frame.pixels)
    assert (picture.alpha == 255 * share).all()


def test_a_matte_that_is_not_a_number_shows_the_backdrop() -> None:
    frame = Frame(np.full((90, 160, 3), 200, np.uint8), 0, 0).as_planar()
    alpha = Refiner().refine(frame, np.full((9, 16), np.nan, np.float32))
    assert (Composite(frame, alpha, np.zeros_like(frame.pixels)).i420 == 0).all()


def test_edges_of_a_picture_of_noise_stay_in_range() -> None:
    """Nothing wraps around: limited range in, limited range out."""
    rng = np.random.default_rng(7)
    frame = Frame(rng.integers(0, 256, (360, 640, 3), np.uint8), 0, 0).as_planar()
    alpha = Refiner().refine(frame, rng.random((36, 64), np.float32))
    out = Composite(frame, alpha, np.full_like(frame.pixels, 128)).i420
    assert out[:360].min() >= 16
    assert out[:360].max() <= 235
    assert out[360:].min() >= 16
    assert out[360:].max() <= 240


def test_an_alpha_that_fades_away_ends_at_0() -> None:
    """Held ones get a twentieth smaller each frame, until processors are slow with them."""
    frame = Frame(np.full((90, 160, 3), 200, np.uint8), 0, 0).as_planar()
    small, rate, kind = np.full((90, 160), 0.5, np.float32), np.full((90, 160), 0.05, np.float32), np.full((90, 160), 2)
    after = np.ones((90, 160), np.float32)
    past = Past(rate, kind.astype(np.uint8), np.full((90, 160), 1e-7, np.float32), after)
    picture = Composite(
        frame, Alpha(frame, small, np.zeros((4, 90, 160), np.float32), past), np.zeros_like(frame.pixels)
    )
    assert (picture.i420[:90] <= 16).all()
    assert (after == 0).all()


def test_odd_sizes_stay_as_they_came() -> None:
    frame = Frame(np.zeros((5, 8, 3), np.uint8), 0, 0)
    assert Planar()(frame) is frame


def test_without_a_compiler_the_slow_way_remains(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "greenscreen.composite.kernels", None)
    monkeypatch.setattr(planar, "READY", Event())
    monkeypatch.setattr(planar, "making", planar.making.__wrapped__)
    hurried = Planar()
    began = time.monotonic()
    assert not hurried.wait(60)
    assert time.monotonic() - began < 30, "nobody waits for what will not be"
    frame = Frame(np.zeros((4, 8, 3), np.uint8), 0, 0)
    assert hurried(frame) is frame
    assert "cannot be compiled" in caplog.text
