"""Stray blobs go, pinholes are filled; people and real holes stay."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.picture.frame import Matte
from greenscreen.refine import Islands
from greenscreen.refine.islands import CLOSED, PINHOLE, STAY

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


BOTH_WAYS = pytest.mark.parametrize("fast", [False, True], ids=["plain", "compiled"])
BOX = (60, 40, 9)


@BOTH_WAYS
def test_a_stray_that_haze_links_to_a_person_for_a_frame_does_not_flash(fast: bool) -> None:
    """A box beside a hand; and what is surely linked to somebody, as an arm that comes in, is shown at once."""
    islands, apart = Islands(), blob(PERSON, BOX)
    linked, joined = (cv2.line(apart.copy(), BOX[:2], PERSON[:2], share, 4) for share in (0.4, 0.9))
    linked = np.maximum(linked, apart)
    for matte in (apart, linked, apart, linked):
        cleared = islands.clear(matte, fast)
        assert cleared[40, 60] == 0
        assert cleared[110, 160] == 1
    assert Islands().clear(linked, fast)[40, 60] == 1, "it is the past that tells"
    assert islands.clear(np.maximum(joined, apart), fast)[40, 60] == 1


@BOTH_WAYS
def test_what_comes_away_from_a_person_stays_for_some_frames(fast: bool) -> None:
    """A lens of glasses before a white wall does not blink, and a piece of the room does not stay for ever."""
    islands, apart = Islands(), blob(PERSON, (160, 40, 8))
    linked = cv2.line(apart.copy(), (160, 40), PERSON[:2], 1.0, 4)
    for matte in (linked, *[apart] * (STAY - 1), linked, *[apart] * (STAY - 1)):
        assert islands.clear(matte, fast)[40, 160] == 1
    assert islands.clear(apart, fast)[40, 160] == 0


@BOTH_WAYS
def test_what_a_fast_hand_leaves_behind_goes_at_once(fast: bool) -> None:
    """It is known, but the network is no longer sure of it."""
    islands, faint = Islands(), np.maximum(blob(PERSON), blob((160, 40, 8), share=0.4))
    islands.clear(cv2.line(blob(PERSON, (160, 40, 8)), (160, 40), PERSON[:2], 1.0, 4), fast)
    assert islands.clear(faint, fast)[40, 160] == 0


@BOTH_WAYS
def test_a_hole_at_the_limit_does_not_blink(fast: bool) -> None:
    """What is seen between two arms stays seen while they close, and noise within a person stays filled."""
    with_holes = [blob(PERSON) for _ in range(2)]
    for matte, radius in zip(with_holes, (4, 3), strict=True):
        cv2.circle(matte, (160, 110), radius, 0.0, -1)
    large, small = with_holes
    assert CLOSED * large.size < (small[80:140, 130:190] == 0).sum() < PINHOLE * large.size < 60
    cv2.circle(large, (160, 110), 6, 0.0, -1)
    opened, closed = Islands(), Islands()
    opened.clear(large, fast)
    for _ in range(3):
        assert opened.clear(small, fast)[110, 160] == 0
        assert closed.clear(small, fast)[110, 160] == 1
    assert closed.clear(large, fast)[110, 160] == 0


@BOTH_WAYS
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
        matte = some_blobs(rng, height, width, blur)
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


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=30)
def test_the_compiled_loops_remember_the_same(seed: int) -> None:
    """Of blobs of all sizes that change a little from frame to frame."""
    slow, fast, rng = Islands(), Islands(), np.random.default_rng(seed)
    first = rng.normal(0, 1, SIZE).astype(np.float32)
    for n in range(8):
        matte = some_blobs(rng, *SIZE, 3, first, 0.3 * n)
        np.testing.assert_array_equal(fast.clear(matte, fast=True), slow.clear(matte))


def some_blobs(
    rng: np.random.Generator, height: int, width: int, blur: float, first: Matte | None = None, more: float = 1
) -> Matte:
    noise = rng.normal(0, 1, (height, width)).astype(np.float32)
    matte = cv2.GaussianBlur(noise if first is None else first + more * noise, (0, 0), blur)
    return np.clip((matte - matte.mean()) / (matte.std() + 1e-6) * 0.4 + 0.3, 0, 1).astype(np.float32)
