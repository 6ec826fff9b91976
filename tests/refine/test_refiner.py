"""The whole refiner, whatever it is given: what must be true of every alpha, of photos and of live pictures."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.picture.colour import Bytes, planes, to_i420
from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.refine import Refiner

WIDTH, HEIGHT = 96, 64
PLANAR = pytest.mark.parametrize("planar", [False, True], ids=["plain", "compiled"])
SEEDS = st.integers(0, 999)
few = settings(deadline=None, max_examples=15)


def anything(seed: int) -> tuple[Image, Matte]:
    """A picture of soft spots, and a matte that has to do with them, certain in places and unsure in others."""
    rng = np.random.default_rng(seed)
    spots = cv2.resize(rng.random((5, 7, 3), np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    image = np.clip(255 * spots + rng.normal(0, 2, spots.shape), 0, 255).astype(np.uint8)
    coarse = cv2.resize(spots[..., 1], (48, 32), interpolation=cv2.INTER_AREA)
    return image, np.clip(3 * coarse - 1, 0, 1).astype(np.float32)


def pixels(image: Image, planar: bool) -> Bytes:
    return to_i420(image) if planar else image


def mirrored(pixels: Bytes) -> Bytes:
    """What a frame consists of, in either form, from the other side."""
    if pixels.ndim == 3:
        return np.ascontiguousarray(pixels[:, ::-1])
    return np.concatenate([plane[:, ::-1].ravel() for plane in planes(pixels)]).reshape(pixels.shape)


def shown(refiner: Refiner, pixels: Bytes, coarse: Matte, index: int = 0) -> Bytes:
    return refiner.refine(Frame(pixels, index, index, fresh=index == 0), np.ascontiguousarray(coarse)).values


@PLANAR
@few
@given(seed=SEEDS)
def test_what_the_network_says_is_found_again_and_nothing_else(planar: bool, seed: int) -> None:
    """Of the frame's size; where all around is surely room or person, it is exactly that, whatever was before."""
    refiner = Refiner(islands=False)
    for index, (image, coarse) in enumerate(map(anything, (seed, seed + 1, seed + 1))):
        alpha = shown(refiner, pixels(image, planar), coarse, index)
        assert alpha.shape == (HEIGHT, WIDTH)
        assert alpha.dtype == np.uint8
        # As far as the filter's windows of windows reach, and the enlarging.
        around = np.ones((17, 17), np.uint8)
        belief = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        assert not alpha[cv2.dilate(belief, around) == 0].any()
        assert (alpha[cv2.erode(belief, around) == 1] == 255).all()


@PLANAR
@few
@given(seed=SEEDS)
def test_the_same_again_changes_nothing(planar: bool, seed: int) -> None:
    refiner, (image, coarse) = Refiner(), anything(seed)
    alphas = [shown(refiner, pixels(image, planar), coarse, index).astype(int) for index in range(4)]
    # What is within half a level of 0 or 1 is there from the second frame on.
    assert np.abs(alphas[1] - alphas[0]).mean() < 0.1
    assert np.abs(alphas[3] - alphas[1]).max() <= 1


@PLANAR
@few
@given(seed=SEEDS)
def test_left_and_right_are_the_same(planar: bool, seed: int) -> None:
    """Over time, too: two frames and their mirror images give mirrored alphas."""
    one, other = Refiner(), Refiner()
    for index, (image, coarse) in enumerate(map(anything, (seed, seed + 1))):
        picture = pixels(image, planar)
        alpha = shown(one, picture, coarse, index).astype(int)
        turned = shown(other, mirrored(picture), coarse[:, ::-1], index)[:, ::-1]
        assert np.abs(alpha - turned).mean() < 0.1


@PLANAR
def test_what_is_not_a_number_is_room(planar: bool) -> None:
    image, coarse = anything(1)
    assert not shown(Refiner(), pixels(image, planar), np.full_like(coarse, np.nan)).any()
