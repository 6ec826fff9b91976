"""Puts the person before a backdrop. Works on the trimap's unknown band alone; the rest is copied.

Photos are BGR and composited in floating point. Live frames are I420 and composited by one compiled pass over the
picture (kernels/render.py), which finds the same.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from greenscreen.composite.light import ENCODED, FAINT, LINEAR, blur_taps, linear_light, wrapped_light
from greenscreen.picture import memory
from greenscreen.picture.band import Band, Field
from greenscreen.picture.colour import TO_BGR, TO_YUV, Bytes, from_i420
from greenscreen.picture.frame import Alpha, Frame, Image, Matte, Past, Picture
from greenscreen.picture.resize import weighted_blur
from greenscreen.picture.strips import Result, beside, in_strips

SPREAD = 1.2
"""How far the person's and the room's colours are looked for, as a sigma in pixels of half the guide."""

REACH = 3
"""The same for live frames: half the width of the window they are looked for in, in pixels of the guide. The compiled
loops are made for it (loops.REACH)."""
LIT = 3
"""Beside frame.Alpha's kinds: person, with the backdrop's light on it."""


class Soft(NamedTuple):
    """A backdrop without detail, for live frames: Y, U and V of a smaller size, `(3, h, w)`, to be enlarged."""

    planes: Bytes


class Lit(NamedTuple):
    """A backdrop's light on the person of a live frame."""

    added: Field
    """What it adds to the person's Y, U and V, `(h, w, 3)`, at half the guide's size."""
    kind: Bytes
    """The alpha's, but `LIT` where there is the person alone and light falls on it."""


class Composite(Picture):
    """A person before a backdrop, or before nothing; every form is made when first asked for, and once."""

    def __init__(
        self,
        frame: Frame,
        alpha: Alpha,
        behind: Bytes | Soft | None,
        wrap: float = 0,
        fields: Field | None = None,
    ):
        """`behind` is in the frame's own form, BGR or I420, or `Soft` before a live frame; none means transparent.

        `wrap`, in [0, 1], is how much of its light falls on the person; a cut-out has none of it. `fields` are those
        of `fields_beside`, if they were found before.
        """
        self.frame: Frame = frame
        self._of, self._behind, self._wrap = alpha, behind, wrap
        self.time, self.transparent = frame.time, behind is None
        if fields is not None:
            self._known = fields, None

    @cached_property
    def image(self) -> Image:
        if self._behind is None:
            return self.person
        if self.frame.planar or isinstance(self._behind, Soft):
            return from_i420(self.i420)
        picture = composite(self.frame, self._of, self._behind, self._wrap)
        return picture if self.frame.opacity is None else thinned(picture, self.frame.opacity, self._behind)

    @cached_property
    def i420(self) -> Bytes:
        if self._behind is None or not self.frame.planar:
            return super().i420
        out = memory.empty(self.frame.pixels.shape, np.uint8)
        fields, lit = self._known
        render(self.frame, self._of, fields, self._behind, out, lit=lit)
        return out

    @cached_property
    def alpha(self) -> Bytes:
        if self.frame.planar:
            return self._cut[1]
        opacity = self.frame.opacity
        whole = self._of.values
        return whole if opacity is None else np.asarray(cv2.multiply(whole, opacity, scale=1 / 255), np.uint8)

    @cached_property
    def person(self) -> Image:
        """`(H, W, 3)` uint8 BGR: the person's own colours, black where alpha is 0, whatever the backdrop."""
        if not self.frame.planar:
            cut = cut_out(self.frame, self._of)
            return cut if self.frame.opacity is None else np.asarray(cv2.copyTo(cut, self.alpha, np.zeros_like(cut)))
        pixels, alpha = self._cut
        # A pixel of colour covers four of alpha, so what is black only in luma is not black yet.
        return np.asarray(cv2.copyTo(from_i420(pixels), alpha, np.zeros((*alpha.shape, 3), np.uint8)), np.uint8)

    @cached_property
    def _cut(self) -> tuple[Bytes, Bytes]:
        pixels, black = (memory.empty(self.frame.pixels.shape, np.uint8) for _ in range(2))
        alpha = memory.empty(self.frame.size[::-1], np.uint8)
        black[: len(alpha)], black[len(alpha) :] = 16, 128
        render(self.frame, self._of, self._known[0], black, pixels, alpha, cut=True)
        return pixels, alpha

    @cached_property
    def _known(self) -> tuple[Field, Lit | None]:
        """A third of the work of either picture, and the same for both; and light, which the first alone has."""
        return fields_beside(self.frame, self._of, self._light)

    def _light(self) -> Lit | None:
        if not self._wrap or self._behind is None or isinstance(self._behind, Soft):
            return None
        return live_light(self.frame, self._of, self._behind, self._wrap)


def composite(frame: Frame, alpha: Alpha, behind: Image, wrap: float = 0) -> Image:
    """The person of the frame over `behind`, `(H, W, 3)` BGR of the same size, as a new picture.

    Blending happens on sRGB-encoded values, as every video tool does, so that edges look as people expect them.
    `wrap`, in [0, 1], is how much of the backdrop's light falls on the person.
    """
    out = np.asarray(cv2.copyTo(frame.image, alpha.values, behind.copy()), np.uint8)
    share, room = edge_share(alpha), alpha.band.colours(behind)
    person = person_colours(frame, alpha, share)
    if wrap:
        light = light_on(frame, alpha, behind, wrap)
        person = np.minimum(person + alpha.band.sample(light), 255)
        within = Band.of(lit(alpha, light), *frame.size)
        bright = np.minimum(within.colours(frame.image) + within.sample(light), 255)
        out.reshape(-1, 3)[within.indices] = np.rint(bright).astype(np.uint8)
    blended = room + (person - room) * share
    out.reshape(-1, 3)[alpha.band.indices] = np.rint(blended).astype(np.uint8)
    return out


def cut_out(frame: Frame, alpha: Alpha) -> Image:
    """The person's own colours, not multiplied by alpha, black where alpha is 0: nothing of the room is left."""
    out = np.asarray(cv2.copyTo(frame.image, alpha.values, np.zeros_like(frame.image)), np.uint8)
    share = edge_share(alpha)
    colour = np.where(share > 0, person_colours(frame, alpha, share), 0)
    out.reshape(-1, 3)[alpha.band.indices] = np.rint(colour).astype(np.uint8)
    return out


def thinned(picture: Image, opacity: Bytes, behind: Image) -> Image:
    """What is not wholly opaque `(H, W)` lets the same backdrop through once more."""
    share = opacity.astype(np.float32) * np.float32(1 / 255)
    return np.asarray(cv2.blendLinear(picture, behind, share, 1 - share), np.uint8)


def edge_share(alpha: Alpha) -> Field:
    """Alpha in the unknown band, `(N, 1)` in [0, 1]."""
    return alpha.values.reshape(-1)[alpha.band.indices].astype(np.float32)[:, None] * np.float32(1 / 255)


def person_colours(frame: Frame, alpha: Alpha, share: Field) -> Field:
    """The person's colours in the unknown band, `(N, 3)` in [0, 255], freed of the room's that shine through.

    Forte, "Approximate Fast Foreground Colour Estimation" (ICIP 2021): person and room are each blurred, weighted by
    their share of a pixel, and the pixel's remaining difference is given to the person. The blurs are found on a small
    picture. `share` is `(N, 1)` in [0, 1].
    """
    person, room = (alpha.band.sample(colour) for colour in blurred_colours(frame, alpha))
    rest = alpha.band.colours(frame.image) - share * person - (1 - share) * room
    freed: Field = np.clip(person + share * rest, 0, 255)
    return freed


def render(
    frame: Frame,
    alpha: Alpha,
    fields: Field,
    behind: Bytes | Soft,
    out: Bytes,
    values: Bytes | None = None,
    cut: bool = False,
    lit: Lit | None = None,
) -> None:
    """The person of an I420 frame over `behind`, I420 or soft, into `out`; with `cut`, the person's own colours alone.

    `fields` are those of `fields_beside`. `values` `(H, W)` gets the alpha, if it is given; `lit` is the light on the
    person, if there is any.
    """
    from greenscreen.composite.kernels.edge import FLOATS
    from greenscreen.composite.kernels.render import render
    from greenscreen.composite.soft import BLOCK

    values = np.empty((0, 0), np.uint8) if values is None else values
    past = alpha.past or Past.none()
    soft = behind.planes if isinstance(behind, Soft) else np.empty((3, 0, 0), np.uint8)
    picture = out if isinstance(behind, Soft) else behind
    light, kind = lit or (np.empty((0, 0, 3), np.float32), alpha.kind)
    held = past.kind, past.before, past.after
    w, (high, width) = kind.shape[1], (soft.shape[1], frame.size[0])

    def strip(first: int, last: int) -> None:
        wide = memory.empty((3, high, width + BLOCK), np.uint8)
        room = memory.empty((w, 16), np.float32), memory.empty(FLOATS, np.float32), wide
        render(frame.pixels, picture, soft, kind, fields, light, cut, held, out, values, room, first, last)

    in_strips(len(out) // 3, strip)


def fields_beside(frame: Frame, alpha: Alpha, other: Callable[[], Result]) -> tuple[Field, Result]:
    """What the compiled loop must know of each place of a live frame's guide, `(h, w, 16)`; around edges alone.

    It is found beside `other` work, and what that returns comes with it.
    """
    from greenscreen.composite.kernels import fields as kernels

    size = alpha.small.shape
    fields, kind, near = memory.empty((*size, 16), np.float32), *(memory.empty(size, np.uint8) for _ in range(2))
    kernels.find_band(alpha.small, kind, near, memory.empty((2, *size), np.uint8))
    # Asked for next.
    vars(alpha).setdefault("kind", kind)
    none = np.empty((0, 0), np.float32)
    held = alpha.past.rate if alpha.past else none, *(alpha.between or (none, none))

    def strip(first: int, last: int) -> None:
        kernels.edge_fields(frame.guide, alpha.small, alpha.lines, near, held, TO_BGR, TO_YUV, fields, first, last)

    return fields, beside(len(fields), strip, other)


def light_on(frame: Frame, alpha: Alpha, behind: Image, wrap: float) -> Field:
    """What the backdrop's light adds to the person's colours, at the guide's size: see light.py."""
    colour, weight = halved(frame, alpha)
    person = weighted_blur(colour, weight, SPREAD)
    light = wrapped_light(person, replace(frame, given=behind).averaged(*weight.shape[::-1]), alpha.small, wrap)
    return np.asarray(cv2.resize(light, alpha.small.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def live_light(frame: Frame, alpha: Alpha, behind: Bytes, wrap: float) -> Lit:
    """The same for an I420 frame and backdrop."""
    from greenscreen.composite.kernels.light import shine

    colour, share = halved(frame, alpha)
    (h, w), kind = share.shape, memory.copied(alpha.kind)
    linear = linear_light(replace(frame, given=behind), w, h)
    across, light = memory.empty((h, 3, w), np.float32), memory.empty((h, w, 3), np.float32)
    shine(linear, float(wrap), blur_taps(h), colour, share, (LINEAR, ENCODED), TO_YUV, across, kind, light)
    return Lit(light, kind)


def lit(alpha: Alpha, light: Field) -> Bytes:
    """`(h, w)`, 1 where there is the person alone but light falls on it."""
    blue, green, red = cv2.split(light)
    return np.asarray((alpha.kind == 1) & (cv2.max(cv2.max(blue, green), red) > FAINT), np.uint8)


def blurred_colours(frame: Frame, alpha: Alpha) -> tuple[Field, Field]:
    """Person and room, blurred as if the other were not there: each `(h / 2, w / 2, 3)` BGR, half the guide's size."""
    colour, weight = halved(frame, alpha)
    return weighted_blur(colour, weight, SPREAD), weighted_blur(colour, 1 - weight, SPREAD)


def halved(frame: Frame, alpha: Alpha) -> tuple[Image, Matte]:
    """Guide and alpha at half the guide's size."""
    h, w = alpha.small.shape
    size = (max(1, w // 2), max(1, h // 2))
    colour, share = memory.empty((*size[::-1], 3), np.uint8), memory.empty(size[::-1], np.float32)
    cv2.resize(frame.guide, size, dst=colour, interpolation=cv2.INTER_AREA)
    cv2.resize(alpha.small, size, dst=share, interpolation=cv2.INTER_AREA)
    return colour, share
