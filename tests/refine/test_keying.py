"""Keying: alpha from the colours of person and room, where these are clearly two, and nowhere else."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.refine import keyed, keying, refine_edges

WALL, SHIRT = (90, 170, 60), (60, 50, 120)


def scene(size: tuple[int, int] = (320, 180), person: object = SHIRT, room: object = WALL) -> tuple[Image, Matte]:
    """A round figure before a wall, of one colour or an image of its own, with a camera's noise; its true alpha."""
    width, height = size
    alpha = np.zeros((height, width), np.uint8)
    cv2.circle(alpha, (width // 2, height // 2), height // 3, 255, -1, cv2.LINE_AA)
    share = alpha.astype(np.float32)[..., None] / 255
    noise = np.random.default_rng(3).normal(0, 2, (height, width, 3))
    image = share * np.asarray(person) + (1 - share) * np.asarray(room) + noise
    return np.clip(image, 0, 255).astype(np.uint8), share[..., 0]


def seen(truth: Matte) -> Matte:
    """As a network sees it: small, soft, and two pixels of 320 aside."""
    small = cv2.resize(np.roll(truth, 2, 1), (160, 90), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1), np.float32)


def texture(seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (180, 320, 3)).astype(np.uint8)


def framed(image: Image, planar: bool) -> Frame:
    frame = Frame(image, 0, 0)
    return frame.as_planar() if planar else frame


def channels(image: Image) -> Image:
    return np.ascontiguousarray(image.transpose(2, 0, 1))


@pytest.mark.parametrize("planar", [False, True])
def test_a_network_that_is_off_is_put_right_before_a_wall(planar: bool) -> None:
    """The guided filter follows a matte that lies aside; the colours do not."""
    image, truth = scene()
    guided = refine_edges(framed(image, planar), seen(truth))
    before = np.abs(guided.values / 255 - truth).mean()
    after = np.abs(keyed(guided).values / 255 - truth).mean()
    assert after < 0.5 * before


@pytest.mark.parametrize("planar", [False, True])
def test_person_and_room_of_the_same_colours_are_left_to_the_guided_filter(planar: bool) -> None:
    image, truth = scene(person=texture(0), room=texture(1))
    guided = refine_edges(framed(image, planar), seen(truth))
    small, lines = guided.small.copy(), guided.lines.copy()
    after = keyed(guided)
    assert np.array_equal(after.small, small)
    assert np.array_equal(after.lines, lines)


@pytest.mark.parametrize("planar", [False, True])
def test_a_wall_between_curls_is_seen_as_wall_and_a_cluttered_room_is_not(planar: bool) -> None:
    """Hair of many tones before a white wall: the rim of wall that the network takes for hair goes."""
    curls = np.kron(texture(0)[::4, ::4, :1], np.ones((4, 4, 3), np.uint8)) // 3
    even = np.full((180, 320, 3), 240, np.uint8)
    cluttered = np.where(texture(1)[..., :1] < 128, np.uint8(130), even)
    rims = []
    for room in (even, cluttered):
        image, truth = scene(person=curls, room=room)
        guided = refine_edges(framed(image, planar), cv2.dilate(seen(truth), np.ones((3, 3), np.uint8)))
        rim = (truth == 0) & (guided.values > 64)
        rims.append((guided.values[rim].mean(), keyed(guided).values[rim].mean()))
    assert rims[0][1] < 0.25 * rims[0][0]
    assert rims[1][1] > 0.8 * rims[1][0]


@pytest.mark.parametrize("planar", [False, True])
def test_a_gleam_on_hair_is_left_to_the_guided_filter(planar: bool) -> None:
    """Before a wall, what lies between dark hair and its colour may be hair; what looks like the wall is the wall."""
    tones = np.where(np.random.default_rng(5).random((30, 30)) < 0.5, np.uint8(30), np.uint8(90))
    guide = np.repeat(np.kron(tones, np.ones((4, 4), np.uint8))[..., None], 3, 2)
    small, lines = np.zeros((120, 120), np.float32), np.zeros((4, 120, 120), np.float32)
    small[:, :56], small[:, 56:64] = 1, 0.5
    guide[:, 56:] = 240
    guide[50:70, 56:64] = 100
    lines[3] = small
    found, _ = keying.mixed_fast(channels(guide), small, lines) if planar else keying.mixed(guide, small, lines)
    np.testing.assert_allclose(found[56:64, 58:62], 0.5, atol=0.01)
    assert found[20:40, 58:62].max() < 0.3


@pytest.mark.parametrize("planar", [False, True])
def test_what_looks_like_neither_is_left_to_the_guided_filter(planar: bool) -> None:
    """A white thing at the outline, of which it cannot be told whose it is."""
    image, truth = scene()
    cv2.rectangle(image, (205, 70), (230, 110), (255, 255, 255), -1)
    guided = refine_edges(framed(image, planar), seen(truth))
    small = guided.small.copy()
    after = keyed(guided)
    inside = slice(76, 105), slice(211, 225)
    assert ((small[inside] > 0) & (small[inside] < 1)).any(), "the outline must pass there, or this shows nothing"
    assert np.array_equal(after.small[inside], small[inside])
    assert not np.array_equal(after.small, small)


@pytest.mark.parametrize("planar", [False, True])
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 99), width=st.integers(1, 90), height=st.integers(1, 90))
def test_alpha_stays_in_range_and_as_it_was_away_from_the_outline(
    planar: bool, seed: int, width: int, height: int
) -> None:
    rng = np.random.default_rng(seed)
    image = np.where(
        rng.random((height, width, 1)) < 0.5, np.uint8(20), rng.integers(0, 256, (height, width, 3), np.uint8)
    )
    matte = np.zeros((height, width), np.float32)
    matte[: height // 2, : width // 2] = 1
    guided = refine_edges(framed(image, planar and width % 2 == height % 2 == 0), cv2.blur(matte, (3, 3)))
    small = guided.small.copy()
    after = keyed(guided)
    assert after.small.min() >= 0
    assert after.small.max() <= 1
    # A cell, the one beside it, and what is interpolated from there.
    near = cv2.dilate(((small > 0) & (small < 1)).astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    edge = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((13, 13), np.uint8)) > 0
    assert np.array_equal(after.small[~(near | edge)], small[~(near | edge)])


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_one_colour_tells_nothing(planar: bool, level: int) -> None:
    _, truth = scene()
    guided = refine_edges(framed(np.full((180, 320, 3), level, np.uint8), planar), seen(truth))
    small = guided.small.copy()
    assert np.array_equal(keyed(guided).small, small)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_nobody_stays_nobody_and_a_picture_full_of_somebody_full(share: float) -> None:
    image, _ = scene()
    for planar in (False, True):
        alpha = keyed(refine_edges(framed(image, planar), np.full((20, 30), share, np.float32)))
        assert (alpha.values == 255 * share).all()


def test_a_mirrored_picture_gives_a_mirrored_alpha() -> None:
    image, truth = scene()
    mirrored = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(seen(truth)[:, ::-1])
    one = keyed(refine_edges(Frame(image, 0, 0), seen(truth))).values
    other = keyed(refine_edges(Frame(mirrored[0], 0, 0), mirrored[1])).values
    assert np.abs(one.astype(int) - other[:, ::-1]).max() <= 1


@pytest.mark.parametrize("size", [(320, 180), (319, 181), (40, 60), (25, 25), (3, 2), (1, 1)])
def test_the_compiled_loops_find_the_same(size: tuple[int, int]) -> None:
    """Also at the borders of the picture, and with odd rows and columns."""
    image, truth = scene(size, person=cv2.resize(texture(2) // 2, size))
    matte = np.clip(cv2.GaussianBlur(np.roll(truth, 2, 1), (0, 0), 2) * 1.1 - 0.05, 0, 1)
    lines = np.random.default_rng(4).normal(0, 0.01, (4, *matte.shape)).astype(np.float32)
    small, found = keying.mixed(image, matte, lines)
    fast, found_fast = keying.mixed_fast(channels(image), matte.copy(), lines.copy())
    if min(size) > 100:
        assert np.abs(small - matte).max() > 0.1, "something must have been keyed, or this shows nothing"
    assert np.abs(small - fast).max() < 1e-4
    assert np.abs(found - found_fast).max() < 1e-4
