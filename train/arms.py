"""Lends people arms: cut-outs seldom show what video calls are full of, hands that wave, point, reach and type.

An arm is drawn, not photographed: rounded limbs in the colours of the person's clothes and skin, lit from one side.
Networks that have seen none let go of real ones, too, as soon as they leave the body's outline.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from train.data import Image

Alpha = NDArray[np.float32]
Point = NDArray[np.float64]
Limb = tuple[Point, Point, float, NDArray[np.float64]]
"""From, to, how thick, and in what colour."""

EXPOSURES = 7
"""Places in which a moving arm is drawn."""


def raise_arm(rng: Generator, colour: Image, alpha: Alpha) -> tuple[Image, Alpha]:
    """The person `(H, W, 3)` BGR with its alpha `(H, W)`, and with an arm that comes out of its outline.

    Whoever has no outline to speak of is given back as they came.
    """
    inside = alpha > 0.9
    ys, _ = np.nonzero(inside)
    if len(ys) < 0.02 * alpha.size:
        return colour, alpha
    top, bottom = int(ys.min()), int(ys.max()) + 1
    level = min(bottom - 1, round(top + rng.uniform(0.5, 0.95) * (bottom - top)))
    across = np.flatnonzero(inside[level])
    if not across.size:
        return colour, alpha
    tall = float(np.clip(1.4 * np.sqrt(len(ys)), 0.2 * len(alpha), 1.2 * len(alpha)))
    side = -1 if rng.random() < 0.5 else 1
    edge = across[0] if side < 0 else across[-1]
    start = np.array([edge - side * 0.08 * tall, level])
    skin = skin_of(colour, inside)
    cloth = colour[level, int(np.clip(start[0], 0, colour.shape[1] - 1))].astype(np.float64)
    sleeve = skin if rng.random() < 0.25 else cloth
    bare = rng.random() < 0.35  # to the elbow

    limbs: list[Limb] = []

    def limb(at: Point, angle: float, length: float, thick: float, tint: NDArray[np.float64]) -> Point:
        """Upward at angle 0, outward from the body at a right angle."""
        end = at + length * tall * np.array([side * np.sin(angle), -np.cos(angle)])
        limbs.append((at, end, thick * tall, tint))
        return end

    size = rng.uniform(0.75, 1.25)
    elbow = limb(start, rng.uniform(0.9, 2.6), 0.24 * rng.uniform(0.5, 1.2), 0.13 * size, sleeve)
    up = rng.normal(-0.05, 0.5)
    if rng.random() < 0.4:
        # Reaching for something aside, or before the body, as on a keyboard.
        up = rng.normal(1.5, 0.35) * (1 if rng.random() < 0.7 else -1)
    wrist = limb(elbow, up, 0.26 * rng.uniform(0.7, 1.2), 0.1 * size, skin if bare else sleeve)
    turn = up + rng.normal(0, 0.25)
    palm = limb(wrist, turn, 0.07, 0.085 * size, skin)
    spread, bent = rng.uniform(0.05, 0.35), rng.random(5) < (0.15 if rng.random() < 0.7 else 0.7)
    for finger in range(4):
        limb(palm, turn + spread * (finger - 1.5), 0.02 if bent[finger] else 0.09, 0.026 * size, skin)
    if not bent[4]:
        limb((wrist + palm) / 2, turn + rng.choice([-1, 1]) * rng.uniform(0.5, 1.1), 0.1, 0.03 * size, skin)
    return waved(rng, colour, alpha, limbs) if rng.random() < 0.6 else drawn(rng, colour, alpha, limbs)


def waved(rng: Generator, colour: Image, alpha: Alpha, limbs: list[Limb]) -> tuple[Image, Alpha]:
    """As a camera sees an arm that moves while it looks: what comes after the elbow is in several places at once."""
    seed, elbow, swing = int(rng.integers(1 << 31)), limbs[0][1], rng.normal(0, 0.25)
    colours, shares = np.zeros(colour.shape, np.float32), np.zeros(alpha.shape, np.float32)
    for angle in np.linspace(-swing, swing, EXPOSURES):
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, -sin], [sin, cos]])
        moved = [
            (elbow + turn @ (a - elbow), elbow + turn @ (b - elbow), thick, tint) for a, b, thick, tint in limbs[1:]
        ]
        picture, longer = drawn(np.random.default_rng(seed), colour, alpha, [limbs[0], *moved])
        colours += picture * longer[..., None]
        shares += longer
    seen = np.where(shares[..., None] > 0, colours / np.maximum(shares, 1e-6)[..., None], colour)
    return seen.round().astype(np.uint8), shares / np.float32(EXPOSURES)


def drawn(rng: Generator, colour: Image, alpha: Alpha, limbs: list[Limb]) -> tuple[Image, Alpha]:
    """Over the person: each limb a few strokes, narrower and lighter one after the other, as round things look."""
    picture, mask = colour.copy(), np.zeros(alpha.shape, np.uint8)
    lit = rng.normal(0, 0.12, 2)
    for start, end, thick, tint in limbs:
        for share, light in ((1.0, 0.72), (0.8, 0.88), (0.55, 1.0), (0.25, 1.08)):
            shift = (1 - share) * thick * lit
            first, last = ((16 * (point + shift)).astype(int).tolist() for point in (start, end))
            shade = np.clip(light * tint, 0, 255).tolist()
            width = max(1, round(share * thick))
            cv2.line(picture, first, last, shade, width, cv2.LINE_AA, 4)
            if share == 1:
                cv2.line(mask, first, last, 255, width, cv2.LINE_AA, 4)
    soft = rng.uniform(0.3, 0.9)
    arm = cv2.GaussianBlur(mask, (0, 0), soft).astype(np.float32) / 255
    grain = rng.normal(0, rng.uniform(0, 7), (*alpha.shape, 1))
    picture = np.clip(cv2.GaussianBlur(picture, (0, 0), 0.6) + grain, 0, 255).astype(np.uint8)
    # The person's own pixels, but for the arm's.
    return np.where(mask[..., None] > 0, picture, colour), np.maximum(arm, alpha)


def skin_of(colour: Image, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The middle colour of what is skin by its hue in the upper half of the person (Chai and Ngan, IEEE TCSVT 1999)."""
    upper = inside.copy()
    upper[int(np.nonzero(inside)[0].mean()) :] = False
    luma, red, blue = cv2.split(cv2.cvtColor(colour, cv2.COLOR_BGR2YCrCb))
    skin = upper & (red >= 133) & (red <= 173) & (blue >= 77) & (blue <= 127)
    if skin.sum() < 30:
        return np.array([105.0, 130.0, 180.0])
    middle: NDArray[np.float64] = np.median(colour[skin & (luma >= np.percentile(luma[skin], 40))], 0)
    return middle
