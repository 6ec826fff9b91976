"""A cut is noticed, by compiled loops as well, and nothing that happens in front of a camera is one."""

import cv2
import numpy as np
import pytest

from greenscreen.picture.frame import Frame, Image
from greenscreen.refine.cuts import Cuts

ROOM = cv2.resize(np.random.default_rng(5).integers(0, 256, (9, 16, 3), np.uint8), (320, 180))
PLAIN = pytest.mark.parametrize("fast", [False, True], ids=["plain", "compiled"])


def seen(cuts: Cuts, guide: Image, fast: bool) -> bool:
    return cuts.at(guide, Frame(guide, 0, 0).channels if fast else None)


@PLAIN
def test_another_picture_is_a_cut_once(fast: bool) -> None:
    cuts = Cuts()
    assert [seen(cuts, guide, fast) for guide in (ROOM, 255 - ROOM, 255 - ROOM)] == [False, True, False]


@PLAIN
def test_somebody_who_steps_aside_is_none(fast: bool) -> None:
    somebody, cuts = ROOM.copy(), Cuts()
    somebody[40:, 90:230] = 20
    assert [seen(cuts, guide, fast) for guide in (somebody, ROOM)] == [False, False]


def test_who_looks_may_change_from_one_picture_to_the_next() -> None:
    """Live pictures are found by compiled loops as soon as these are ready."""
    cuts = Cuts()
    assert [seen(cuts, ROOM, fast) for fast in (False, True, False)] == [False, False, False]


@pytest.mark.parametrize("size", [(1, 1), (9, 16), (181, 341)], ids=str)
def test_guides_of_any_size_have_blocks(size: tuple[int, int]) -> None:
    guide = np.full((*size, 3), 7, np.uint8)
    cuts = Cuts()
    assert [seen(cuts, picture, True) for picture in (guide, guide, guide + np.uint8(100))] == [False, False, True]
