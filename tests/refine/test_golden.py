"""The look, guarded by pictures: what one frame of the demo clip becomes.

`picture.png` is the frame at 640x360 and `coarse.png` the shipped network's matte of it; the rest is what was made of
them and looked at. To accept a new look: delete the picture that changed, run this test, look at what it wrote.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.composite import Composite
from greenscreen.composite.background import open_backdrop
from greenscreen.picture.frame import Frame, Image
from greenscreen.refine import Edges, Refiner

GOLDEN = Path(__file__).parent / "golden"

MEAN, WORST = 0.5, 24
"""Levels of 255 by which pictures may differ, on the average and at the 99.9th percentile: what other versions of
OpenCV round and resize otherwise, and less than an eye sees."""


def read(name: str, how: int = cv2.IMREAD_COLOR) -> Image:
    picture = cv2.imread(str(GOLDEN / name), how)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def made(look: str, planar: bool) -> Image:
    frame = Frame(read("picture.png"), 0, 0, fresh=True)
    frame = frame.as_planar() if planar else frame
    coarse = read("coarse.png", cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    edges = Edges(shift=-3, outward=12) if look == "feathered" else Edges()
    alpha = Refiner(edges).refine(frame, coarse)
    backdrop = open_backdrop({"blurred": "blur", "feathered": "blue"}.get(look, "green"))
    assert backdrop
    picture = Composite(frame, alpha, backdrop.behind(frame, alpha))
    return picture.alpha if look == "alpha" else picture.image


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("look", ["alpha", "green", "blurred", "feathered"])
def test_the_look_is_as_it_was_approved(look: str, planar: bool) -> None:
    """The way of photos, and the compiled one of live pictures, whose colours are half as fine."""
    file = GOLDEN / f"{look}{'-live' if planar else ''}.png"
    picture = made(look, planar)
    if not file.exists():
        cv2.imwrite(str(file), picture)
        pytest.fail(f"wrote {file}: look at it, and keep it if it is good")
    off = np.abs(picture.astype(int) - read(file.name, cv2.IMREAD_UNCHANGED))
    assert off.mean() < MEAN
    assert np.percentile(off, 99.9) <= WORST
