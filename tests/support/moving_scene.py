"""Somebody who moves before a room that does not, at about the network's size."""

import cv2
import numpy as np

from greenscreen.picture.frame import Image, Matte

HEIGHT, WIDTH = 160, 288


def texture(seed: int, size: float = 13) -> Image:
    """A picture of soft blots as large as folds of clothes, so that every place looks different."""
    noise = np.random.default_rng(seed).normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32)
    blots = cv2.GaussianBlur(noise, (0, 0), size)
    return np.clip(128 + blots * 60 / blots.std(), 0, 255).astype(np.uint8)


def disc(x: float = 140, y: float = 80) -> Matte:
    """A soft round person of radius 30."""
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    return np.clip(30.5 - np.hypot(down - y, across - x), 0, 1).astype(np.float32)


def scene(x: float = 140, y: float = 80, seed: int = 0) -> Image:
    """That person, of her own texture that goes with her, before a room that stands still; with a camera's noise."""
    moved = np.array([[1, 0, x - 140], [0, 1, y - 80]], np.float32)
    person = cv2.warpAffine(texture(1), moved, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    alpha = disc(x, y)[..., None]
    noise = np.random.default_rng(seed).normal(0, 1.5, (HEIGHT, WIDTH, 3))
    return np.clip(person * alpha + texture(2) * (1 - alpha) + noise, 0, 255).astype(np.uint8)
