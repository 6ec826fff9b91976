"""Pictures on walls are framed, small, of the picture's colours, and change nothing else of the room."""

import numpy as np
import pytest

from train.augment import compose, decorated
from train.data import Image, Person
from train.walls import hang


def room() -> Image:
    return np.full((96, 160, 3), (150, 170, 160), np.uint8)


def test_a_picture_hangs_in_the_room_and_leaves_most_of_it() -> None:
    red = np.full((60, 40, 3), (20, 20, 230), np.uint8)
    shown = 0
    for seed in range(40):
        hung = hang(np.random.default_rng(seed), room(), red)
        changed = (hung != room()).any(2)
        assert changed.mean() < 0.35
        shown += (hung[..., 2].astype(int) - hung[..., 1] > 100).sum() > 20
        np.testing.assert_array_equal(hung, hang(np.random.default_rng(seed), room(), red))
    assert 15 < shown < 40  # the others are gray, or cut by the edge


def test_no_picture_touches_its_wall_without_a_frame() -> None:
    """Without one it would be a person in the room, and not somebody's picture."""
    bright = np.full((80, 80, 3), (0, 255, 0), np.uint8)
    for seed in range(40):
        hung = hang(np.random.default_rng(seed), room(), bright).astype(int)
        green = hung[..., 1] - hung[..., [0, 2]].max(2) > 200
        beside = np.abs(hung - room()).max(2) == 0
        assert not (green[:, 1:] & beside[:, :-1]).any()
        assert not (green[1:] & beside[:-1]).any()


@pytest.mark.parametrize("size", [(1, 1), (2, 400), (400, 2)])
def test_any_picture_can_be_hung(size: tuple[int, int]) -> None:
    for seed in range(20):
        assert hang(np.random.default_rng(seed), room(), np.zeros((*size, 3), np.uint8)).shape == room().shape


def test_who_is_in_a_picture_is_not_in_the_alpha() -> None:
    """The only person there is stands before the room; whoever else is seen hangs on its wall."""
    picture, alpha = np.full((60, 60, 3), (0, 255, 0), np.uint8), np.zeros((60, 60), np.uint8)
    alpha[30:, 20:40] = 255
    person = Person(picture, alpha, np.full_like(picture, (255, 0, 0)), "made", True)
    assert any((decorated(np.random.default_rng(seed), room(), [person], 1.0) != room()).any() for seed in range(5))
    np.testing.assert_array_equal(decorated(np.random.default_rng(0), room(), [person], 0.0), room())
    hung = 0
    for seed in range(60):
        image, found = compose(np.random.default_rng(seed), [person], [room()], 160, 96)
        green = image[..., 1].astype(int) - image[..., [0, 2]].max(2) > 150
        assert not (green & (found > 0.5)).any()
        hung += green.sum() > 20
    assert hung > 0


def test_cut_outs_alone_hang_nowhere() -> None:
    cutout = Person(room(), np.full((96, 160), 255, np.uint8), room(), "made", False)
    np.testing.assert_array_equal(decorated(np.random.default_rng(0), room(), [cutout], 1.0), room())
