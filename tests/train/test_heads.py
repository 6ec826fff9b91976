"""Heads are found where there are some, and what is worn on them is the person's and leaves the face in sight."""

import cv2
import numpy as np
import pytest

from train.arms import Alpha
from train.data import Image
from train.heads import find_head, wear_headset, wear_scarf


def somebody(x: int = 80) -> tuple[Image, Alpha]:
    """A head of 28x36 pixels on a neck and shoulders."""
    colour, alpha = np.full((120, 160, 3), (180, 60, 40), np.uint8), np.zeros((120, 160), np.float32)
    cv2.ellipse(alpha, ((x, 40), (28, 36), 0), 1, -1)
    cv2.rectangle(alpha, (x - 8, 52), (x + 8, 80), 1, -1)
    cv2.rectangle(alpha, (x - 35, 72), (x + 35, 119), 1, -1)
    return colour, alpha


@pytest.mark.parametrize("x", [50, 80, 110])
def test_a_head_is_where_it_is(x: int) -> None:
    head = find_head(somebody(x)[1])
    assert head is not None
    assert abs(head.x - x) < 2
    assert abs(head.y - 40) < 5
    assert 24 < head.wide < 30
    assert 29 < head.tall < 40


def test_a_raised_hand_is_no_part_of_the_head() -> None:
    _, alpha = somebody()
    cv2.rectangle(alpha, (110, 30), (118, 119), 1, -1)
    assert find_head(alpha) == find_head(somebody()[1])


@pytest.mark.parametrize("cut", ["above", "nobody", "wall", "speck"])
def test_where_no_head_can_be_told_there_is_none(cut: str) -> None:
    colour, alpha = somebody()
    alpha = {
        "above": np.vstack([alpha[40:], alpha[:40] * 0]),
        "nobody": alpha * 0,
        "wall": alpha * 0 + 1,
        "speck": np.where(np.arange(120)[:, None] == 60, alpha, 0),
    }[cut]
    assert find_head(alpha) is None
    assert wear_headset(np.random.default_rng(0), colour, alpha)[1] is alpha
    assert wear_scarf(np.random.default_rng(0), colour, alpha, colour)[1] is alpha


def test_what_is_worn_is_the_persons_and_the_rest_stays() -> None:
    colour, alpha = somebody()
    pattern = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    for seed in range(30):
        for picture, worn in (
            wear_headset(np.random.default_rng(seed), colour, alpha),
            wear_scarf(np.random.default_rng(seed), colour, alpha, pattern),
        ):
            assert (worn >= alpha).all()
            assert worn.max() <= 1
            changed = (picture != colour).any(2)
            assert not (changed & (worn == 0)).any()
            assert (changed & (worn > 0.5)).sum() > 40
            assert changed[80:, :30].sum() == 0  # far from the head


def test_a_face_stays_in_sight() -> None:
    colour, alpha = somebody()
    for seed in range(30):
        for picture, _ in (
            wear_headset(np.random.default_rng(seed), colour, alpha),
            wear_scarf(np.random.default_rng(seed), colour, alpha, colour),
        ):
            assert (picture != colour).any(2)[38:46, 76:84].mean() < 0.2


def test_both_stand_out_of_the_outline() -> None:
    colour, alpha = somebody()
    for seed in range(30):
        for _, worn in (
            wear_headset(np.random.default_rng(seed), colour, alpha),
            wear_scarf(np.random.default_rng(seed), colour, alpha, colour),
        ):
            assert ((worn > 0.5) & (alpha == 0)).sum() > 10
