"""A picture as it came, of which pixels are made once somebody asks: nobody may, as a GPU makes its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import cv2
import numpy as np

from greenscreen.picture import memory
from greenscreen.picture.colour import Bytes, planes

Form = Literal["BGR", "I420", "NV12", "YUYV"]
"""How the bytes lie: `(H, W, 3)`; Y, U and V one after the other, `(H * 3 / 2, W)`; Y, then U and V in turn, as much;
and `(H, W, 2)`, Y, and U and V in turn. All but the first are of even width and height."""


def unchanged(sent: Bytes) -> Bytes:
    return sent


@dataclass(frozen=True, eq=False)
class Raw:
    """A picture's bytes in the form in which they were `sent`, and whether left and right change places.

    `make` makes pixels of them: BGR of BGR, I420 of everything else.
    """

    form: Form
    sent: Bytes
    make: Callable[[Bytes], Bytes] = unchanged
    mirrored: bool = False

    @classmethod
    def of(cls, pixels: Bytes) -> "Raw":
        """Of pixels that are there already, BGR or I420."""
        return cls("BGR" if pixels.ndim == 3 else "I420", pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.sent.shape[:2]
        return width, height * 2 // 3 if self.form in ("I420", "NV12") else height

    @cached_property
    def pixels(self) -> Bytes:
        """BGR `(H, W, 3)` or I420 `(H * 3 / 2, W)`, made when they are asked for first."""
        made = self.make(self.sent)
        return mirrored(made) if self.mirrored else made

    def mirror(self) -> "Raw":
        """The same with left and right exchanged."""
        return replace(self, mirrored=not self.mirrored)


def mirrored(pixels: Bytes) -> Bytes:
    """BGR or I420 with left and right exchanged."""
    out = memory.empty(pixels.shape, np.uint8)
    pairs = [(pixels, out)] if pixels.ndim == 3 else zip(planes(pixels), planes(out), strict=True)
    for plane, into in pairs:
        cv2.flip(plane, 1, dst=into)
    return out
