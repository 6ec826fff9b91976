"""Gives people things to wear on their heads: headsets and headscarves, which few pictures of training have.

Where a head is follows from the outline: from its top down until it is a fourth taller than wide. Both are drawn, not
photographed, and belong to the person. Who is cut off by the upper edge, or has no head to be told, stays as they came.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from train.arms import Alpha, Limb, drawn
from train.data import Image
from train.props import painted


@dataclass(frozen=True)
class Head:
    """An ellipse, in pixels."""

    x: float
    y: float
    wide: float
    tall: float


def find_head(alpha: Alpha) -> Head | None:
    """The head of the person at `alpha` `(H, W)` in [0, 1], or none if there is none to be told."""
    inside = alpha > 0.5
    rows = np.flatnonzero(inside.any(1))
    if not rows.size or rows[0] <= 1:
        return None
    top = int(rows[0])
    middle = int(np.median(np.flatnonzero(inside[top])))
    left, right, previous = [], [], (middle, middle)
    for row in inside[top:]:
        # The run that goes on from the one above, so that a raised hand is no part of it.
        part = row[previous[0] : previous[1] + 1]
        if not part.any():
            break
        start = previous[0] + int(np.argmax(part))
        gaps = np.flatnonzero(~row)
        before, behind = gaps[gaps < start], gaps[gaps > start]
        previous = (int(before[-1]) + 1 if before.size else 0, int(behind[0]) - 1 if behind.size else row.size - 1)
        left.append(previous[0])
        right.append(previous[1])
    width = np.subtract(right, left) + 1.0
    for tall in range(12, len(width)):
        # Heads are a fourth taller than wide, hair and all; shoulders end the search.
        wide = float(np.median(width[tall // 3 : 2 * tall // 3]))
        if tall >= 1.25 * wide:
            near = slice(tall // 3, 2 * tall // 3)
            at = float(np.mean(np.add(left[near], right[near]) / 2))
            touches = min(left[near]) <= 1 or max(right[near]) >= alpha.shape[1] - 2
            steady = width[near].max() < 1.4 * width[near].min() and wide < 0.6 * alpha.shape[1]
            return Head(at, top + tall / 2, wide, tall) if steady and not touches else None
    return None


def wear_headset(rng: Generator, colour: Image, alpha: Alpha) -> tuple[Image, Alpha]:
    """The person `(H, W, 3)` BGR with its alpha `(H, W)`, and with headphones, mostly with a microphone."""
    head = find_head(alpha)
    if head is None:
        return colour, alpha
    tint = np.clip(rng.normal(30, 15) + rng.normal(0, 6, 3), 4, 70)
    if rng.random() < 0.4:
        tint = np.clip(rng.normal(130, 70) + rng.normal(0, 35, 3), 5, 250)
    lean, above = rng.normal(0, 0.08), rng.uniform(0.0, 0.05)
    half = head.wide * rng.uniform(0.47, 0.54)
    ears = head.y + head.tall * rng.uniform(0.0, 0.14)
    crown = head.y - head.tall * (0.5 + above)
    thick = head.wide * rng.uniform(0.04, 0.12)

    def place(x: float, y: float) -> NDArray[np.float64]:
        """A place beside the head's middle, turned with it."""
        return np.array([head.x + x + lean * (head.y - y), y + lean * x])

    arc = [place(half * np.cos(turn), ears - (ears - crown) * np.sin(turn)) for turn in np.linspace(0, np.pi, 17)]
    limbs: list[Limb] = [(start, end, thick, tint) for start, end in pairwise(arc)]
    cup = head.wide * rng.uniform(0.12, 0.26)
    size = head.tall * rng.uniform(0.06, 0.22)
    near = np.clip(tint + rng.normal(0, 25), 3, 250)
    limbs += [(place(side * half, ears - size / 2), place(side * half, ears + size / 2), cup, near) for side in (-1, 1)]
    if rng.random() < 0.6:
        side = rng.choice([-1, 1])
        mouth = place(side * half * rng.uniform(0.3, 0.7), head.y + head.tall * rng.uniform(0.24, 0.36))
        bend = place(side * half * rng.uniform(0.85, 1.05), head.y + head.tall * rng.uniform(0.22, 0.34))
        slim = max(1.2, head.wide * rng.uniform(0.02, 0.05))
        limbs += [(place(side * half, ears), bend, slim, tint), (bend, mouth, slim, tint)]
        limbs.append((mouth, mouth + np.array([-side * 0.04 * head.wide, 0]), 2.2 * slim, near))
    return drawn(rng, colour, alpha, limbs)


def wear_scarf(rng: Generator, colour: Image, alpha: Alpha, pattern: Image) -> tuple[Image, Alpha]:
    """The person with a cloth around the head, from the crown to the shoulders, that leaves the face free."""
    head = find_head(alpha)
    if head is None:
        return colour, alpha
    lean = rng.normal(0, 4)
    cloth = np.zeros(alpha.shape, np.uint8)
    around = (head.wide * rng.uniform(1.08, 1.3), head.tall * rng.uniform(1.05, 1.2))
    cv2.ellipse(cloth, ((head.x, head.y), around, lean), 255, -1, cv2.LINE_AA)
    low, deep = head.y + 0.2 * head.tall, head.tall * rng.uniform(0.5, 1.1)
    top, bottom = around[0] * 0.5, around[0] * rng.uniform(0.55, 0.95)
    drape = [(head.x - top, low), (head.x + top, low), (head.x + bottom, low + deep), (head.x - bottom, low + deep)]
    cv2.fillConvexPoly(cloth, np.round(drape).astype(int), 255, cv2.LINE_AA)
    rounded = cv2.GaussianBlur(cloth, (0, 0), max(0.5, 0.06 * head.wide))
    _, rounded = cv2.threshold(rounded, 127, 255, cv2.THRESH_BINARY)
    face = np.zeros(alpha.shape, np.uint8)
    oval = (head.wide * rng.uniform(0.58, 0.72), head.tall * rng.uniform(0.58, 0.7))
    cv2.ellipse(face, ((head.x, head.y + 0.08 * head.tall), oval, lean), 255, -1, cv2.LINE_AA)
    soft = rng.uniform(0.5, 0.9)
    worn = cv2.GaussianBlur(rounded, (0, 0), soft).astype(np.float32) / np.float32(255)
    free = cv2.GaussianBlur(face, (0, 0), soft).astype(np.float32) / np.float32(255)
    picture = folded(rng, painted(rng, colour.shape, pattern, (head.x, head.y), head.wide), head)
    shown = worn * (1 - free)
    dressed = cv2.blendLinear(picture, colour, shown, 1 - shown)
    return np.asarray(dressed, np.uint8), np.maximum(alpha, worn)


def folded(rng: Generator, picture: Image, head: Head) -> Image:
    """The cloth with soft folds around the face."""
    height, width = picture.shape[:2]
    xs = (np.arange(width, dtype=np.float32) - head.x) / head.wide
    ys = (np.arange(height, dtype=np.float32)[:, None] - head.y) / head.tall
    around, out = np.arctan2(ys, xs), np.hypot(xs, ys)
    waves = np.sin(rng.integers(3, 9) * around + rng.uniform(4, 14) * out + rng.uniform(0, 6))
    shade = 1 + rng.uniform(0.03, 0.18) * waves.astype(np.float32)
    cloth: Image = np.clip(picture * shade[..., None], 0, 255).astype(np.uint8)
    return cloth
