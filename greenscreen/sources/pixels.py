"""A decoded frame as everything else here takes it: upright, of square pixels, BGR or I420."""

from fractions import Fraction

import cv2
import numpy as np
from av.video.frame import VideoFrame

from greenscreen.colour import Bytes
from greenscreen.sources.hdr import is_hdr, toned

# Phones store what the sensor saw and note how far to turn it, counter-clockwise.
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, -90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, -180: cv2.ROTATE_180}

# BT.601 for 625 and 525 lines and files that say nothing, as ISO/IEC 23091-2 numbers them; ranges as FFmpeg does.
_BT601 = {2, 5, 6}
_LIMITED = {0, 1}

_MOST_STRETCHED, _MOST_SIDE = 8, 16_384


def planes_of(frame: VideoFrame) -> Bytes | None:
    """The pixels of a frame that is stored as I420 of BT.601 and limited range, upright and of even size; else none."""
    even = frame.width % 2 == frame.height % 2 == 0
    usual = frame.format.name == "yuv420p" and frame.colorspace in _BT601 and frame.color_range in _LIMITED
    if even and usual and not frame.rotation:
        return np.asarray(frame.to_ndarray(), np.uint8)
    return None


def picture_of(frame: VideoFrame, shape: Fraction | None, hdr: bool) -> tuple[Bytes, Bytes | None]:
    """The frame as BGR, `(H, W, 3)`, and how opaque it is, `(H, W)`, none where all of it is.

    `shape` is a stored pixel's width by its height, none where the file does not tell. With `hdr`, pictures of high
    dynamic range are brought into the usual one, which takes a while; without, they are pale.
    """
    width, height = square(frame.width, frame.height, shape)
    clear = any(component.is_alpha for component in frame.format.components)
    deep = hdr and is_hdr(frame) and not clear
    pixels = (
        toned(frame, width, height)
        if deep
        else frame.to_ndarray(format="bgra" if clear else "bgr24", width=width, height=height)
    )
    turn = _TURNS.get(frame.rotation)
    upright = np.asarray(pixels if turn is None else cv2.rotate(pixels, turn), np.uint8)
    if not clear:
        return upright, None
    image, opacity = np.ascontiguousarray(upright[..., :3]), np.ascontiguousarray(upright[..., 3])
    # Whatever was hidden stays so.
    image[opacity == 0] = 255
    return image, None if opacity.min() == 255 else opacity


def square(width: int, height: int, shape: Fraction | None) -> tuple[int, int]:
    """The size at which a picture of such pixels keeps its shape with square ones; no pixel is given up for it."""
    if not shape or not Fraction(1, _MOST_STRETCHED) <= shape <= _MOST_STRETCHED:
        return width, height
    wide, high = (width * shape, Fraction(height)) if shape > 1 else (Fraction(width), height / shape)
    # Even stays even, as most encoders take nothing else.
    new = (
        round(wide / 2) * 2 if width % 2 == 0 else round(wide),
        round(high / 2) * 2 if height % 2 == 0 else round(high),
    )
    return new if max(new) <= _MOST_SIDE else (width, height)
