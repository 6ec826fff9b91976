"""Taking a clean plate: an empty room is filmed, nobody is ever part of it, and waiting has an end."""

from functools import cache

import numpy as np
import pytest

from greenscreen.picture.frame import Image, Matte
from greenscreen.refine.plate import Plate
from greenscreen.refine.taking import ASIDE, PATIENCE, Taking

NOBODY, SOMEBODY = np.zeros((96, 160), np.float32), np.pad(np.ones((40, 40), np.float32), ((28, 28), (60, 60)))


@cache
def room(noise: int) -> Image:
    """A wall with light from one side, as a camera with noise sees it."""
    wall = np.linspace(90, 200, 320)[None, :, None].repeat(180, 0).repeat(3, 2)
    return np.clip(wall + np.random.default_rng(noise).normal(0, 2, wall.shape), 0, 255).astype(np.uint8)


def taken(mattes: list[Matte], images: list[Image] | None = None) -> tuple[Plate | None, Taking, float]:
    """The plate that comes of these frames at 20 a second, and when."""
    taking = Taking()
    for index, matte in enumerate(mattes):
        image = images[index] if images else room(index % 20)
        if found := taking.look(image, matte, index / 20):
            return found, taking, index / 20
    return None, taking, len(mattes) / 20


def test_it_is_taken_when_nobody_was_there_for_two_seconds() -> None:
    found, _, when = taken([SOMEBODY] * 30 + [NOBODY] * 20 + [SOMEBODY] * 5 + [NOBODY] * 60)
    assert found
    assert when == pytest.approx(55 / 20 + ASIDE)
    assert np.abs(found.room - room(0)).mean() < 2, "the noise is gone from one of the two"


def test_it_is_never_taken_with_somebody_in_it() -> None:
    """Nor with one whom the network fails to see, who moves."""
    assert taken([SOMEBODY] * 200)[0] is None
    assert taken([np.full_like(NOBODY, np.nan)] * 100)[0] is None
    walking = []
    for index in range(100):
        image = room(index % 20).copy()
        image[40:, 3 * index % 250 : 3 * index % 250 + 50] = (30, 40, 60)
        walking.append(image)
    assert taken([NOBODY] * 100, walking)[0] is None


def test_it_does_not_wait_for_ever() -> None:
    _, taking, when = taken([SOMEBODY] * round(20 * (PATIENCE + 2)))
    assert when > PATIENCE
    assert taking.given_up
