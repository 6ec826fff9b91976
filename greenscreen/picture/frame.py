"""The types that travel: a frame comes in, a matte is found, a picture goes out."""

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture import memory
from greenscreen.picture.band import Band
from greenscreen.picture.colour import Bytes, from_i420, planes, to_bgr, to_i420
from greenscreen.picture.forms import Raw

Image = NDArray[np.uint8]
"""`(H, W, 3)` uint8, BGR, sRGB-encoded as cameras and files give it."""

Matte = NDArray[np.float32]
"""`(H, W)` float32 in [0, 1]; 1 is the person."""

GUIDE = 180
"""Shorter side, in pixels, of the small picture on which slowly varying things are found: from this to its double."""


@dataclass(frozen=True)
class Frame:
    """One picture from a source.

    `given` are its `pixels`, or what these are made of once somebody asks for them. `time` is when it was captured, in
    seconds: of `time.perf_counter` for live sources, because until Python 3.13 the monotonic clock of Windows goes in
    steps of a sixtieth; since the start for files. `fresh` is true for the first frame and the first after a reconnect
    or cut: every state downstream resets. `stand_in` is true where no picture could be had: then nothing of it is to be
    sent. `opacity` `(H, W)`, 255 solid, is a photo's own transparency, None where it has none; only BGR frames have it.
    """

    given: Bytes | Raw
    time: float
    index: int
    fresh: bool = False
    stand_in: bool = False
    opacity: Bytes | None = None

    @property
    def pixels(self) -> Bytes:
        """Either BGR, `(H, W, 3)`, or I420, `(H * 3 / 2, W)` of even width and height: the planes Y, U, V in ITU-R
        BT.601 limited range. Live pictures travel as I420, as virtual cameras take it and half the bytes do; photos as
        BGR, which loses nothing.
        """
        return self.given.pixels if isinstance(self.given, Raw) else self.given

    @property
    def raw(self) -> Raw:
        """The picture as it came, whether or not pixels were made of it."""
        return self.given if isinstance(self.given, Raw) else Raw.of(self.given)

    @property
    def planar(self) -> bool:
        """Whether the pixels are I420."""
        given = self.given
        return given.form != "BGR" if isinstance(given, Raw) else given.ndim == 2

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        if isinstance(self.given, Raw):
            return self.given.size
        height, width = self.given.shape[:2]
        return width, height * 2 // 3 if self.given.ndim == 2 else height

    @cached_property
    def image(self) -> Image:
        """The picture as BGR, whatever it came as."""
        return from_i420(self.pixels) if self.planar else self.pixels

    def as_planar(self) -> "Frame":
        """The same frame as I420; without its last row or column where it has an odd number of them."""
        return self if self.planar else replace(self, given=to_i420(self.pixels))

    def mirrored(self) -> "Frame":
        """The same frame with left and right exchanged."""
        return replace(self, given=self.raw.mirror())

    def converted(self, pixels: Bytes, guide: Image, channels: Bytes) -> "Frame":
        """The same frame in another form, of which the guide is known already."""
        other = replace(self, given=pixels)
        # As if somebody had asked for them.
        vars(other).update(guide=guide, channels=channels)
        return other

    @cached_property
    def guide(self) -> Image:
        """The picture made small by averaging a whole number of pixels: made once, read by most stages."""
        return self.averaged(*guide_size(*self.size))

    @cached_property
    def channels(self) -> Bytes:
        """The guide's blue, green and red, `(3, h, w)`, as compiled loops take them."""
        out = memory.empty((3, *self.guide.shape[:2]), np.uint8)
        cv2.split(self.guide, list(out))
        return out

    def averaged(self, width: int, height: int) -> Image:
        """The picture at another size, `(height, width, 3)` BGR."""
        if not self.planar:
            return _average(self.pixels, width, height)
        return to_bgr(*(_average_plane(plane, width, height) for plane in planes(self.pixels)))


def guide_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the guide of a picture of this size."""
    factor = max(1, min(width, height) // GUIDE)
    return max(1, width // factor), max(1, height // factor)


@dataclass(frozen=True, slots=True)
class Past:
    """What an alpha was a frame ago, for one that is steadied: it goes only part of the way to its new value.

    `rate` `(h, w)` float32 in [0, 1] is that part, and `kind` `(h, w)` the last alpha's, both of the guide's size.
    `before` `(H, W)` float32 is the last alpha where it was in between; `after` gets the new one there, when it is
    first rendered. Float, so that nothing sticks short of its value.
    """

    rate: NDArray[np.float32]
    kind: Bytes
    before: NDArray[np.float32]
    after: NDArray[np.float32]

    @classmethod
    def none(cls) -> "Past":
        """Nothing, in the types of something."""
        empty = np.empty((0, 0), np.float32)
        return cls(empty, np.empty((0, 0), np.uint8), empty, empty)


@dataclass(frozen=True)
class Alpha:
    """A matte for a frame, at the size of the frame's guide, and how it follows the frame's own pixels.

    `small` is float32 in [0, 1]. `lines` is `(4, h, w)` float32: at full size `alpha = lines[:3] . BGR + lines[3]`,
    clipped to [0, 1], with the lines enlarged bilinearly. Then what it was in the `past` counts, if there is any, and
    it is kept `between` two fields `(h, w)`. Where `small` and all around it is 0 or 1, so is alpha.
    """

    frame: Frame
    small: Matte
    lines: NDArray[np.float32]
    past: Past | None = None
    between: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    @cached_property
    def unknown(self) -> Bytes:
        """The trimap's unknown region: `(h, w)`, 1 where alpha may lie between 0 and 1, a pixel's margin around it."""
        above, below = (memory.empty(self.small.shape, np.bool_) for _ in range(2))
        np.logical_and(np.greater(self.small, 0, out=above), np.less(self.small, 1, out=below), out=above)
        out = memory.empty(self.small.shape, np.uint8)
        return np.asarray(cv2.dilate(above.view(np.uint8), np.ones((3, 3), np.uint8), dst=out), np.uint8)

    @cached_property
    def kind(self) -> Bytes:
        """`(h, w)`: 0 where there is room, 1 where there is person, 2 in between."""
        out = memory.empty(self.small.shape, np.uint8)
        np.greater(self.small, 0.5, out=out.view(np.bool_))
        np.copyto(out, 2, where=self.unknown.view(np.bool_))
        return out

    @cached_property
    def band(self) -> Band:
        """The unknown region at full size. Edges are a few per cent of a picture: work there alone costs little."""
        return Band.of(self.unknown, *self.frame.size)

    @cached_property
    def values(self) -> Bytes:
        """`(H, W)` at the frame's size, 255 the person: exactly 0 or 255 outside the band."""
        known = np.where(self.small > 0.5, np.uint8(255), np.uint8(0))
        values = np.asarray(cv2.resize(known, self.frame.size, interpolation=cv2.INTER_NEAREST), np.uint8)
        at, colour = self.band.sample(np.dstack(list(self.lines))), self.band.colours(self.frame.image)
        edge = np.clip(np.einsum("ij,ij->i", at[:, :3], colour) + at[:, 3], 0, 1)
        if self.past:
            edge = self._steadied(edge, self.past)
        if self.between:
            limits = self.band.sample(np.dstack([*self.between, self.between[0]]))
            edge = np.clip(edge, limits[:, 0], limits[:, 1])
        values.reshape(-1)[self.band.indices] = np.rint(edge * 255).astype(np.uint8)
        return values

    def _steadied(self, edge: NDArray[np.float32], past: Past) -> NDArray[np.float32]:
        at = self.band.indices
        kind = np.asarray(cv2.resize(past.kind, self.frame.size, interpolation=cv2.INTER_NEAREST)).reshape(-1)[at]
        was = np.where(kind == 2, past.before.reshape(-1)[at], kind.astype(np.float32))
        now: NDArray[np.float32] = was + (edge - was) * self.band.sample(past.rate[..., None])[:, 0]
        past.after.reshape(-1)[at] = now
        return now


class Picture:
    """One result, ready for a sink, which asks for it in its own form.

    `time` is its frame's; `frame` is that, or none where nothing of the camera may be seen.
    """

    def __init__(self, image: Image, alpha: Bytes, time: float, transparent: bool = False, frame: Frame | None = None):
        self._image, self._alpha = image, alpha
        self.time, self.transparent, self.frame = time, transparent, frame

    @property
    def image(self) -> Image:
        """`(H, W, 3)` uint8 BGR: the person before the backdrop.

        Where `transparent`, it holds the person's own colours, not multiplied by alpha, and black where alpha is 0, so
        that the room cannot be found behind the alpha.
        """
        return self._image

    @property
    def alpha(self) -> Bytes:
        """`(H, W)` uint8, 255 the person."""
        return self._alpha

    @property
    def person(self) -> Image:
        """`(H, W, 3)` uint8 BGR: what is neither backdrop nor room, not multiplied by alpha, black where alpha is 0."""
        return np.asarray(cv2.copyTo(self.image, self.alpha, np.zeros_like(self.image)), np.uint8)

    @property
    def i420(self) -> Bytes:
        """The image as I420, `(H * 3 / 2, W)`; without its last row or column where it has an odd number of them."""
        return to_i420(self.image)

    @property
    def planar(self) -> bool:
        """Whether it is I420 already, and would have to be made BGR first."""
        return self.frame is not None and self.frame.planar and not self.transparent

    @property
    def pixels(self) -> Bytes:
        """What an image file holds: `(H, W, 4)` BGRA when transparent, otherwise the image."""
        return np.dstack([self.image, self.alpha]) if self.transparent else self.image


def _average(image: Bytes, width: int, height: int) -> Bytes:
    """Made small. Halving is by far the fastest way to average, so it goes first."""
    h, w = image.shape[:2]
    while w // width % 2 == 0 and w % 2 == 0 and h % 2 == 0 and h >= 2 * height:
        w, h = w // 2, h // 2
        image = _resize(image, w, h, cv2.INTER_AREA)
    return _resize(image, width, height, cv2.INTER_AREA)


def _average_plane(plane: Bytes, width: int, height: int) -> Bytes:
    """The same in less time: halved as often as that gives the mean; where there is none, the rest is interpolated."""
    h, w = plane.shape
    mean = w % width == h % height == 0
    while w >= 2 * width and h >= 2 * height and w % 2 == h % 2 == 0 and not (mean and (w // width | h // height) % 2):
        w, h = w // 2, h // 2
        plane = _resize(plane, w, h, cv2.INTER_AREA)
    return _resize(plane, width, height, cv2.INTER_AREA if mean else cv2.INTER_LINEAR)


def _resize(image: Bytes, width: int, height: int, how: int) -> Bytes:
    if image.shape[:2] == (height, width):
        return image
    out = memory.empty((height, width, *image.shape[2:]), np.uint8)
    return np.asarray(cv2.resize(image, (width, height), dst=out, interpolation=how), np.uint8)
