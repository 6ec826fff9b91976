"""Light wrap: the backdrop's light on the person's edge; nothing in the dark, nothing further in, nothing of a blur."""

import numpy as np
import pytest

from greenscreen.composite import Composite
from greenscreen.composite.background import open_backdrop
from greenscreen.composite.light import wrapped_light
from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Frame, Image
from greenscreen.pipeline import Pipeline
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.segment import open_segmenter

SIZE = (640, 360)
DARK = (40, 30, 50)


def person() -> Frame:
    """Somebody dark on the left, before a gray room."""
    image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    image[:, :320] = DARK
    return Frame(image, 0, 0, fresh=True)


def shown(frame: Frame, behind: Image, wrap: float) -> Composite:
    coarse = np.zeros((96, 160), np.float32)
    coarse[:, :80] = 1
    alpha = Refiner().refine(frame, coarse)
    return Composite(frame, alpha, to_i420(behind) if frame.planar else behind, wrap)


def plain(colour: tuple[int, int, int]) -> Image:
    return np.full((SIZE[1], SIZE[0], 3), colour, np.uint8)


@pytest.mark.parametrize("planar", [False, True])
def test_a_bright_backdrop_lights_the_edge_and_nothing_further_in(planar: bool) -> None:
    assert Planar().wait()
    frame = person().as_planar() if planar else person()
    without, lit = (shown(frame, plain((255, 240, 200)), wrap).image[180].astype(int) for wrap in (0, 1))
    added = lit - without
    assert (added[312] > 30).all()
    assert (added[312] >= added[300]).all()
    assert added[312, 0] > added[312, 2], "blue more than red, as the backdrop is"
    assert np.abs(added[:280]).max() <= 1, "soft, but no veil"
    assert np.abs(added[330:]).max() <= 1, "the backdrop stays as it is"


@pytest.mark.parametrize("planar", [False, True])
def test_the_dark_adds_nothing_and_nothing_ever_darkens(planar: bool) -> None:
    assert Planar().wait()
    frame = person().as_planar() if planar else person()
    black = [shown(frame, plain((0, 0, 0)), wrap).image for wrap in (0, 1)]
    np.testing.assert_array_equal(*black)
    without, lit = (shown(frame, plain((30, 60, 90)), wrap).image.astype(int) for wrap in (0, 1))
    assert (lit - without).min() >= -1


def test_both_ways_of_compositing_agree() -> None:
    assert Planar().wait()
    behind = plain((250, 220, 180))
    slow, fast = shown(person(), behind, 0.7).image, shown(person().as_planar(), behind, 0.7).image
    assert np.abs(slow.astype(int) - fast)[:, 280:330].mean() < 2
    assert np.abs(slow.astype(int) - fast).mean() < 1


def test_the_light_is_added_in_linear_light() -> None:
    """A pixel half the person's gets half of white's light, which is 188 of 255, and not 128."""
    person, white = np.zeros((90, 160, 3), np.float32), np.full((180, 320, 3), 255, np.uint8)
    added = wrapped_light(person, white, np.full((180, 320), 0.5, np.float32), 1)
    np.testing.assert_allclose(added, 188, atol=1)


def test_light_upon_light_stays_within_range_and_nobody_is_not_lit() -> None:
    rng = np.random.default_rng(0)
    person, behind = (rng.integers(0, 256, size).astype(np.float32) for size in ((45, 80, 3), (90, 160, 3)))
    alpha = rng.random((90, 160), np.float32)
    added = wrapped_light(person, behind.astype(np.uint8), alpha, 1)
    assert added.min() >= 0
    assert added.max() <= 255
    assert not wrapped_light(person, behind.astype(np.uint8), np.zeros_like(alpha), 1).any()


def test_a_backdrop_that_moves_is_seen_anew() -> None:
    """What is kept of one that stands still is told apart by the picture that it is of."""
    assert Planar().wait()
    frame = person().as_planar()
    white, black = plain((255, 255, 255)), plain((0, 0, 0))
    lit = [shown(frame, behind, 1).i420[:360, 300:316].mean() for behind in (white, black, white)]
    assert lit[0] == lit[2] > lit[1] + 20


def test_a_cut_out_is_of_the_person_alone() -> None:
    """The page in OBS has its own scene behind the person, which greenscreen does not know."""
    assert Planar().wait()
    frame, behind = person().as_planar(), plain((255, 255, 255))
    np.testing.assert_array_equal(shown(frame, behind, 0).person, shown(frame, behind, 1).person)


@pytest.mark.parametrize(("background", "lit"), [("white", True), ("blur", False)])
def test_before_a_blur_there_is_none_as_the_rooms_light_is_on_the_person_already(
    background: str, lit: bool, half: str
) -> None:
    images = []
    for wrap in (0, 1):
        with open_segmenter(half) as segmenter:
            pipeline = Pipeline(segmenter, Refiner(), open_backdrop(background))
            pipeline.light_wrap = wrap
            images.append(pipeline.process(person()).image)
    assert np.array_equal(*images) != lit
