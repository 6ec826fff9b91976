"""What a run sees: samples made of the training pictures, and the pictures it is judged on."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from torch.utils.data import Dataset

from train.augment import compose, crop_whole, degrade, light, one_whole, plain, sample
from train.data import Image, Person
from train.models.network import STRIDE
from train.recipe import Recipe

OUTLINE = np.ones((7, 7), np.uint8)
"""How wide the outline is that counts more in the loss, in pixels of the network's input."""


class Sample(NamedTuple):
    """One sample; all but `image` are `(H, W)` uint8."""

    image: Image
    alpha: Image
    outline: Image
    previous: Image
    """The last matte that the network is told of."""
    known: bool
    """Whether `alpha` is the truth; otherwise it means nothing, and only a teacher can say."""


class Judged(NamedTuple):
    """A picture `(H, W, 3)` BGR with its true alpha `(H, W)`, both uint8, and the set that its scores belong to."""

    source: str
    image: Image
    alpha: Image


class Pictures(NamedTuple):
    """All that samples are made of, in memory."""

    people: list[Person]
    rooms: list[Image]
    unlabelled: list[Person]


def input_size(area: int, aspect: float) -> tuple[int, int]:
    """Width and height of about this many pixels, in multiples of the networks' stride."""
    width = max(1, round(math.sqrt(area * aspect) / STRIDE)) * STRIDE
    return width, max(1, round(area / width / STRIDE)) * STRIDE


class Samples(Dataset[Sample]):
    """One epoch of samples for one of `world` processes, which share each batch.

    Sample `i` of a run depends only on the seed and `i`, so that a resumed or repeated run sees the same pictures, and
    so do any number of processes together.
    """

    def __init__(self, pictures: Pictures, recipe: Recipe, epoch: int = 0, rank: int = 0, world: int = 1):
        self.pictures, self.recipe = pictures, recipe
        self.first, self.rank, self.each = epoch * recipe.epoch, rank, recipe.batch // world

    def __len__(self) -> int:
        return min(self.recipe.epoch, self.recipe.steps - self.first) * self.each

    def __getitem__(self, index: int) -> Sample:
        cv2.setNumThreads(0)
        step, place = self.first + index // self.each, self.rank * self.each + index % self.each
        aspects = self.recipe.aspects
        width, height = input_size(self.recipe.area, aspects[step % len(aspects)])
        rng = np.random.default_rng((self.recipe.seed, step * self.recipe.batch + place))
        return self.draw(rng, width, height)

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Sample:
        people, rooms, unlabelled = self.pictures
        known = not (self.recipe.unlabelled and rng.random() < self.recipe.unlabelled)
        if not known:
            image, alpha = crop_whole(rng, one_whole(rng, unlabelled), width, height)
            image, previous = degrade(rng, light(rng, image)), np.zeros_like(alpha)
        elif self.recipe.samples == "plain":
            image, alpha, previous = plain(rng, people, width, height)
        else:
            image, alpha, previous = sample(rng, people, rooms, width, height)
        truth, told = ((matte * 255).round().astype(np.uint8) for matte in (alpha, previous))
        outline = np.asarray(cv2.morphologyEx(truth, cv2.MORPH_GRADIENT, OUTLINE), np.uint8)
        return Sample(image, truth, outline, told, known)


def webcam(people: list[Person], rooms: list[Image], count: int) -> list[Judged]:
    """People put into rooms as webcams frame them: the same pictures for every run."""
    judged: list[Judged] = []
    for index in range(count):
        rng = np.random.default_rng((0, index))
        image, alpha = compose(rng, people, rooms, 640, 360)
        judged.append(Judged("webcam", degrade(rng, light(rng, image)), (alpha * 255).astype(np.uint8)))
    return judged
