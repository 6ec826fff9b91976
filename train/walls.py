"""Hangs pictures of people on the walls of rooms: portraits, posters and screens show people who are not there.

They belong to the room, by their frame: a network that has seen none takes a painted ancestor for somebody.
"""

import cv2
import numpy as np
from numpy.random import Generator

from train.arms import Alpha
from train.data import Image


def hang(rng: Generator, room: Image, picture: Image) -> Image:
    """The room `(H, W, 3)` BGR with a part of `picture`, any BGR picture, framed on its wall, perhaps cut by the edge.

    It is small enough that its frame is seen: at most half as high as the room and two fifths as wide.
    """
    height, width = room.shape[:2]
    shown = framed(rng, aged(rng, window(rng, picture)))
    h, w = shown.shape[:2]
    scale = min(height * rng.uniform(0.15, 0.5) / h, 0.4 * width / w)
    # Larger than it will be seen, it would alias; smaller, it would be softer than its wall.
    size = max(2, round(w * scale)), max(2, round(h * scale))
    shown = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = seen_from(
        rng, shown.shape[1], shown.shape[0], (width * rng.uniform(0, 1), height * rng.uniform(0.05, 0.6))
    )
    hung = cv2.warpPerspective(shown, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    place = np.asarray(cv2.warpPerspective(np.ones(shown.shape[:2], np.float32), matrix, (width, height)), np.float32)
    room = shaded(rng, room, place)
    return np.asarray(cv2.blendLinear(hung, room, place, 1 - place), np.uint8)


def window(rng: Generator, picture: Image) -> Image:
    """A part of it, at least half as wide and high."""
    h, w = picture.shape[:2]
    crop_h, crop_w = (max(1, round(size * rng.uniform(0.5, 1))) for size in (h, w))
    top, left = int(rng.integers(h - crop_h + 1)), int(rng.integers(w - crop_w + 1))
    return picture[top : top + crop_h, left : left + crop_w]


def aged(rng: Generator, picture: Image) -> Image:
    """As a photograph, in one tint, painted, or pale behind glass."""
    pick = rng.random()
    if pick < 0.25:
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[..., None]
        return np.clip(gray * (1 + rng.uniform(0, 0.25) * np.array([-1, 0, 0.6])), 0, 255).astype(np.uint8)
    if pick < 0.5:
        painted = cv2.medianBlur(np.ascontiguousarray(picture), 2 * int(rng.integers(1, 5)) + 1)
        return np.asarray(painted, np.uint8)
    if pick < 0.65:
        pale = cv2.addWeighted(picture, rng.uniform(0.4, 0.9), np.full_like(picture, 255), rng.uniform(0, 0.3), 0)
        return np.asarray(pale, np.uint8)
    return picture


def framed(rng: Generator, picture: Image) -> Image:
    """With a margin of paper, or none, in a frame of its own colour, which may be as thin as that of a screen."""
    side = min(picture.shape[:2])
    if rng.random() < 0.4:
        picture = bordered(picture, side * rng.uniform(0.05, 0.25), rng.uniform(200, 255) + rng.normal(0, 4, 3))
    colour = rng.uniform(5, 250) + rng.normal(0, 20, 3) + rng.uniform(0, 60) * np.array([-0.7, 0, 0.7])
    return bordered(picture, side * rng.uniform(0.015, 0.12), colour)


def bordered(picture: Image, thick: float, colour: np.ndarray) -> Image:
    edge = max(1, round(thick))
    value = np.clip(colour, 0, 255).tolist()
    wider = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=value)
    return np.asarray(wider, np.uint8)


def seen_from(rng: Generator, width: int, height: int, centre: tuple[float, float]) -> np.ndarray:
    """The perspective that shows a picture of this size around `centre`, on a wall that is seen a little from aside."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    slant = 0.5 * rng.normal(0, 0.12) * height
    aside = np.array([[0, slant], [0, -slant], [0, slant], [0, -slant]])
    angle = np.deg2rad(rng.normal(0, 2))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    there = (corners + aside - np.array([width, height]) / 2) @ turn + np.array(centre)
    return cv2.getPerspectiveTransform(corners, there.astype(np.float32))


def shaded(rng: Generator, room: Image, place: Alpha) -> Image:
    """The wall with the frame's shadow, a little below and aside."""
    reach = 0.01 * len(room) * rng.uniform(0.3, 2)
    shift = np.array([[1, 0, rng.normal(0, 1) * reach], [0, 1, reach]])
    shadow = cv2.warpAffine(place, shift, room.shape[1::-1])
    shadow = 1 - rng.uniform(0, 0.6) * cv2.GaussianBlur(shadow, (0, 0), max(0.3, reach))
    return (room * shadow[..., None]).astype(np.uint8)
