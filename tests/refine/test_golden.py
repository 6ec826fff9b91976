"""The look, guarded by pictures: what one frame of the demo clip becomes.

`picture.png` is the frame at 640x360 and `coarse.png` the shipped network's matte of it; the rest is what was made of
them and looked at. To accept a new look: delete the picture that changed, run this test, look at what it wrote.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.background import open_backdrop
from greenscreen.composite import Composite
from greenscreen.frame import Frame, Image
from greenscreen.refine import Edges, Refiner

GOLDEN = Path(__file__).parent / "golden"

MEAN, WORST = 0.5, 24
"""Levels of 255 by which pictures may differ, on the average and at the 99.9th percentile: what other versions of
OpenCV round and resize otherwise, and less than an eye sees."""


def read(name: str, how: int = cv2.IMREAD_COLOR) -> Image:
    picture = cv2.imread(str(GOLDEN / name), how)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def made(look: str) -> Image:
    frame = Frame(read("picture.png"), 0, 0, fresh=True)
    coarse = read("coarse.png", cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    edges = Edges(shift=-3, outward=12) if look == "feathered" else Edges()
    alpha = Refiner(edges).refine(frame, coarse)
    backdrop = open_backdrop({"blurred": "blur", "feathered": "blue"}.get(look, "green"))
    assert backdrop
    return alpha.values if look == "alpha" else Composite(frame, alpha, backdrop.behind(frame, alpha)).image


@pytest.mark.parametrize("look", ["alpha", "green", "blurred", "feathered"])
def test_the_look_is_as_it_was_approved(look: str) -> None:
    file = GOLDEN / f"{look}.png"
    picture = made(look)
    if not file.exists():
        cv2.imwrite(str(file), picture)
        pytest.fail(f"wrote {file}: look at it, and keep it if it is good")
    off = np.abs(picture.astype(int) - read(file.name, cv2.IMREAD_UNCHANGED))
    assert off.mean() < MEAN
    assert np.percentile(off, 99.9) <= WORST
