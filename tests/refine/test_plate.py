"""The clean plate: mends what the network mistakes, follows light and shake, and gives way when the camera moved."""

import cv2
import numpy as np
import pytest

from greenscreen.picture.frame import Image, Matte
from greenscreen.refine.plate import Plate

WIDTH, HEIGHT = 320, 180


def room(noise: int = 0, shift: tuple[float, float] = (0, 0), light: float = 1, offset: float = 0) -> Image:
    """A wall with shelves, a lamp and a picture, as a camera with noise sees it."""
    wall = np.full((HEIGHT, WIDTH, 3), (150, 160, 170), np.float32)
    wall += np.linspace(-30, 30, WIDTH)[None, :, None]
    for n, x in enumerate(range(8, WIDTH, 24)):
        cv2.rectangle(wall, (x, 20 + 7 * (n % 5)), (x + 12, 150), (60 + 9 * n, 170 - 8 * n, 90 + 5 * n), -1)
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    wall = cv2.warpAffine(cv2.GaussianBlur(wall, (0, 0), 0.8), matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    return filmed(wall * light + offset, noise)


def filmed(scene: np.ndarray, noise: int) -> Image:
    return np.clip(scene + np.random.default_rng(noise).normal(0, 2, scene.shape), 0, 255).astype(np.uint8)


def person(behind: Image, light: float = 1) -> tuple[Image, Matte]:
    """Somebody before the room, and their true alpha."""
    truth = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(truth, (150, 190), (60, 110), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    scene = truth[..., None] * np.array((40, 50, 190)) * light + (1 - truth[..., None]) * behind
    return filmed(scene, 99), truth


def mistaken(truth: Matte) -> Matte:
    """A network's matte: a shelf taken for a person, and a piece of the person doubted."""
    matte = cv2.GaussianBlur(truth, (0, 0), 2)
    matte[40:110, 215:245] = 0.9
    matte[150:175, 130:160] = 0.25
    return np.clip(matte, 0, 1).astype(np.float32)


def plate() -> Plate:
    return Plate([room(noise) for noise in range(10, 20)])


def error(matte: Matte, truth: Matte) -> float:
    return float(np.abs(matte - truth).mean())


@pytest.mark.parametrize(
    ("shift", "light", "offset"),
    [((0, 0), 1, 0), ((1.4, -0.8), 1, 0), ((-2, 1), 1, 0), ((0, 0), 0.8, 0), ((0, 0), 1.15, -12), ((1, 1), 0.85, 10)],
)
def test_it_mends_what_the_network_mistakes(shift: tuple[float, float], light: float, offset: float) -> None:
    """Whatever exposure and a small shake do in between."""
    image, truth = person(room(1, shift, light, offset), light)
    known, coarse = plate(), mistaken(truth)
    mended = known.correct(image, coarse)
    assert known.fits
    assert error(mended, truth) < 0.3 * error(coarse, truth)
    assert mended[50:100, 220:240].mean() < 0.1, "the shelf"
    assert mended[155:170, 135:155].mean() > 0.8, "the person"


def test_it_gives_way_when_the_camera_was_moved_and_comes_back() -> None:
    known = plate()
    image, truth = person(room(1, (13, 0)))
    coarse = mistaken(truth)
    np.testing.assert_array_equal(known.correct(image, coarse), coarse)
    assert not known.fits
    image, truth = person(room(2))
    assert error(known.correct(image, mistaken(truth)), truth) < 0.3 * error(coarse, truth)
    assert known.fits


def test_where_the_network_sees_nobody_nobody_is_shown() -> None:
    """Privacy: a door that opens differs from the plate, and must stay hidden all the same."""
    image, truth = person(room(1))
    image[60:140, 260:300] = (20, 20, 20)
    coarse = cv2.GaussianBlur(truth, (0, 0), 2)
    assert plate().correct(image, coarse)[60:140, 260:300].max() == 0


def test_what_the_network_knows_for_sure_stays_where_the_plate_agrees() -> None:
    image, truth = person(room(1))
    mended = plate().correct(image, truth)
    inside = cv2.erode(truth, np.ones((9, 9))) == 1
    assert mended[inside].min() > 0.98
    assert mended[truth == 0].max() < 0.05


def test_a_shadow_is_nobody() -> None:
    """The person's shadow is unlike the wall, but of its colour."""
    behind = room(1).astype(np.float32)
    behind[60:120, 235:275] *= 0.75
    image, truth = person(behind)
    coarse = cv2.GaussianBlur(truth, (0, 0), 2)
    coarse[60:120, 235:275] = 0.15
    assert plate().correct(image, coarse)[64:116, 239:271].mean() < 0.3


def test_numbers_stay_in_range_and_what_is_none_is_nobody() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.random((96, 160), np.float32)
    coarse[:40] = np.nan
    mended = plate().correct(room(1), coarse)
    assert mended.shape == (HEIGHT, WIDTH)
    assert np.isfinite(mended).all()
    assert mended.min() >= 0
    assert mended.max() <= 1
    assert mended[:60].max() == 0


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_room_of_one_colour_and_a_full_picture_are_no_trouble(level: int) -> None:
    known = Plate([np.full((HEIGHT, WIDTH, 3), level, np.uint8)])
    _, truth = person(room(1))
    for coarse in (truth, np.ones_like(truth), np.zeros_like(truth)):
        mended = known.correct(np.full((HEIGHT, WIDTH, 3), level, np.uint8), coarse)
        assert np.isfinite(mended).all()


def test_another_size_is_another_room() -> None:
    known, coarse = plate(), np.ones((9, 16), np.float32)
    assert known.correct(np.zeros((90, 160, 3), np.uint8), coarse) is coarse
    assert not known.fits
