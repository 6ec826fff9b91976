"""Pascal VOC: people from palettes and bare indices, void as background."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from train.importers.voc import candidates

BACKGROUND, AEROPLANE, PERSON, VOID = 0, 1, 15, 255


def palette() -> list[int]:
    """VOC's colours: bit 3 k + c of the index is bit 7 - k of channel c."""
    return [sum((index >> 3 * k + c & 1) << 7 - k for k in range(8)) for index in range(256) for c in range(3)]


def test_people_are_found_in_palettes_and_indices(tmp_path: Path, picture: Callable[..., Path]) -> None:
    classes = np.full((60, 80), BACKGROUND, np.uint8)
    classes[:, :40], classes[:, 40:44], classes[:, 60:] = PERSON, VOID, AEROPLANE
    masks = tmp_path / "SegmentationClass"
    masks.mkdir()
    paletted = Image.fromarray(classes).convert("P")
    paletted.putdata(classes.ravel())
    paletted.putpalette(palette())
    paletted.save(masks / "palette.png")
    cv2.imwrite(str(masks / "gray.png"), classes)
    cv2.imwrite(str(masks / "plane.png"), np.full((60, 80), AEROPLANE, np.uint8))
    cv2.imwrite(str(masks / "orphan.png"), classes)
    (masks / "torn.png").write_bytes(b"torn")
    for name in ("palette.jpg", "gray.png", "plane.jpg", "torn.jpg", "unlabelled.jpg"):
        picture(tmp_path / "JPEGImages" / name)

    found = {candidate.name: candidate for candidate in candidates(tmp_path)}

    assert {name: candidate.dropped for name, candidate in found.items()} == {
        "palette.jpg": "",
        "gray.png": "",
        "plane.jpg": "nobody in it",
        "orphan.png": "a mask without a picture",
        "torn.jpg": "its mask is unreadable",
    }
    for name in ("palette.jpg", "gray.png"):
        assert np.array_equal(found[name].mask, np.where(classes == PERSON, 255, 0))
