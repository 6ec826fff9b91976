"""A picture that came in a form of its own is of the same pixels whoever asks, and nobody makes them twice."""

from dataclasses import replace

import numpy as np
import pytest

from greenscreen.picture.colour import Bytes, to_i420
from greenscreen.picture.forms import Raw, mirrored
from greenscreen.picture.frame import Frame

IMAGE = np.random.default_rng(1).integers(0, 256, (6, 10, 3), np.uint8)


def test_pixels_are_made_when_they_are_asked_for_and_once() -> None:
    """A frame takes other times and numbers on its way, and stays the same picture."""
    asked: list[Bytes] = []

    def make(sent: Bytes) -> Bytes:
        asked.append(sent)
        return to_i420(IMAGE)

    sent = np.zeros((6, 10, 2), np.uint8)
    frame = Frame(Raw("YUYV", sent, make), 0, 0)
    later = replace(frame, index=7, fresh=True)
    assert (later.size, later.planar, later.raw.form) == ((10, 6), True, "YUYV")
    assert not asked
    for one in (later, frame, later):
        np.testing.assert_array_equal(one.pixels, to_i420(IMAGE))
    assert len(asked) == 1
    assert asked[0] is sent


@pytest.mark.parametrize("pixels", [IMAGE, to_i420(IMAGE)], ids=["BGR", "I420"])
def test_a_mirrored_picture_is_the_same_from_right_to_left(pixels: Bytes) -> None:
    frame = Frame(pixels, 0, 0).mirrored()
    assert frame.size == (10, 6)
    np.testing.assert_array_equal(frame.image, Frame(pixels, 0, 0).image[:, ::-1])
    np.testing.assert_array_equal(frame.mirrored().pixels, pixels)
    np.testing.assert_array_equal(frame.pixels, mirrored(pixels))
