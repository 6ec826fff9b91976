"""Reads the training pictures a manifest lists, and holds them in memory ready for composition.

A manifest is a CSV with the columns `split` (train, train_cutout, val, unlabelled, bg), `source`, `image` and `mask`
(paths relative to the manifest; `mask` empty for cut-outs, which carry their alpha, and for backgrounds).
"""

import csv
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.errors import SourceError

Image = NDArray[np.uint8]

LONGEST = 400
"""Pictures are held with their longer side at most this: enough for the student's input, small in memory."""


@dataclass(frozen=True)
class Person:
    """A picture of a person: `image` and `foreground` are `(H, W, 3)` BGR, `alpha` is `(H, W)`, full scale the person.

    `foreground` has the person's own colours carried a little outwards, so that a composite shows no rim of the old
    background. `whole` is false for cut-outs, whose picture has no room of its own.
    """

    image: Image
    alpha: Image
    foreground: Image
    source: str
    whole: bool


@dataclass(frozen=True)
class Row:
    split: str
    source: str
    image: Path
    mask: Path | None


def read_manifest(path: Path) -> list[Row]:
    # Spreadsheets mark UTF-8 at its beginning, and a file's name need not be text.
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        return [
            Row(r["split"], r["source"], path.parent / r["image"], path.parent / r["mask"] if r["mask"] else None)
            for r in csv.DictReader(file)
        ]


def shrink(image: Image) -> Image:
    # What is a pixel high stays so.
    scale = max(LONGEST / max(image.shape[:2]), 1 / min(image.shape[:2]))
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def extend_foreground(image: Image, alpha: Image) -> Image:
    """Fills what lies outside the person with the nearest blurred colour of the person's inside."""
    inside = (cv2.erode(alpha, np.ones((3, 3), np.uint8)) > 250).astype(np.float32)[..., None]
    colour = image.astype(np.float32) * inside
    out, known = colour.copy(), inside[..., 0] > 0
    for size in (5, 9, 17):
        weight = cv2.blur(inside, (size, size))
        near = ~known & (weight > 0.01)
        out[near] = (cv2.blur(colour, (size, size))[near]) / weight[near][:, None]
        known |= near
    return np.where(known[..., None], out, image).astype(np.uint8)


def read(path: Path, flags: int = cv2.IMREAD_COLOR) -> Image:
    """A picture's pixels, uint8; raises `SourceError` for a file that is none, or has other than 8 bits a channel."""
    try:
        # Not by its name, which need not be text.
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flags)
    except (OSError, ValueError, cv2.error):
        image = None
    if image is None:
        raise SourceError(f"{path} is no picture", "python -m train data check says what else is wrong")
    if image.dtype != np.uint8:
        raise SourceError(f"{path} has pixels of an unusual kind ({image.dtype})", "save it with 8 bits a channel")
    return np.asarray(image, np.uint8)


def read_person(row: Row) -> Person:
    """Raises `SourceError` for a picture or mask that cannot be read, or that do not belong together."""
    if row.mask is None:
        rgba = shrink(read(row.image, cv2.IMREAD_UNCHANGED))
        if rgba.ndim < 3 or rgba.shape[2] < 4:
            raise SourceError(f"{row.image} has neither a mask nor transparency", "python -m train data check")
        image, alpha = np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3])
    else:
        whole, alpha = read(row.image), read(row.mask, cv2.IMREAD_UNCHANGED)
        alpha = alpha if alpha.ndim == 2 else alpha[..., -1]
        (height, width), (h, w) = whole.shape[:2], alpha.shape
        # To within a pixel of the mask's, which may be a smaller one.
        if abs(w * height - h * width) > max(width, height):
            reason = f"{row.image} is {width}x{height} and its mask {w}x{h}, which is another shape"
            raise SourceError(reason, "python -m train data check says what else is wrong")
        image = shrink(whole)
        if alpha.shape != image.shape[:2]:
            alpha = np.asarray(cv2.resize(alpha, image.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    return Person(image, alpha, extend_foreground(image, alpha), row.source, row.mask is not None)


def read_people(rows: Iterable[Row]) -> list[Person]:
    cv2.setNumThreads(1)
    with ThreadPoolExecutor() as pool:
        return list(pool.map(read_person, rows))


def read_backgrounds(rows: Iterable[Row]) -> list[Image]:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda row: shrink(read(row.image)), rows))


def read_unlabelled(rows: Iterable[Row]) -> list[Person]:
    """Pictures of which nobody says who is in them: the alpha is empty and means nothing."""
    rows = list(rows)
    pairs = zip(rows, read_backgrounds(rows), strict=True)
    return [Person(image, np.zeros(image.shape[:2], np.uint8), image, row.source, True) for row, image in pairs]
