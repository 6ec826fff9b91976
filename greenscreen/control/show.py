"""What is sent, as the person chose: the result, a look behind it, or nothing of the camera."""

import cv2
import numpy as np

from greenscreen.picture.frame import Frame, Image, Picture
from greenscreen.picture.placeholder import placeholder
from greenscreen.settings import Show

ROOM: frozenset[Show] = frozenset({"original", "split"})
"""What shows the room to everybody."""


def shown(show: Show, frame: Frame, picture: Picture) -> Picture:
    """`picture` as `show` asks for it; the room is in `split` and `original`, which must be asked for by name."""
    if show == "result":
        return picture
    if show == "placeholder":
        return hidden(frame, picture.transparent)
    if show == "matte":
        return _solid(np.asarray(cv2.cvtColor(picture.alpha, cv2.COLOR_GRAY2BGR), np.uint8), picture)
    if show == "original":
        return _solid(frame.image, picture)
    middle = frame.size[0] // 2
    split = _solid(picture.image.copy(), picture)
    split.image[:, :middle] = frame.image[:, :middle]
    split.alpha[:, middle:] = picture.alpha[:, middle:]
    return split


def hidden(frame: Frame, transparent: bool) -> Picture:
    """The placeholder instead of a frame, of which only size and time are used."""
    image = placeholder(*frame.size)
    return Picture(image, np.full(image.shape[:2], 255, np.uint8), frame.time, transparent)


def _solid(image: Image, picture: Picture) -> Picture:
    # What was transparent stays so to those who record it, and is opaque by its alpha.
    return Picture(image, np.full(image.shape[:2], 255, np.uint8), picture.time, picture.transparent)
