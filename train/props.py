"""Gives people things to hold and to sit on: who has seen neither takes a cup for the room and a chair for somebody.

What is held belongs to the person: it is before the body, or comes out of its outline, and often has a hand on it. What
is sat on belongs to the room: the body hides most of it.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from train.arms import Alpha, Limb, drawn, skin_of
from train.data import Image


def hold(rng: Generator, colour: Image, alpha: Alpha, pattern: Image) -> tuple[Image, Alpha]:
    """The person `(H, W, 3)` BGR with its alpha `(H, W)`, and with a thing before the lower part of the body.

    It is round or a box, plain or in the colours of `pattern`, any BGR picture. Whoever has no outline to speak of is
    given back as they came.
    """
    inside = alpha > 0.9
    ys, _ = np.nonzero(inside)
    if len(ys) < 0.02 * alpha.size:
        return colour, alpha
    top, bottom = int(ys.min()), int(ys.max()) + 1
    below = np.argwhere(inside & (np.arange(len(inside))[:, None] >= (top + bottom) // 2))
    y, x = below[rng.integers(len(below))]
    tall = float(np.clip(1.4 * np.sqrt(len(ys)), 0.2 * len(alpha), 1.2 * len(alpha)))
    long = tall * rng.uniform(0.1, 0.45)
    wide = long * rng.uniform(0.4, 1)
    thing = outline(rng, alpha.shape, (float(x), float(y)), (long, wide), rng.uniform(0, 180))
    picture = painted(rng, colour.shape, pattern, (float(x), float(y)), long)
    colour = np.asarray(cv2.blendLinear(picture, colour, thing, 1 - thing), np.uint8)
    alpha = np.maximum(alpha, thing)
    if rng.random() < 0.6:
        colour, alpha = drawn(rng, colour, alpha, grip(rng, colour, inside, (float(x), float(y)), wide, tall))
    return colour, alpha


def seat(rng: Generator, image: Image, alpha: Alpha, pattern: Image) -> Image:
    """The room with a chair whose back is behind that of the person who will be put before it, at `alpha`."""
    inside = alpha > 0.9
    ys, xs = np.nonzero(inside)
    if len(ys) < 0.02 * alpha.size:
        return image
    top, tall, across = ys.min(), np.ptp(ys) + 1, np.ptp(xs) + 1
    begin = top + rng.uniform(0, 0.6) * tall
    size = (float(across * rng.uniform(0.7, 1.4)), float(2 * (top + tall - begin) * rng.uniform(0.6, 1.2)))
    centre = (float(xs.mean() + 0.15 * across * rng.normal()), float(begin + size[1] / 2))
    back = outline(rng, alpha.shape, centre, size, rng.normal(0, 5))
    chair = painted(rng, image.shape, pattern, centre, size[0])
    return np.asarray(cv2.blendLinear(chair, image, back, 1 - back), np.uint8)


def cushion(rng: Generator, image: Image, alpha: Alpha, pattern: Image) -> Image:
    """The room with cushions, as on beds and sofas: one to three, where the outline of the person at `alpha` will be.

    A room that nobody will be put into has them anywhere.
    """
    height, width = alpha.shape
    inside = alpha > 0.9
    across = 0.5 * width if not inside.any() else max(np.ptp(np.nonzero(inside)[1]), 0.1 * width)
    places = np.argwhere(cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    for _ in range(int(rng.integers(1, 4))):
        y, x = places[rng.integers(len(places))] if len(places) else rng.uniform((0.3 * height, 0), (height, width))
        wide = float(across * rng.uniform(0.25, 0.9))
        size = (wide, wide * float(rng.uniform(0.5, 1)))
        back = outline(rng, alpha.shape, (float(x), float(y)), size, rng.normal(0, 25))
        soft = cv2.GaussianBlur(back, (0, 0), max(0.5, 0.15 * size[1]))
        # Cushions are round: darker toward their seams, and they shade what is behind them.
        image = (image * (1 - rng.uniform(0, 0.4) * soft)[..., None]).astype(np.uint8)
        shape = (1 - rng.uniform(0, 0.7) * (1 - np.minimum(1, 1.2 * soft)))[..., None]
        picture = (painted(rng, image.shape, pattern, (float(x), float(y)), wide) * shape).astype(np.uint8)
        image = np.asarray(cv2.blendLinear(picture, image, back, 1 - back), np.uint8)
    return image


def outline(
    rng: Generator, shape: tuple[int, int], centre: tuple[float, float], size: tuple[float, float], angle: float
) -> Alpha:
    """The alpha of an ellipse, or of a box with round corners, turned by degrees."""
    mask: Image = np.zeros(shape, np.uint8)
    if rng.random() < 0.5:
        cv2.ellipse(mask, (centre, size, angle), 255, -1, cv2.LINE_AA)
    else:
        cv2.fillConvexPoly(mask, cv2.boxPoints((centre, size, angle)).round().astype(int), 255, cv2.LINE_AA)
        round_by = max(0.01, rng.uniform(0, 0.12) * min(size))
        rounded = cv2.threshold(cv2.GaussianBlur(mask, (0, 0), round_by), 127, 255, cv2.THRESH_BINARY)[1]
        mask = np.asarray(rounded, np.uint8)
    return cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 0.9)).astype(np.float32) / np.float32(255)


def painted(rng: Generator, shape: tuple[int, ...], pattern: Image, centre: tuple[float, float], reach: float) -> Image:
    """A picture `shape` to cut the thing out of: its own colour, some of the pattern, and light from one side."""
    height, width = shape[:2]
    h, w = pattern.shape[:2]
    part = max(1, round(min(h, w) * rng.uniform(0.1, 0.5)))
    left, top = int(rng.integers(w - part + 1)), int(rng.integers(h - part + 1))
    texture = cv2.resize(pattern[top : top + part, left : left + part], (width, height)).astype(np.float32)
    plain = np.clip(rng.normal(105, 80, 1) + rng.normal(0, 25, 3), 5, 250)
    share = 0.1 * rng.random() if rng.random() < 0.6 else rng.random()
    lit, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
    xs, ys = np.arange(width) - centre[0], np.arange(height)[:, None] - centre[1]
    light = 1 + slope * np.clip((np.cos(lit) * xs + np.sin(lit) * ys) / max(reach, 1), -1, 1)
    picture: Image = np.clip((share * texture + (1 - share) * plain) * light[..., None], 0, 255).astype(np.uint8)
    return picture


def grip(
    rng: Generator, colour: Image, inside: NDArray[np.bool_], centre: tuple[float, float], wide: float, tall: float
) -> list[Limb]:
    """A forearm from the body to the thing, and a hand around its edge."""
    skin = skin_of(colour, inside)
    at = np.array(centre)
    toward = rng.uniform(0, 2 * np.pi)
    out = np.array([np.cos(toward), np.sin(toward)])
    wrist = at + 0.5 * wide * out
    elbow = wrist + tall * rng.uniform(0.1, 0.25) * (out + rng.normal(0, 0.3, 2))
    y, x = np.clip(elbow[::-1].astype(int), 0, np.array(inside.shape) - 1)
    # Only a forearm that comes from the body is drawn; otherwise the hand alone.
    limbs = [(elbow, wrist, 0.1 * tall, colour[y, x].astype(np.float64))] if inside[y, x] else []
    size = rng.uniform(0.75, 1.25) * tall
    limbs.append((wrist, wrist - 0.05 * size * out, 0.085 * size, skin))
    across = np.array([-out[1], out[0]])
    for finger in range(4):
        root = wrist - 0.05 * size * out + (finger - 1.5) * 0.022 * size * across
        limbs.append((root, root - rng.uniform(0.03, 0.09) * size * out, 0.026 * size, skin))
    return limbs
