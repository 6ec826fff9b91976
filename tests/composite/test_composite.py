"""Compositing: the person unchanged, the room gone, no rim between them."""

import cv2
import numpy as np
import pytest

from greenscreen.composite import Composite, composite, cut_out
from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Alpha, Frame, Image
from greenscreen.refine import refine_edges

PERSON, ROOM, NEW = (60, 90, 160), (220, 200, 40), (64, 177, 0)


def disc(size: int = 400, planar: bool = False) -> tuple[Frame, Alpha, np.ndarray]:
    """A soft-edged disc of one colour before a wall of another, and what greenscreen makes of it."""
    truth = np.zeros((size, size), np.float32)
    cv2.circle(truth, (size // 2, size // 2), size // 4, 1.0, -1)
    truth = cv2.GaussianBlur(truth, (0, 0), 2)
    image = (truth[..., None] * PERSON + (1 - truth[..., None]) * ROOM).round().astype(np.uint8)
    frame = Frame(to_i420(image) if planar else image, 0, 0)
    return frame, refine_edges(frame, cv2.resize(truth, (96, 96), interpolation=cv2.INTER_AREA)), truth


def flat(frame: Frame) -> Image:
    return np.full(frame.image.shape, NEW, np.uint8)


def test_person_and_backdrop_are_exact_away_from_the_edge() -> None:
    frame, alpha, truth = disc()
    out = composite(frame, alpha, flat(frame))
    assert (out[truth > 0.999] == PERSON).all()
    assert (out[truth < 0.001] == NEW).all()


@pytest.mark.parametrize("planar", [False, True], ids=["plain", "compiled"])
def test_no_rim_of_the_old_room_remains(planar: bool) -> None:
    """At the edge the picture is near person over backdrop; blending the seen colours would leave the room's there."""
    frame, alpha, truth = disc(planar=planar)
    ideal = truth[..., None] * PERSON + (1 - truth[..., None]) * NEW
    edge = (truth > 0.05) & (truth < 0.95)
    behind = to_i420(flat(frame)) if planar else flat(frame)
    ours = np.abs(Composite(frame, alpha, behind).image - ideal)[edge].mean()
    plain = np.abs(cv2.blendLinear(frame.image, flat(frame), truth, 1 - truth) - ideal)[edge].mean()
    assert ours < 0.5 * plain


def test_the_backdrop_is_not_written_to() -> None:
    frame, alpha, _ = disc()
    behind = flat(frame)
    composite(frame, alpha, behind)
    assert (behind == NEW).all()


def test_nothing_of_the_room_is_left_in_a_cut_out() -> None:
    """Privacy: an image editor that ignores alpha must not find the room."""
    frame, alpha, _ = disc()
    out = cut_out(frame, alpha)
    assert (out[alpha.values == 0] == 0).all()
    faint = (alpha.values > 0) & (alpha.values < 64)
    assert faint.any()
    assert np.abs(out[faint].astype(int) - PERSON).mean() < np.abs(out[faint].astype(int) - ROOM).mean()


def test_an_empty_and_a_full_alpha_work() -> None:
    frame, _, _ = disc()
    for share, expected in ((0.0, flat(frame)), (1.0, frame.image)):
        alpha = refine_edges(frame, np.full((9, 9), share, np.float32))
        np.testing.assert_array_equal(composite(frame, alpha, flat(frame)), expected)
