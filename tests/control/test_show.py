"""The room is in what leaves only when it was asked for by name."""

from typing import get_args

import numpy as np
import pytest

from greenscreen.control.show import shown
from greenscreen.picture.frame import Frame, Picture
from greenscreen.picture.placeholder import placeholder
from greenscreen.settings import Show

ROOM, RESULT = (10, 90, 250), (200, 200, 200)


def look(show: Show, transparent: bool = False) -> Picture:
    frame = Frame(np.full((32, 64, 3), ROOM, np.uint8), 1.5, 3)
    alpha = np.zeros((32, 64), np.uint8)
    alpha[:, 32:48] = 255
    return shown(show, frame, Picture(np.full((32, 64, 3), RESULT, np.uint8), alpha, 1.5, transparent))


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("show", ["result", "matte", "placeholder"])
def test_what_does_not_ask_for_the_room_does_not_hold_it(show: Show, transparent: bool) -> None:
    assert not (look(show, transparent).image == ROOM).all(axis=2).any()


def test_each_shows_what_it_says() -> None:
    assert (look("result").image == RESULT).all()
    assert (look("original").image == ROOM).all()
    assert (look("placeholder").image == placeholder(64, 32)).all()
    assert (look("matte").image[:, 32:48] == 255).all()
    assert (look("matte").image[:, :32] == 0).all()
    assert (look("split").image[:, :32] == ROOM).all()
    assert (look("split").image[:, 32:] == RESULT).all()


@pytest.mark.parametrize("show", get_args(Show))
def test_size_time_and_kind_stay(show: Show) -> None:
    for transparent in (False, True):
        picture = look(show, transparent)
        assert picture.image.shape == (32, 64, 3)
        assert (picture.time, picture.transparent) == (1.5, transparent)
        assert picture.pixels.shape[2] == 3 + transparent


@pytest.mark.parametrize("show", ["original", "placeholder", "matte"])
def test_what_replaces_a_transparent_picture_is_solid(show: Show) -> None:
    assert (look(show, transparent=True).alpha == 255).all()


def test_the_result_is_not_spoilt_by_looking_behind_it() -> None:
    frame, image = Frame(np.zeros((8, 8, 3), np.uint8), 0, 0), np.full((8, 8, 3), RESULT, np.uint8)
    shown("split", frame, Picture(image, np.zeros((8, 8), np.uint8), 0))
    assert (image == RESULT).all()
