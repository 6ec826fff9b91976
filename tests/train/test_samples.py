"""Samples: a run's pictures depend on nothing but its seed and their number, and are shared without overlap."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from greenscreen.errors import SourceError, UsageError
from train.data import Row, read_person
from train.feed import read_pictures
from train.models.network import STRIDE
from train.recipe import Recipe, make_recipe
from train.samples import Samples, input_size

TINY = {"area": 64 * 64, "aspects": [1.0, 2.0], "batch": 4, "steps": 5, "epoch": 2, "judged": 2}


def recipe(**settings: Any) -> Recipe:
    return make_recipe("tiny", TINY | settings)


@pytest.mark.parametrize("aspect", [0.4, 7 / 9, 1, 16 / 9, 3])
def test_input_is_about_as_large_as_asked_and_fits_the_networks(aspect: float) -> None:
    width, height = input_size(320 * 192, aspect)
    assert not width % STRIDE
    assert not height % STRIDE
    assert width * height == pytest.approx(320 * 192, rel=0.25)
    assert width / height == pytest.approx(aspect, rel=0.35)


def test_epochs_follow_each_other_and_the_last_is_shorter(rows: list[Row]) -> None:
    pictures, _ = read_pictures(recipe(), rows)
    epochs = [Samples(pictures, recipe(), epoch) for epoch in range(3)]
    assert [len(epoch) for epoch in epochs] == [8, 8, 4]
    assert not np.array_equal(epochs[0][0].image, epochs[1][0].image)
    sizes = [epochs[0][index].image.shape[:2] for index in (0, 3, 4, 7)]
    assert sizes == [(64, 64), (64, 64), (32, 96), (32, 96)], "all of a batch have one size"


def test_processes_share_the_samples_of_one(rows: list[Row]) -> None:
    pictures, _ = read_pictures(recipe(), rows)
    alone = Samples(pictures, recipe())
    shares = [Samples(pictures, recipe(), rank=rank, world=2) for rank in (0, 1)]
    for share, indices in zip(shares, ([0, 1, 4, 5], [2, 3, 6, 7]), strict=True):
        assert len(share) == 4
        for place, index in enumerate(indices):
            for one, other in zip(share[place], alone[index], strict=True):
                np.testing.assert_array_equal(one, other)


def test_plain_samples_are_windows_of_whole_pictures_and_need_no_rooms(rows: list[Row]) -> None:
    plain = recipe(samples="plain", memory=0)
    pictures, judged = read_pictures(plain, [row for row in rows if row.split in ("train", "val")])
    assert not pictures.rooms
    assert {person.source for person in judged} == {"made"}
    for index in range(8):
        sample = Samples(pictures, plain)[index]
        assert sample.known
        assert not sample.previous.any()
        red = np.abs(sample.image.astype(int) - (60, 80, 200)).max(2) < 25
        assert (red != (sample.alpha > 127)).mean() < 0.05


def test_unlabelled_pictures_come_as_often_as_asked_and_are_marked(rows: list[Row]) -> None:
    some = recipe(unlabelled=0.5, teacher="t.ckpt", steps=40, epoch=40)
    samples = Samples(read_pictures(some, rows)[0], some)
    drawn = [samples[index] for index in range(100)]
    assert 35 < Counter(sample.known for sample in drawn)[False] < 65
    assert not any(sample.alpha.any() for sample in drawn if not sample.known)


def test_rooms_that_people_are_judged_in_are_never_trained_on(rows: list[Row]) -> None:
    pictures, judged = read_pictures(recipe(), rows)
    assert Counter(person.source for person in judged) == {"made": 2, "webcam": 2}
    assert len(pictures.rooms) == 2, "one of three is held back"


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        (np.full((120, 160), 65535, np.uint16), "unusual kind"),
        (np.full((120, 90), 255, np.uint8), "160x120 and its mask 90x120"),
    ],
)
def test_a_mask_that_is_not_the_pictures_is_refused(
    rows: list[Row], tmp_path: Path, mask: np.ndarray, told: str
) -> None:
    """Rather than stretched, or taken modulo 256."""
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    with pytest.raises(SourceError, match=told):
        read_person(replace(rows[0], mask=tmp_path / "mask.png"))


def test_a_mask_may_be_smaller_than_its_picture(rows: list[Row], tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "mask.png"), np.full((40, 53), 255, np.uint8))
    assert read_person(replace(rows[0], mask=tmp_path / "mask.png")).alpha.shape == (120, 160)


def test_what_is_missing_is_named(rows: list[Row]) -> None:
    for split, what in (("train", "pictures to train on"), ("val", "judge on"), ("bg", "rooms")):
        with pytest.raises(UsageError, match=what):
            read_pictures(recipe(), [row for row in rows if row.split != split])
