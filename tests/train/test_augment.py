"""Augmentation: the same geometry for picture and alpha, always in range, the same for the same seed."""

from pathlib import Path

import numpy as np
import pytest

from train.augment import (
    camouflage,
    compose,
    crop_whole,
    degrade,
    light,
    place_person,
    previous_matte,
    sample,
)
from train.data import Image, Person, read_backgrounds, read_manifest, read_people


@pytest.fixture(scope="module")
def people(manifest: Path) -> list[Person]:
    return read_people(row for row in read_manifest(manifest) if row.split.startswith("train"))


@pytest.fixture(scope="module")
def rooms(manifest: Path) -> list[Image]:
    return read_backgrounds(row for row in read_manifest(manifest) if row.split == "bg")


def red(image: Image) -> np.ndarray:
    """Where the generated people are: nothing else there is of their colour."""
    return np.abs(image.astype(int) - (60, 80, 200)).max(2) < 25


@pytest.mark.parametrize("seed", range(12))
def test_picture_and_alpha_stay_together(people: list[Person], rooms: list[Image], seed: int) -> None:
    rng = np.random.default_rng(seed)
    image, alpha = crop_whole(rng, people[0], 96, 64)
    assert (red(image) != (alpha > 0.5)).mean() < 0.04
    colour, alpha = place_person(rng, people[0], 96, 64)
    assert red(colour)[alpha > 0.95].all()
    image, alpha = compose(rng, people, rooms, 96, 64)
    assert image.shape == (64, 96, 3)
    assert alpha.shape == (64, 96)


@pytest.mark.parametrize("seed", range(30))
def test_samples_are_in_range_and_repeat(people: list[Person], rooms: list[Image], seed: int) -> None:
    image, alpha, previous = sample(np.random.default_rng(seed), people, rooms, 96, 64)
    assert image.dtype == np.uint8
    for matte in (alpha, previous):
        assert matte.dtype == np.float32
        assert matte.min() >= 0
        assert matte.max() <= 1 + 1e-6
    again = sample(np.random.default_rng(seed), people, rooms, 96, 64)
    for one, other in zip((image, alpha, previous), again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_sensors_noise_is_in_every_channel() -> None:
    gray = np.full((60, 80, 3), 128, np.uint8)
    spreads = np.array([degrade(np.random.default_rng(seed), gray).std((0, 1)) for seed in range(20)])
    noisy = spreads.max(1) > 2
    assert 5 <= noisy.sum() <= 15
    assert (spreads[noisy].min(1) > 0.5 * spreads[noisy].max(1)).all()


def test_whom_the_picture_cut_at_one_side_the_frame_cuts_there_too() -> None:
    """A straight edge in the middle of a room is what no camera shows, and what a network would learn to look for."""
    alpha = np.zeros((120, 100), np.uint8)
    alpha[30:, :60] = 255
    image = np.full((120, 100, 3), 90, np.uint8)
    cut_by_the_frame = 0
    for seed in range(40):
        _, placed = place_person(np.random.default_rng(seed), Person(image, alpha, image, "made", True), 160, 96)
        cut_by_the_frame += bool((placed[-8:, 0] > 0.9).any() or (placed[-8:, -1] > 0.9).any())
    assert cut_by_the_frame > 28


def test_a_camouflaged_person_stands_before_its_own_colour() -> None:
    room = np.full((64, 96, 3), 20, np.uint8)
    coat, alpha = np.full((64, 96, 3), (200, 180, 160), np.uint8), np.zeros((64, 96), np.float32)
    alpha[20:, 30:60] = 1
    for seed in range(20):
        wall = camouflage(np.random.default_rng(seed), room, coat, alpha)
        assert np.abs(wall.astype(int) - coat).mean() < np.abs(room.astype(int) - coat).mean()
    np.testing.assert_array_equal(camouflage(np.random.default_rng(0), room, coat, 0 * alpha), room)


def test_light_and_wear_do_not_move_anything() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[16:48, 16:48] = 220
    for seed in range(20):
        rng = np.random.default_rng(seed)
        worn = degrade(rng, light(rng, image)).mean(2)
        assert worn[24:40, 24:40].mean() > worn[:8].mean()


def test_the_previous_matte_is_sometimes_none_mostly_near_and_sometimes_wrong() -> None:
    alpha = np.zeros((64, 96), np.float32)
    alpha[20:, 30:70] = 1
    kinds = [previous_matte(np.random.default_rng(seed), alpha) for seed in range(300)]
    empty = np.mean([not matte.any() for matte in kinds])
    near = np.mean([np.abs(matte - alpha).mean() < 0.1 for matte in kinds])
    assert 0.55 < empty < 0.75
    assert 0.15 < near < 0.4
