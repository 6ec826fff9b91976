"""Stray blobs go, pinholes are filled; people and real holes stay."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.frame import Matte
from greenscreen.refine import Islands

SIZE = (192, 320)


def blob(*circles: tuple[int, int, int], share: float = 1) -> Matte:
    matte = np.zeros(SIZE, np.float32)
    for x, y, radius in circles:
        cv2.circle(matte, (x, y), radius, share, -1)
    return matte


PERSON = (160, 110, 60)


def test_a_stray_blob_goes_with_its_haze() -> None:
    stray = cv2.GaussianBlur(blob((30, 30, 8)), (0, 0), 2)
    assert Islands().clear(np.maximum(stray, blob(PERSON)))[:60, :60].max() < 0.2


def test_a_second_person_and_a_raised_hand_stay() -> None:
    matte = blob((90, 110, 50), (230, 110, 45), (160, 20, 14))
    np.testing.assert_array_equal(Islands().clear(matte), matte)


def test_what_stays_may_be_smaller_than_what_comes() -> None:
    """A hand on its way out does not blink."""
    islands = Islands()
    islands.clear(blob(PERSON, (30, 30, 14)))
    assert islands.clear(blob(PERSON, (30, 30, 10)))[30, 30] == 1
    assert Islands().clear(blob(PERSON, (30, 30, 10)))[30, 30] == 0


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "compiled"])
def test_a_pinhole_is_filled_and_a_real_hole_stays(fast: bool) -> None:
    matte = blob(PERSON)
    cv2.circle(matte, (150, 110), 2, 0.0, -1)
    cv2.circle(matte, (180, 120), 9, 0.0, -1)
    cleared = Islands().clear(matte, fast)
    assert cleared[110, 150] == 1
    assert cleared[120, 180] == 0


def test_an_empty_room_and_a_full_picture_are_left_as_they_are() -> None:
    for share in (0, 1):
        matte = np.full(SIZE, share, np.float32)
        np.testing.assert_array_equal(Islands().clear(matte), matte)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 999))
def test_a_cleared_matte_is_in_range_and_stays_as_it_is(seed: int) -> None:
    """Idempotence: clearing twice is clearing once. The argument is not written to."""
    rng = np.random.default_rng(seed)
    matte = np.clip(cv2.GaussianBlur(rng.normal(0.4, 2, SIZE), (0, 0), 5), 0, 1).astype(np.float32)
    before, islands = matte.copy(), Islands()
    once = islands.clear(matte)
    np.testing.assert_array_equal(matte, before)
    assert once.min() >= 0
    assert once.max() <= 1
    np.testing.assert_array_equal(islands.clear(once), once)


@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 1000), st.floats(0.3, 3))
@settings(deadline=None)
def test_the_compiled_loops_find_the_same(height: int, width: int, seed: int, blur: float) -> None:
    slow, fast, rng = Islands(), Islands(), np.random.default_rng(seed)
    for _ in range(3):
        matte = cv2.GaussianBlur(rng.random((height, width), np.float32), (0, 0), blur)
        matte = np.clip((matte - matte.mean()) / (matte.std() + 1e-6) * 0.4 + 0.4, 0, 1).astype(np.float32)
        np.testing.assert_array_equal(fast.clear(matte, fast=True), slow.clear(matte))


def test_compiled_loops_bring_a_matte_to_its_range_in_passing() -> None:
    """What is not a number is room, whoever clears strays."""
    matte = blob(PERSON, share=1.5)
    matte[:20], matte[100:104, 150:170], matte[-20:] = -0.5, np.nan, np.inf
    cleared = Islands().clear(matte, fast=True)
    assert np.isfinite(cleared).all()
    assert cleared.min() == 0
    assert cleared.max() == 1
    clamped = np.nan_to_num(np.clip(matte, 0, 1), nan=0)
    np.testing.assert_array_equal(cleared, Islands().clear(clamped, fast=True))
