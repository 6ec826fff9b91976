"""Things to hold are the person's, in alpha as in the picture; chairs are the room's, and behind the person."""

import numpy as np

from train.arms import Alpha
from train.data import Image
from train.props import cushion, hold, seat


def somebody() -> tuple[Image, Alpha]:
    colour, alpha = np.full((96, 160, 3), (180, 60, 40), np.uint8), np.zeros((96, 160), np.float32)
    alpha[20:40, 70:90] = alpha[40:, 55:105] = 1
    return colour, alpha


def test_what_is_held_is_the_persons_and_the_rest_stays() -> None:
    colour, alpha = somebody()
    pattern = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    before, beside = 0, 0
    for seed in range(30):
        picture, held = hold(np.random.default_rng(seed), colour, alpha, pattern)
        assert (held >= alpha).all()
        assert held.max() <= 1
        changed = (picture != colour).any(2)
        assert not (changed & (held == 0)).any()
        before += (changed & (alpha == 1)).sum() > 100
        beside += (changed & (held > 0.5) & (alpha == 0)).sum() > 40
    assert before > 25
    assert 5 < beside < 30


def test_a_face_stays_mostly_in_sight() -> None:
    colour, alpha = somebody()
    hidden = [
        (hold(np.random.default_rng(seed), colour, alpha, colour)[0] != colour).any(2)[20:40, 70:90].mean()
        for seed in range(30)
    ]
    assert np.mean(hidden) < 0.2


def test_a_chair_is_behind_the_person_and_seen_beside_them() -> None:
    colour, alpha = somebody()
    room = np.full_like(colour, 90)
    seen = 0
    for seed in range(30):
        changed = (seat(np.random.default_rng(seed), room, alpha, colour) != room).any(2)
        seen += (changed & (alpha == 0)).sum() > 40
        touching = changed & (alpha > 0)
        assert touching.sum() > 100
    assert seen > 15


def test_cushions_lie_at_the_outline_and_hide_nothing_else() -> None:
    colour, alpha = somebody()
    room = np.full_like(colour, 90)
    behind, beside = 0, 0
    for seed in range(30):
        changed = (cushion(np.random.default_rng(seed), room, alpha, colour) != room).any(2)
        behind += (changed & (alpha > 0)).sum() > 40
        beside += (changed & (alpha == 0)).sum() > 40
        assert changed.mean() < 0.9
    assert behind > 25
    assert beside > 25


def test_a_room_without_anybody_has_cushions_too() -> None:
    room = np.full((96, 160, 3), 90, np.uint8)
    nobody = np.zeros((96, 160), np.float32)
    seen = sum((cushion(np.random.default_rng(seed), room, nobody, room[:9]) != room).any() for seed in range(20))
    assert seen > 15


def test_nobody_holds_nothing_and_sits_nowhere() -> None:
    colour, alpha = somebody()
    nobody = 0 * alpha
    assert hold(np.random.default_rng(0), colour, nobody, colour)[1] is nobody
    assert seat(np.random.default_rng(0), colour, nobody, colour) is colour


def test_any_pattern_serves() -> None:
    colour, alpha = somebody()
    for size in ((1, 1), (2, 900), (900, 2)):
        hold(np.random.default_rng(1), colour, alpha, np.zeros((*size, 3), np.uint8))
