"""Makes training samples that look like webcam pictures out of portraits, cut-outs and empty rooms.

A sample is a pure function of its random generator. Geometry is applied to picture and alpha alike; light, noise and
compression to the picture alone. Images are `(H, W, 3)` uint8 BGR, alphas `(H, W)` float32 in [0, 1].
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from train.arms import raise_arm
from train.data import Image, Person
from train.heads import wear_headset, wear_scarf
from train.props import cushion, hold, seat
from train.walls import hang

Alpha = NDArray[np.float32]


def crop_whole(rng: Generator, person: Person, width: int, height: int) -> tuple[Image, Alpha]:
    """A random window of the picture itself, people and their own room together."""
    h, w = person.alpha.shape
    aspect = width / height * np.exp(rng.normal(0, 0.08))
    most = min(w, h * aspect)
    crop_w = most * (1 if rng.random() < 0.4 else rng.uniform(0.55, 1))
    crop_h = crop_w / aspect
    left, top = rng.uniform(0, 1, 2) * (w - crop_w, h - crop_h)
    matrix = affine(rng, (left + crop_w / 2, top + crop_h / 2), width / crop_w, height / crop_h, width, height, 6)
    image = cv2.warpAffine(person.image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    alpha = cv2.warpAffine(person.alpha, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(image, np.uint8), alpha.astype(np.float32) / np.float32(255)


def affine(
    rng: Generator, centre: ArrayLike, sx: float, sy: float, width: int, height: int, degrees: float
) -> NDArray[np.float64]:
    """Maps `centre` of the source to the middle of the target, scaled, slightly rotated, half the time mirrored."""
    angle = np.deg2rad(rng.normal(0, degrees / 2))
    flip = -1 if rng.random() < 0.5 else 1
    rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotate @ np.diag([sx * flip, sy])
    return np.hstack([linear, (np.array([width / 2, height / 2]) - linear @ np.array(centre))[:, None]])


def place_person(rng: Generator, person: Person, width: int, height: int) -> tuple[Image, Alpha]:
    """The person alone, as a webcam frames people: upright, cut by the lower edge where the source was cut."""
    ys, xs = np.nonzero(person.alpha > 127)
    if len(xs) == 0:
        return np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.float32)
    left, right, top, bottom = xs.min(), xs.max() + 1, ys.min(), ys.max() + 1
    cut_below = bottom >= person.alpha.shape[0] - 2
    tall = rng.uniform(0.45, 1.25) if cut_below else rng.uniform(0.5, 2.2)
    scale = tall * height / (bottom - top)
    if (right - left) * scale > 1.1 * width and rng.random() < 0.7:
        scale = rng.uniform(0.6, 1.1) * width / (right - left)
    x = width * (0.5 + rng.normal(0, 0.22))
    floor = height * (1 + abs(rng.normal(0, 0.08)))
    y = floor if cut_below else max(floor, height * rng.uniform(0.1, 0.3) + scale * (bottom - top))
    stretch = np.exp(rng.normal(0, 0.06))
    matrix = affine(rng, ((left + right) / 2, bottom), scale * stretch, scale, width, height, 8 if not cut_below else 4)
    matrix[:, 2] += [x - width / 2, y - height / 2]
    cut = [left <= 1, right >= person.alpha.shape[1] - 1]
    if cut[0] != cut[1] and rng.random() < 0.8:
        # Whom the picture cut at one side is cut there by the frame, too.
        side = matrix[0] @ ((left if cut[0] else right), (top + bottom) / 2, 1)
        leftmost = cut[0] == (matrix[0, 0] > 0)
        matrix[0, 2] += (-0.03 * width if leftmost else 1.03 * width) - side
    colour = cv2.warpAffine(
        person.foreground, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    alpha = cv2.warpAffine(person.alpha, matrix, (width, height), flags=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.3, 0.9)).astype(np.float32) / np.float32(255)
    return np.asarray(colour, np.uint8), soft


def room(rng: Generator, background: Image, width: int, height: int) -> Image:
    h, w = background.shape[:2]
    most = min(w, h * width / height)
    crop_w = most * rng.uniform(0.5, 1)
    crop_h = crop_w * height / width
    centre = np.array([crop_w, crop_h]) / 2 + rng.uniform(0, 1, 2) * (w - crop_w, h - crop_h)
    matrix = affine(rng, centre, width / crop_w, width / crop_w, width, height, 3)
    image = cv2.warpAffine(background, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 4)) if rng.random() < 0.3 else image
    return np.asarray(image, np.uint8)


def decorated(rng: Generator, image: Image, people: list[Person], share: float) -> Image:
    """The room with pictures of people on its walls in `share` of all cases: one, seldom two."""
    whole = any(person.whole for person in people)
    for _ in range(2 if rng.random() < 0.2 else 1):
        if whole and rng.random() < share:
            image = hang(rng, image, one_whole(rng, people).image)
    return image


def match_light(rng: Generator, colour: Image, alpha: Alpha, behind: Image) -> Image:
    """Moves the person's mean colour part of the way to the room's, so that light does not give the cut away."""
    weight = alpha.sum() + 1
    mean = (colour.reshape(-1, 3) * alpha.reshape(-1, 1)).sum(0) / weight
    gain = (behind.reshape(-1, 3).mean(0) + 20) / (mean + 20)
    gain = np.clip(gain ** rng.uniform(0, 0.7), 0.5, 1.5)
    table = np.clip(np.arange(256)[:, None] * gain, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(colour, table[:, None, :]), np.uint8)


def compose(
    rng: Generator, people: list[Person], backgrounds: list[Image], width: int, height: int
) -> tuple[Image, Alpha]:
    """People cut out and put into another room: mostly one, sometimes two."""
    image = room(rng, backgrounds[rng.integers(len(backgrounds))], width, height)
    image = decorated(rng, image, people, 0.12)
    total = np.zeros((height, width), np.float32)
    camouflaged = rng.random() < 0.2
    for _ in range(2 if rng.random() < 0.15 else 1):
        person = people[rng.integers(len(people))]
        colour, alpha = place_person(rng, person, width, height)
        if rng.random() < 0.7:
            colour, alpha = raise_arm(rng, colour, alpha)
        pattern = backgrounds[rng.integers(len(backgrounds))]
        worn = rng.random()
        if worn < 0.12:
            colour, alpha = wear_headset(rng, colour, alpha)
        elif worn < 0.2:
            colour, alpha = wear_scarf(rng, colour, alpha, pattern)
        if rng.random() < 0.3:
            colour, alpha = hold(rng, colour, alpha, pattern)
        sits = rng.random()
        if sits < 0.25 and not total.any():
            image = (seat if sits < 0.1 else cushion)(rng, image, alpha, pattern)
        if camouflaged and not total.any():
            image = camouflage(rng, image, colour, alpha)
        colour = match_light(rng, colour, alpha, image)
        image = np.asarray(cv2.blendLinear(colour, image, alpha, 1 - alpha), np.uint8)
        total = alpha + total * (1 - alpha)
    return image, total


def camouflage(rng: Generator, image: Image, colour: Image, alpha: Alpha) -> Image:
    """The room in a colour that the person wears, as a white coat before a white wall."""
    inside = np.argwhere(alpha > 0.9)
    if not len(inside):
        return image
    y, x = inside[rng.integers(len(inside))]
    near = colour[max(0, y - 4) : y + 5, max(0, x - 4) : x + 5].reshape(-1, 3).mean(0)
    wall = np.broadcast_to(near * np.exp(rng.normal(0, 0.1)), image.shape)
    left, right = np.exp(rng.normal(0, 0.12, 2)).tolist()
    wall = wall * np.linspace(left, right, image.shape[1])[None, :, None]
    share = rng.uniform(0.05, 0.7)
    painted: Image = np.clip(share * image + (1 - share) * wall, 0, 255).astype(np.uint8)
    return painted


def light(rng: Generator, image: Image) -> Image:
    """Exposure, gamma, contrast, white balance, saturation: one table per channel and one mix with gray."""
    ramp = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.normal(0, 0.25))
    exposure = np.exp(rng.normal(-0.05, 0.18)) if rng.random() < 0.85 else rng.uniform(0.2, 0.5)
    balance = np.exp(rng.normal(0, 0.08, 3))
    contrast = np.exp(rng.normal(0, 0.15))
    table = ((ramp[:, None] ** gamma * exposure * balance) - 0.45) * contrast + 0.45
    lit = cv2.LUT(image, (np.clip(table, 0, 1) * 255).astype(np.uint8)[:, None, :])
    if rng.random() < 0.6:
        gray = cv2.cvtColor(cv2.cvtColor(lit, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        amount = 0.0 if rng.random() < 0.06 else float(np.exp(rng.normal(0, 0.3)))
        lit = cv2.addWeighted(lit, amount, gray, 1 - amount, 0)
    if rng.random() < 0.15:
        hsv = cv2.cvtColor(lit, cv2.COLOR_BGR2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(rng.normal(0, 6))) % 180
        lit = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
    return np.asarray(lit, np.uint8)


def degrade(rng: Generator, image: Image) -> Image:
    """What webcams do to a picture: soft lenses, motion, noise in the dark, over-sharpening, compression."""
    height, width = image.shape[:2]
    pick = rng.random()
    seen: MatLike = image
    if pick < 0.12:
        small = rng.uniform(0.4, 0.8)
        seen = cv2.resize(cv2.resize(seen, None, fx=small, fy=small, interpolation=cv2.INTER_AREA), (width, height))
    elif pick < 0.2:
        length = int(rng.integers(3, 9))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, tuple(map(int, rng.integers(0, length, 2))), (length // 2, length // 2), 1.0)
        seen = cv2.filter2D(seen, -1, kernel / kernel.sum())
    elif pick < 0.32:
        seen = cv2.addWeighted(seen, 1.6, cv2.GaussianBlur(seen, (0, 0), 1.2), -0.6, 0)
    if rng.random() < 0.5:
        sigma = abs(rng.normal(0, 6)) + 1
        grain: MatLike = np.empty((height, width, 3), np.int16)
        cv2.setRNGSeed(int(rng.integers(1 << 31)))
        cv2.randn(grain, np.zeros(3), np.full(3, sigma))
        if rng.random() < 0.5:
            grain = cv2.blur(grain, (2, 2)) * 2
        seen = cv2.add(seen, grain, dtype=cv2.CV_8U)
    if rng.random() < 0.4:
        _, packed = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(seen, np.uint8)


def previous_matte(rng: Generator, alpha: Alpha) -> Alpha:
    """What the last frame's matte may have been: none, nearly right, or wrong, so that none is trusted blindly."""
    height, width = alpha.shape
    pick = rng.random()
    # Mostly none: who is handed the answer learns nothing from the picture.
    if pick < 0.65:
        return np.zeros_like(alpha)
    if pick < 0.75:
        wrong = rng.integers(3)
        if wrong == 0:
            return np.full_like(alpha, rng.random())
        if wrong == 1:
            return np.ascontiguousarray(alpha[:, ::-1])
        blob = np.zeros_like(alpha)
        centre, axes = rng.uniform(0, 1, 2) * (width, height), rng.uniform(0.05, 0.5, 2) * height
        cv2.ellipse(blob, centre.astype(int).tolist(), axes.astype(int).tolist(), rng.uniform(0, 180), 0, 360, 1.0, -1)
        return np.abs(alpha - blob) if rng.random() < 0.5 else blob
    reach = 0.01 if rng.random() < 0.6 else 0.05
    moved = np.eye(2, 3, dtype=np.float32) + rng.normal(0, reach / 2, (2, 3)).astype(np.float32)
    moved[:, 2] = rng.normal(0, reach, 2) * width
    out = cv2.warpAffine(alpha, moved, (width, height), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.4:
        size = int(rng.integers(2, 6))
        out = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(out, np.ones((size, size), np.uint8))
    out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.5, 2)) if rng.random() < 0.7 else out
    return np.asarray(out, np.float32)


def plain(rng: Generator, people: list[Person], width: int, height: int) -> tuple[Image, Alpha, Alpha]:
    """A window of a picture with its own room, sometimes mirrored, and no previous matte: geometry and nothing else."""
    image, alpha = crop_whole(rng, one_whole(rng, people), width, height)
    return image, alpha, np.zeros_like(alpha)


def one_whole(rng: Generator, people: list[Person]) -> Person:
    person = people[rng.integers(len(people))]
    while not person.whole:
        person = people[rng.integers(len(people))]
    return person


def sample(
    rng: Generator, people: list[Person], backgrounds: list[Image], width: int, height: int
) -> tuple[Image, Alpha, Alpha]:
    """One training sample: image, alpha, previous matte."""
    pick = rng.random()
    if pick < 0.05:
        image = room(rng, backgrounds[rng.integers(len(backgrounds))], width, height)
        image = decorated(rng, image, people, 0.3)
        alpha = np.zeros((height, width), np.float32)
        if rng.random() < 0.4:
            image = cushion(rng, image, alpha, backgrounds[rng.integers(len(backgrounds))])
    elif pick < 0.5:
        image, alpha = crop_whole(rng, one_whole(rng, people), width, height)
    else:
        image, alpha = compose(rng, people, backgrounds, width, height)
    image = degrade(rng, light(rng, image))
    return image, alpha, previous_matte(rng, alpha)
