"""Edges as people want them: more or less person, moved, softened to either side; nothing by default."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.composite import Composite
from greenscreen.picture.frame import Frame, Matte
from greenscreen.refine import Edges, Refiner
from greenscreen.refine.limits import limits, thresholded


def half(width: int = 1280, height: int = 720) -> tuple[Frame, Matte]:
    """A person who fills the left half of the picture."""
    image = np.full((height, width, 3), 200, np.uint8)
    image[:, : width // 2] = 40
    truth = np.zeros((96, 160), np.float32)
    truth[:, :80] = 1
    return Frame(image, 0, 0), cv2.GaussianBlur(truth, (0, 0), 1)


def profile(edges: Edges, width: int = 1280, height: int = 720, planar: bool = False) -> Matte:
    """Alpha along the middle row."""
    frame, coarse = half(width, height)
    alpha = Refiner(edges, steady=False).refine(frame.as_planar() if planar else frame, coarse)
    return Composite(alpha.frame, alpha, None).alpha[height // 2] / np.float32(255)


def outline(row: Matte) -> float:
    """Where the person ends, in pixels from the left."""
    return float(row.sum())


@pytest.mark.parametrize("shift", [-12, -4, 4, 12])
@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (1920, 1080)])
def test_an_outline_moves_by_as_much_at_every_resolution(shift: int, size: tuple[int, int]) -> None:
    """In pixels of a picture 720 high: the same share of the picture, whatever its size."""
    unit = size[1] / 720
    moved = outline(profile(Edges(shift=shift), *size)) - outline(profile(Edges(), *size))
    assert moved == pytest.approx(shift * unit, abs=2 * unit)


@pytest.mark.parametrize("planar", [False, True], ids=["plain", "compiled"])
def test_feathering_outward_leaves_the_person_whole(planar: bool) -> None:
    """The feather eats nothing, unless it is asked to."""
    plain, soft = profile(Edges(), planar=planar), profile(Edges(outward=30), planar=planar)
    assert (soft >= plain - 1 / 255).all()
    assert 0.3 < soft[640 + 15] < 0.7
    assert soft[640 + 36] == 0


@pytest.mark.parametrize("planar", [False, True], ids=["plain", "compiled"])
def test_feathering_inward_shows_no_more_of_the_room(planar: bool) -> None:
    plain, soft = profile(Edges(), planar=planar), profile(Edges(inward=30), planar=planar)
    assert (soft <= plain + 1 / 255).all()
    assert 0.3 < soft[640 - 15] < 0.7
    assert soft[640 - 36] == 1


def test_feathering_to_both_sides_is_one_ramp() -> None:
    soft = profile(Edges(outward=30, inward=30))
    assert (np.diff(soft) <= 1 / 255).all()
    assert soft[640] == pytest.approx(0.5, abs=0.1)


def test_the_default_leaves_the_edge_to_the_picture() -> None:
    matte = np.random.default_rng(0).random((20, 30), np.float32)
    assert limits(matte, Edges()) is None
    assert thresholded(matte, 0.5) is matte


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 99), shift=st.floats(-40, 40), outward=st.floats(0, 40), inward=st.floats(0, 40))
def test_limits_are_in_range_and_in_order(seed: int, shift: float, outward: float, inward: float) -> None:
    alpha = cv2.GaussianBlur(np.random.default_rng(seed).random((90, 160)), (0, 0), 6).astype(np.float32)
    between = limits((alpha > alpha.mean()).astype(np.float32), Edges(0.5, shift, outward, inward))
    if between:
        least, most = between
        assert 0 <= least.min() <= least.max() <= 1
        assert (least <= most).all()
        assert most.max() <= 1


@settings(deadline=None, max_examples=30)
@given(threshold=st.floats(0.05, 0.95))
def test_a_threshold_changes_nothing_where_the_network_is_sure(threshold: float) -> None:
    matte = np.linspace(0, 1, 101, dtype=np.float32)
    out = thresholded(matte, threshold)
    assert out[0] == 0
    assert out[-1] == 1
    assert (np.diff(out) >= 0).all()
    assert np.interp(threshold, matte, out) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_no_outline_no_edge(share: float) -> None:
    """An empty room stays empty and a full picture full, however the outline is to be."""
    frame, _ = half()
    alpha = Refiner(Edges(0.5, 10, 20, 20)).refine(frame, np.full((9, 16), share, np.float32))
    assert (alpha.values == 255 * share).all()


def test_a_change_counts_from_the_next_frame_on() -> None:
    """Live: without a pause, and without the past holding it back."""
    frame, matte = half()
    refiner = Refiner()
    before = outline(refiner.refine(frame, matte).values[360] / np.float32(255))
    refiner.change(Edges(shift=10))
    assert outline(refiner.refine(frame, matte).values[360] / np.float32(255)) == pytest.approx(before + 10, abs=2)
