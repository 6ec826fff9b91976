"""A decoded frame as everything else here takes it: upright, of square pixels, BGR or I420."""

from fractions import Fraction
from functools import cache

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from greenscreen.picture import memory
from greenscreen.picture.colour import Bytes, planes
from greenscreen.picture.hdr import HLG, PQ, toned

# Phones store what the sensor saw and note how far to turn it, counter-clockwise.
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, -90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, -180: cv2.ROTATE_180}

_MOST_STRETCHED, _MOST_SIDE = 8, 16_384

# ITU-T H.273 numbers matrices so; each is known by red's and blue's share of luma. Files that say nothing are taken for
# BT.601, as FFmpeg does.
_BT601 = (0.299, 0.114)
_SHARES = {1: (0.2126, 0.0722), 2: _BT601, 5: _BT601, 6: _BT601, 9: (0.2627, 0.0593)}
_FULL = 2
_PLANAR = {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p"}


def planes_of(frame: VideoFrame) -> Bytes | None:
    """The frame as I420 of BT.601 and limited range, `(H * 3 / 2, W)`, if it is 4:2:0 or 4:2:2, upright and even.

    Values go from plane to plane: what is stored so already stays as it is, and nothing becomes BGR in between. Where
    each row has its own colours, two rows' become one.
    """
    even = frame.width % 2 == frame.height % 2 == 0
    shares = _SHARES.get(frame.colorspace)
    if not even or not shares or frame.format.name not in _PLANAR or frame.rotation:
        return None
    full = frame.color_range == _FULL or frame.format.name.startswith("yuvj")
    y, u, v = map(_stored, frame.planes)
    if len(u) == len(y):
        u, v = _halved(u), _halved(v)
    out = memory.empty((frame.height * 3 // 2, frame.width), np.uint8)
    to_y, to_u, to_v = planes(out)
    if shares == _BT601 and not full:
        to_y[:], to_u[:], to_v[:] = y, u, v
        return out
    (scale, luma_u, luma_v, offset), by_u, by_v = _to_usual(shares, full)
    cv2.addWeighted(u, by_u[1], v, by_u[2], by_u[3], dst=to_u)
    cv2.addWeighted(u, by_v[1], v, by_v[2], by_v[3], dst=to_v)
    if shares == _BT601:
        cv2.convertScaleAbs(y, dst=to_y, alpha=scale, beta=offset)
        return out
    # What chroma adds to luma is as coarse; merged with itself it is twice as wide. Around 128, to fit in bytes.
    middle = 128 * (luma_u + luma_v)
    coarse, wide = memory.empty(to_u.shape, np.uint8), memory.empty((*to_u.shape, 2), np.uint8)
    cv2.addWeighted(u, luma_u, v, luma_v, 128 - middle, dst=coarse)
    added = np.asarray(cv2.merge([coarse, coarse], wide), np.uint8).reshape(len(coarse), -1)
    for row in (0, 1):
        cv2.addWeighted(y[row::2], scale, added, 1, offset + middle - 128, dst=to_y[row::2])
    return out


def _stored(plane: VideoPlane) -> Bytes:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]  # type: ignore[call-overload, no-any-return]


def _halved(plane: Bytes) -> Bytes:
    out = memory.empty((len(plane) // 2, plane.shape[1]), np.uint8)
    return np.asarray(cv2.addWeighted(plane[::2], 0.5, plane[1::2], 0.5, 0, out), np.uint8)


@cache
def _to_usual(shares: tuple[float, float], full: bool) -> list[list[float]]:
    """`(3, 4)`: times `(Y, U, V, 1)` as stored gives `Y, U, V` of BT.601 and limited range; no luma becomes chroma."""
    usual, stored = _from_rgb(_BT601, False), _from_rgb(shares, full)
    rows: list[list[float]] = (usual @ np.linalg.inv(stored))[:3].tolist()
    return rows


def _from_rgb(shares: tuple[float, float], full: bool) -> NDArray[np.float64]:
    """`(4, 4)`: times `(R, G, B, 1)` in [0, 1] gives `(Y, U, V, 1)` in eight bits, by ITU-T H.273."""
    red, blue = shares
    luma = np.array([red, 1 - red - blue, blue])
    rows = luma, (np.array([0, 0, 1]) - luma) / (2 - 2 * blue), (np.array([1, 0, 0]) - luma) / (2 - 2 * red)
    high, wide, low = (255, 255, 0) if full else (219, 224, 16)
    out = np.eye(4)
    out[:3, :3] = np.array([[high], [wide], [wide]]) * np.stack(rows)
    out[:3, 3] = low, 128, 128
    return out


def is_hdr(frame: VideoFrame) -> bool:
    """Whether the file says so of the frame."""
    return frame.color_trc in (PQ, HLG)


def picture_of(frame: VideoFrame, shape: Fraction | None, hdr: bool) -> tuple[Bytes, Bytes | None]:
    """The frame as BGR, `(H, W, 3)`, and how opaque it is, `(H, W)`, none where all of it is.

    `shape` is a stored pixel's width by its height, none where the file does not tell. With `hdr`, pictures of high
    dynamic range are brought into the usual one, which takes a while; without, they are pale.
    """
    width, height = square(frame.width, frame.height, shape)
    clear = any(component.is_alpha for component in frame.format.components)
    if hdr and is_hdr(frame) and not clear:
        deep = frame.to_ndarray(format="bgr48le", width=width, height=height)
        pixels = toned(np.asarray(deep, np.uint16), 16, frame.color_trc, frame.color_primaries)
    else:
        usual = frame.to_ndarray(format="bgra" if clear else "bgr24", width=width, height=height)
        pixels = np.asarray(usual, np.uint8)
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
