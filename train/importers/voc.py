"""Pascal VOC and what is stored like it: JPEGImages beside SegmentationClass, where one class is the person.

Void, drawn along outlines, is no class: as a mask has no third value, it counts as background.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from greenscreen.errors import SourceError
from greenscreen.images import list_photos
from train.data import Image
from train.importers.collect import Candidate, pair
from train.masks import read_unchanged

PERSON = 15
"""The person's index, in files that hold bare indices."""

PERSON_COLOUR = (128, 128, 192)
"""The same as BGR, in files with VOC's palette."""


def candidates(root: Path) -> Iterator[Candidate]:
    """Raises `SourceError` when a folder is missing or empty."""
    pictures = {path.stem: path for path in list_photos(root / "JPEGImages")}
    for path in list_photos(root / "SegmentationClass"):
        if path.stem in pictures:
            yield _candidate(pictures[path.stem], path)
        else:
            yield Candidate(path.name, path, dropped="a mask without a picture")


def _candidate(image: Path, classes: Path) -> Candidate:
    try:
        mask = person_mask(read_unchanged(classes))
    except SourceError:
        return Candidate(image.name, image, dropped="its mask is unreadable")
    return pair(image.name, image, mask) if mask.any() else Candidate(image.name, image, dropped="nobody in it")


def person_mask(classes: Image) -> Image:
    """`(H, W)`, 255 for the person, from `(H, W)` indices or colours of VOC's palette."""
    person = classes == PERSON if classes.ndim == 2 else (classes[..., :3] == PERSON_COLOUR).all(2)
    return np.where(person, np.uint8(255), np.uint8(0))
