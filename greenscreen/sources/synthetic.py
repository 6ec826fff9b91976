"""A moving test picture whose true matte is known, for tests and for machines without a camera."""

import itertools
from collections.abc import Iterator
from typing import Self

import cv2
import numpy as np

from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.sources import Source

# Colours are BGR.
_BARS = [(192, 192, 192), (0, 192, 192), (192, 192, 0), (0, 192, 0), (192, 0, 192), (0, 0, 192), (192, 0, 0)]
_PATCHES = [(16, 16, 16), (64, 64, 64), (128, 128, 128), (235, 235, 235)]
_SKIN, _SHIRT = (125, 155, 215), (130, 70, 40)

# The silhouette's ellipses, in heights of the frame about its middle and bottom: centre x and y, half axes.
_HEAD, _NECK, _SHOULDERS = (0, 0.42, 0.12, 0.16), (0, 0.62, 0.06, 0.14), (0, 1.02, 0.36, 0.34)
_SOFT = 0.006  # half the width of its edge
_SWAY, _BOB, _PERIOD = 0.18, 0.02, 4.0  # how far it goes each way, in heights of the frame; seconds there and back


class SyntheticSource(Source):
    """Head and shoulders that sway before colour bars; the same pixels every time.

    `frames` is how many there are; endless when it is None.
    """

    name = "synthetic"
    live = False

    def __init__(self, size: tuple[int, int] = (1280, 720), fps: float = 30, frames: int | None = None):
        self.size = size
        self.fps = fps
        self.frames = frames
        self._room = _room(*size)
        self._person = _person(*size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[Frame]:
        for index in itertools.count() if self.frames is None else range(self.frames):
            alpha = self.true_alpha(index)
            image = np.asarray(cv2.blendLinear(self._person, self._room, alpha, 1 - alpha), np.uint8)
            yield Frame(image, index / self.fps, index, fresh=index == 0)

    def true_alpha(self, index: int) -> Matte:
        """The matte with which frame `index` was made."""
        width, height = self.size
        phase = 2 * np.pi * index / (self.fps * _PERIOD)
        dx, dy = _SWAY * np.sin(phase), _BOB * np.sin(2 * phase)
        y, x = np.mgrid[:height, :width].astype(np.float32) / np.float32(height)
        x -= np.float32(0.5 * width / height + dx)
        y -= np.float32(dy)
        outside = np.min([_distance(x, y, *part) for part in (_HEAD, _NECK, _SHOULDERS)], axis=0)
        return np.asarray(np.clip(0.5 - outside / (2 * _SOFT), 0, 1), np.float32)


def _distance(x: Matte, y: Matte, centre_x: float, centre_y: float, half_x: float, half_y: float) -> Matte:
    """About how far each point lies outside an ellipse, in heights of the frame; negative inside."""
    reach = np.hypot((x - np.float32(centre_x)) / np.float32(half_x), (y - np.float32(centre_y)) / np.float32(half_y))
    return np.asarray((reach - 1) * min(half_x, half_y), np.float32)


def _room(width: int, height: int) -> Image:
    bars = _row(_BARS, width)
    patches = _row(_PATCHES, width)
    return np.where(np.arange(height)[:, None, None] < height * 3 // 4, bars, patches)


def _person(width: int, height: int) -> Image:
    """Skin above, shirt below, with stripes so that movement shows; covers the frame, whatever the matte takes."""
    y, x = np.ogrid[:height, :width]
    colour = np.where((y < height * 0.68)[..., None], np.array(_SKIN), np.array(_SHIRT))
    stripes = 1 + 0.1 * np.sin(60 * x / height) * np.sin(60 * y / height)
    return np.asarray(colour * stripes[..., None], np.uint8)


def _row(colours: list[tuple[int, int, int]], width: int) -> Image:
    """One row of pixels `(1, width, 3)` with the colours side by side."""
    return np.array(colours, np.uint8)[np.arange(width) * len(colours) // width][None]
