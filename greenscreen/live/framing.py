"""What part of the camera's picture is used, and which way up: mirror, turn, zoom, and following the person.

A crop is what a camera that can turn and zoom would see. It comes before everything else, so that all that follows
sees just another camera.
"""

import math
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture import memory
from greenscreen.picture.colour import Bytes, by_planes
from greenscreen.picture.frame import Frame, Matte
from greenscreen.settings import MOST_ZOOM, Settings, make_settings

FOLLOW_ZOOM = 2.0
"""How far following the person may zoom in."""

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_HEADROOM, _MARGIN = 0.1, 0.2  # above the person, as a share of the crop; beside, of the person's width
_CALM = 0.06  # the person may move by this share of the crop before it follows
_ARRIVED = 0.0004  # half a pixel of a thousand: from here the crop rests
_RATE = 2.5  # of the spring, per second: the crop covers most of its way in a second and a half
_LOST_SECONDS = 1.0  # without a person, until the whole picture is shown again
_LONGEST_STEP = 0.1  # seconds; after a stall the crop moves on calmly
_REACH = 0.15  # of the crop, by which a person who leaves it is expected beyond its edge
_LOOK = 64  # columns of the matte that are looked at


@dataclass(frozen=True)
class Crop:
    """A part of a picture with the picture's own shape: its centre and size as shares of width and height."""

    x: float = 0.5
    y: float = 0.5
    size: float = 1.0

    def inside(self) -> "Crop":
        """The same, moved and shrunk so that it lies in the picture."""
        size = min(max(self.size, 1 / MOST_ZOOM), 1.0)
        return Crop(_between(self.x, size / 2), _between(self.y, size / 2), size)


WHOLE = Crop()


def turned(image: Bytes, degrees: int) -> Bytes:
    """`(H, W)` or `(H, W, 3)`, turned clockwise by 90, 180 or 270 degrees."""
    height, width = image.shape[:2] if degrees == 180 else image.shape[1::-1]
    out = memory.empty((height, width, *image.shape[2:]), np.uint8)
    return np.asarray(cv2.rotate(image, _TURNS[degrees], dst=out), np.uint8)


def zoomed(zoom: float, x: float, y: float) -> Crop:
    """The crop for a zoom from 1 to 4, moved by `x` and `y` from -1, the left or upper end, to 1."""
    size = 1 / zoom
    return Crop(0.5 + x * (1 - size) / 2, 0.5 + y * (1 - size) / 2, size).inside()


def cropped(image: Bytes, crop: Crop) -> Bytes:
    """The part of `(H, W)` or `(H, W, 3)` at the whole's size, to a fraction of a pixel: slow moves are smooth."""
    if crop == WHOLE:
        return image
    height, width = image.shape[:2]
    left, top = (crop.x - crop.size / 2) * width, (crop.y - crop.size / 2) * height
    # Maps pixel centres onto pixel centres.
    shift = (crop.size - 1) / 2
    back = np.array([[crop.size, 0, left + shift], [0, crop.size, top + shift]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = memory.empty(image.shape, np.uint8)
    warped = cv2.warpAffine(image, back, (width, height), dst=out, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def person_box(alpha: Matte) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of the person in a matte `(h, w)` in [0, 1], as shares of it; none for nobody.

    The outer two per cent at each side do not count: a hand held up, or a speck, moves no camera.
    """
    if float(alpha.mean()) < 0.01:
        return None
    left, right = _extent(alpha.sum(axis=0))
    top, bottom = _extent(alpha.sum(axis=1))
    return left, top, right, bottom


class Follower:
    """Moves a crop after the person: where to, by the matte of the last frame; how, by a critically damped spring.

    Small movements are not followed at all, larger ones to the end and without overshoot.
    """

    def __init__(self) -> None:
        self.crop = WHOLE
        self._goal = WHOLE
        self._speed = np.zeros(3)
        self._time: float | None = None
        self._seen: float | None = None

    def follow(self, alpha: Matte, time: float) -> None:
        """Moves the crop, by the matte of a frame that was seen through it; `time` is in seconds."""
        step = 0.0 if self._time is None else min(max(time - self._time, 0.0), _LONGEST_STEP)
        self._time = time
        box = person_box(alpha)
        if box is not None:
            self._seen = time
            self._aim(_around(box, self.crop))
        elif self._seen is None or time - self._seen > _LOST_SECONDS:
            self._aim(WHOLE)
        self._move(step)

    def _aim(self, goal: Crop) -> None:
        if _distance(goal, self._goal) > _CALM * self.crop.size:
            self._goal = goal

    def _move(self, seconds: float) -> None:
        """One step of x'' = w² (goal - x) - 2 w x', solved exactly, so that any frame rate gives the same path."""
        now = np.array([self.crop.x, self.crop.y, self.crop.size])
        goal = np.array([self._goal.x, self._goal.y, self._goal.size])
        apart, fade = now - goal, math.exp(-_RATE * seconds)
        drift = self._speed + _RATE * apart
        self._speed = (self._speed - _RATE * drift * seconds) * fade
        self.crop = Crop(*(goal + (apart + drift * seconds) * fade).tolist()).inside()
        if _distance(self._goal, self.crop) < _ARRIVED:
            self.crop, self._speed = self._goal, np.zeros(3)


class Framing:
    """Frames as the settings of the moment want them framed. Used by the loop, in one thread."""

    def __init__(self) -> None:
        self._follower = Follower()
        self._wanted: Settings | None = None

    def turn(self, frame: Frame, settings: Settings) -> Frame:
        """The frame turned and mirrored; `fresh` when the framing changes, as it is then unlike the last."""
        if frame.fresh or self._wanted is None or framing_of(settings) != framing_of(self._wanted):
            self._follower = Follower()
            frame = replace(frame, fresh=True)
        self._wanted = settings
        if settings.rotate:
            turn = partial(turned, degrees=settings.rotate)
            frame = replace(frame, given=by_planes(turn, frame.pixels))
        # As it is seen then.
        return frame.mirrored() if settings.mirror else frame

    def crop(self, frame: Frame) -> Frame:
        """The part of the frame turned last that was chosen, or that follows the person, at the frame's size.

        As the settings were when it was turned: another part of it would not be known as a cut.
        """
        wanted = self._wanted or make_settings()
        crop = self._follower.crop if wanted.auto_frame else zoomed(wanted.zoom, wanted.pan_x, wanted.pan_y)
        return frame if crop == WHOLE else replace(frame, given=by_planes(partial(cropped, crop=crop), frame.pixels))

    def look(self, alpha: NDArray[np.uint8], time: float) -> None:
        """Sees where the person is in the frame cropped last: alpha `(H, W)`, and the frame's time in seconds."""
        step = max(1, alpha.shape[1] // _LOOK)
        self._follower.follow(alpha[::step, ::step].astype(np.float32) / np.float32(255), time)


def framing_of(settings: Settings) -> tuple[object, ...]:
    """What of the settings says which part of a picture is seen, and which way up."""
    return settings.rotate, settings.mirror, settings.zoom, settings.pan_x, settings.pan_y, settings.auto_frame


def _around(box: tuple[float, float, float, float], crop: Crop) -> Crop:
    """The crop for a person seen in this box through `crop`: by the width of the shoulders, headroom above."""
    left, top, right, _ = box
    corner_x, corner_y = crop.x - crop.size / 2, crop.y - crop.size / 2
    # Who touches an edge goes on beyond it.
    left, top, right = left - _REACH * (left < 0.02), top - _REACH * (top < 0.02), right + _REACH * (right > 0.98)
    left, right = max(0.0, corner_x + left * crop.size), min(1.0, corner_x + right * crop.size)
    top = max(0.0, corner_y + top * crop.size)
    size = min(max((right - left) * (1 + 2 * _MARGIN), 1 / FOLLOW_ZOOM), 1.0)
    return Crop((left + right) / 2, top - _HEADROOM * size + size / 2, size).inside()


def _extent(weights: Matte) -> tuple[float, float]:
    """Where the weights begin and end, as shares of their count and between them, the outer two per cent left out."""
    share = np.concatenate([[0.0], np.cumsum(weights, dtype=np.float64)]) / max(float(weights.sum()), 1e-6)
    first, last = np.interp([0.02, 0.98], share, np.arange(len(share)) / len(weights))
    return float(first), float(last)


def _distance(one: Crop, other: Crop) -> float:
    return max(abs(one.x - other.x), abs(one.y - other.y), abs(one.size - other.size))


def _between(centre: float, margin: float) -> float:
    return min(max(centre, margin), 1 - margin)
