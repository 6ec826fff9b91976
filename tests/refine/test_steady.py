"""Time: alphas stand still when nothing moves, and neither trail nor leave ghosts when something does."""

import itertools

import cv2
import numpy as np
import pytest

from greenscreen.composite import Composite
from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.refine import Refiner
from greenscreen.refine.steady import Gate

WIDTH, HEIGHT = 320, 180


def scene(at: int, noise: int = 0, light: float = 1) -> tuple[Image, Matte]:
    """A disc around column `at` before a wall with a pattern, seen by a camera with noise; and its true alpha."""
    truth = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(truth, (at, 90), 45, 1.0, -1, cv2.LINE_AA)
    wall = 150 + 20 * np.sin(np.arange(WIDTH) / 9)[None, :, None] + np.zeros((HEIGHT, WIDTH, 3))
    image = truth[..., None] * (60, 80, 120) + (1 - truth[..., None]) * wall
    rng = np.random.default_rng(noise)
    return np.clip(light * image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8), truth


def split(image: Image) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1))


def coarse_of(truth: Matte, seed: int = 0) -> Matte:
    """As a network gives it: small, soft and never quite the same."""
    small = cv2.resize(cv2.GaussianBlur(truth, (0, 0), 3), (160, 96), interpolation=cv2.INTER_AREA)
    wobble = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 0.4, small.shape), (0, 0), 2)
    return np.clip(small + wobble * (small > 0.02) * (small < 0.98), 0, 1).astype(np.float32)


@pytest.fixture(params=[False, True], ids=["plain", "compiled"])
def planar(request: pytest.FixtureRequest) -> bool:
    """Every complaint is answered the way of photos and the compiled one of live pictures."""
    return bool(request.param)


def formed(frame: Frame, planar: bool) -> Frame:
    return frame.as_planar() if planar else frame


def filmed(places: list[int], planar: bool, steady: bool = True, light: list[float] | None = None) -> list[np.ndarray]:
    refiner, alphas = Refiner(steady=steady), []
    for index, place in enumerate(places):
        image, truth = scene(place, index, light[index] if light else 1)
        frame = formed(Frame(image, index / 30, index, fresh=index == 0), planar)
        alphas.append(refiner.refine(frame, coarse_of(truth, index)).values / np.float32(255))
    return alphas


def flicker(alphas: list[np.ndarray]) -> float:
    return float(np.mean([np.abs(after - before).mean() for before, after in itertools.pairwise(alphas)]))


def test_it_stands_still_when_you_do(planar: bool) -> None:
    """Neither the camera's noise nor the network's doubts show at the edge."""
    assert flicker(filmed([160] * 20, planar)[5:]) < 0.2 * flicker(filmed([160] * 20, planar, steady=False)[5:])


def test_a_jump_is_followed_in_the_same_frame_without_a_ghost(planar: bool) -> None:
    after = filmed([100] * 8 + [220], planar)[-1]
    _, truth = scene(220)
    fresh = filmed([220], planar, steady=False)[-1]
    assert np.abs(after - truth).mean() < np.abs(fresh - truth).mean() + 0.001
    assert after[:, :160].max() < 0.2


@pytest.mark.parametrize("speed", [1, 3, 12])
def test_motion_of_any_speed_is_followed(speed: int, planar: bool) -> None:
    """No lag: a moving person is cut out as well as without the past, at each moment.

    To a tenth of what a lag of one pixel would be: without the past, hardly any error is left before such a wall.
    """
    places = [80] * 5 + [80 + speed * n for n in range(1, 9)]
    errors = [
        [
            np.abs(alpha - scene(place)[1]).mean()
            for alpha, place in zip(filmed(places, planar, steady), places, strict=True)
        ][5:]
        for steady in (True, False)
    ]
    pixel = np.abs(scene(80)[1] - scene(81)[1]).mean()
    assert np.mean(errors[0]) < max(1.25 * np.mean(errors[1]), 0.1 * pixel)


def test_a_change_of_light_leaves_the_alpha_where_it_was(planar: bool) -> None:
    """Auto-exposure: the picture changes everywhere at once, and the person has not moved."""
    alphas = filmed([160] * 12, planar, light=[1] * 6 + [1.2] * 6)
    assert np.abs(alphas[-1] - scene(160)[1]).mean() < 0.02


def test_a_fresh_frame_and_a_new_size_forget_the_past() -> None:
    refiner = Refiner()
    nobody, everybody = np.zeros((9, 16), np.float32), np.ones((9, 16), np.float32)
    image, _ = scene(160)
    refiner.refine(Frame(image, 0, 0, fresh=True), everybody)
    assert not refiner.refine(Frame(image, 1, 1, fresh=True), nobody).values.any()
    refiner.refine(Frame(image, 2, 2), everybody)
    assert refiner.refine(Frame(np.ascontiguousarray(image[:100]), 3, 3), nobody).values.max() == 0


def test_live_frames_that_become_planar_start_afresh() -> None:
    """The two ways cover other pixels where a place is no whole number of pairs: what one never wrote, none reads."""
    image, truth = scene(160)
    image, refiner = cv2.resize(image, (960, 540), interpolation=cv2.INTER_LINEAR), Refiner()
    for index in range(3):
        _ = refiner.refine(Frame(image, index, index, index == 0), coarse_of(truth, index)).values
    frame = Frame(image, 3, 3).as_planar()
    shown = Composite(frame, refiner.refine(frame, coarse_of(truth, 3)), None).alpha
    fresh = Composite(frame, Refiner().refine(frame, coarse_of(truth, 3)), None).alpha
    np.testing.assert_array_equal(shown, fresh)


def test_a_scene_cut_is_a_fresh_start(planar: bool) -> None:
    """Even where the two pictures happen to look alike, nothing of the first one's alpha is seen in the second."""
    before, truth = scene(160)
    after = before.copy()
    after[:, :100], after[:, 220:] = 255 - before[:, :100], 255 - before[:, 220:]
    coarse = coarse_of(truth), coarse_of(truth, 1)
    # Less of the person, but not so much less that the network's word would be enough.
    coarse[1][:] = np.where(coarse[1] > 0.5, 0.6 * coarse[1], coarse[1])
    refiner = Refiner()
    for index in range(8):
        _ = refiner.refine(formed(Frame(before, index, index, index == 0), planar), coarse[0]).values
    shown = refiner.refine(formed(Frame(after, 8, 8), planar), coarse[1])
    fresh = Refiner().refine(formed(Frame(after, 8, 8, fresh=True), planar), coarse[1])
    np.testing.assert_array_equal(shown.values, fresh.values)


@pytest.mark.parametrize("left", [0.05, 0.15])
def test_nothing_is_held_where_the_network_is_certain_all_around(left: float, planar: bool) -> None:
    """A hand that the network was half sure of leaves slowly before a wall of its colour: no ghost stays behind.

    Nor does one where the network is left with some doubt.
    """
    image, _ = scene(160)
    refiner, there = Refiner(islands=False), np.zeros((96, 160), np.float32)
    there[20:60, 100:130] = 0.45
    for index in range(6):
        half = refiner.refine(formed(Frame(image, index, index, index == 0), planar), there)
        assert half.values.max() > 0.2 * 255
    gone = refiner.refine(formed(Frame(image, 6, 6), planar), np.full((96, 160), left, np.float32))
    assert gone.values.max() < 0.05 * 255


def test_a_gate_opens_where_something_moves_and_nowhere_else() -> None:
    gate, unsure = Gate(), np.full((96, 160), 0.3, np.float32)
    gate.open(scene(100)[0], unsure)
    rate = gate.open(scene(220, 1)[0], unsure)
    assert rate[90, 145] == 1  # uncovered
    assert rate[90, 260] == 1  # covered
    assert rate[5, 5] < 0.1
    assert rate.min() > 0


def test_asking_twice_for_an_alpha_does_not_make_time_pass(planar: bool) -> None:
    """Sinks may render the same frame more than once."""
    refiner = Refiner()
    for index in range(3):
        image, truth = scene(160 + index, index)
        alpha = refiner.refine(formed(Frame(image, index, index, index == 0), planar), coarse_of(truth, index))
        first = alpha.values.copy()
        del alpha.__dict__["values"]
        np.testing.assert_array_equal(alpha.values, first)


def test_a_chair_the_network_is_unsure_of_does_not_flicker(planar: bool) -> None:
    """Furniture that is half believed to be a person is one or the other, and stays it."""
    image, _ = scene(160)
    refiner, alphas = Refiner(), []
    for index in range(24):
        coarse = np.full((96, 160), 0.0, np.float32)
        coarse[40:90, 20:60] = 0.5 + 0.12 * (-1) ** index
        frame = formed(Frame(image, index / 30, index, index == 0), planar)
        alphas.append(refiner.refine(frame, coarse).values / np.float32(255))
    assert flicker(alphas[10:]) < 0.002


def test_the_compiled_loops_open_the_same_places() -> None:
    slow, fast = Gate(), Gate()
    for index in range(6):
        image, truth = scene(100 + 7 * index, noise=index, light=1 + 0.05 * (index == 4))
        coarse = coarse_of(truth, index)
        np.testing.assert_allclose(fast.open(image, coarse, split(image)), slow.open(image, coarse), atol=2e-3)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 3), (7, 5)])
def test_the_compiled_loops_know_pictures_smaller_than_their_window(size: tuple[int, int]) -> None:
    slow, fast, rng = Gate(), Gate(), np.random.default_rng(0)
    for _ in range(3):
        image, coarse = rng.integers(0, 256, (*size, 3), np.uint8), rng.random(size, np.float32)
        np.testing.assert_allclose(fast.open(image, coarse, split(image)), slow.open(image, coarse), atol=2e-3)
