"""What stands behind the person: a colour, an image, a video, the blurred room, or nothing at all."""

import math
import re
from os.path import expanduser, isfile
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from greenscreen.composite import Soft
from greenscreen.errors import SourceError, UsageError
from greenscreen.gallery import COLOURS, USUAL_BLUR, find, gallery
from greenscreen.images import STILL_SUFFIXES, read_photo
from greenscreen.picture import memory
from greenscreen.picture.colour import TO_YUV, Bytes, to_i420
from greenscreen.picture.frame import Alpha, Frame, Image, Matte
from greenscreen.picture.resize import TRACE, cover, stack_radius, weighted_blur
from greenscreen.sources.video import VideoSource

LONGEST_STEP = 2.0
"""Seconds between two frames, above which there was a pause."""

CHOICES = f"transparent, blur, blur:SIGMA, {', '.join(COLOURS)}, #rrggbb, or the path of an image or video"


class Backdrop(Protocol):
    """Gives what stands behind the person. The pipeline calls `behind` once a frame, in order, from one thread."""

    def behind(self, frame: Frame, alpha: Alpha) -> Bytes | Soft:
        """A picture of the frame's size and form, BGR or I420, not to be written to, or a soft one before a live frame.

        Raises `SourceError`.
        """
        ...

    def close(self) -> None: ...


class Colour:
    """One colour everywhere."""

    def __init__(self, bgr: tuple[int, int, int]):
        self._bgr = bgr
        self._ready: Bytes = np.empty((0, 0, 3), np.uint8)

    def behind(self, frame: Frame, alpha: Alpha) -> Bytes:
        if self._ready.shape != frame.pixels.shape:
            width, height = frame.size
            self._ready = formed(np.full((height, width, 3), self._bgr, np.uint8), frame)
        return self._ready

    def close(self) -> None: ...


class Still:
    """An image that covers the frame: scaled and cropped, never stretched."""

    def __init__(self, image: Image):
        self._original = self._ready = image

    def behind(self, frame: Frame, alpha: Alpha) -> Bytes:
        if self._ready.shape != frame.pixels.shape:
            self._ready = formed(cover(self._original, *frame.size), frame)
        return self._ready

    def close(self) -> None: ...


class Clip:
    """A video at its own frame rate, looped, whatever the camera's rate is.

    A file that is gone when it should start over raises `SourceError` once; from then on its last picture stays.
    """

    def __init__(self, path: Path):
        self._source = VideoSource(path, loop=True).__enter__()
        self._frames = iter(self._source)
        self._now = next(self._frames)
        self._next: Frame | None = self._now
        self._ready: Bytes = np.empty((0, 0, 3), np.uint8)
        self._played, self._last = 0.0, 0.0

    def behind(self, frame: Frame, alpha: Alpha) -> Bytes:
        # After a pause longer than this the clip goes on from where it stood instead of racing to catch up.
        if not frame.fresh and 0 < frame.time - self._last <= LONGEST_STEP:
            self._played += frame.time - self._last
        self._last, shown = frame.time, self._now
        # A millisecond early is on time: cameras and clips round their times differently.
        while self._next and self._next.time <= self._played + 0.001:
            self._now, self._next = self._next, next(self._frames, None)
        if self._now is not shown or self._ready.shape != frame.pixels.shape:
            self._ready = formed(cover(self._now.image, *frame.size), frame)
        return self._ready

    def close(self) -> None:
        # The file is open as long as its frames are iterated, or somebody still holds this clip.
        self._frames.close()


class Blur:
    """The room itself, blurred as if out of focus; the person's colours never bleed into it."""

    def __init__(self, sigma: float | None = None):
        """`sigma` in pixels of the frame; by default a fiftieth of its height."""
        self._sigma = sigma

    def behind(self, frame: Frame, alpha: Alpha) -> Bytes | Soft:
        width, height = frame.size
        size, sigma = self.small_size(width, height)
        source = frame.image if size[0] > frame.guide.shape[1] else frame.guide
        how = cv2.INTER_LINEAR if source is frame.guide else cv2.INTER_AREA
        small, person = memory.empty((*size[::-1], 3), np.uint8), memory.empty(size[::-1], np.float32)
        cv2.resize(source, size, dst=small, interpolation=how)
        # Where little is averaged, a mean of four places by their nearness is as good, in a fifth of the time.
        nearly = alpha.small.shape[1] < 2 * size[0]
        cv2.resize(alpha.small, size, dst=person, interpolation=cv2.INTER_LINEAR if nearly else cv2.INTER_AREA)
        if frame.planar:
            return blurred_fast(small, person, sigma)
        room = 1 - np.asarray(cv2.dilate(person, np.ones((3, 3), np.uint8)), np.float32)
        blurred = np.rint(weighted_blur(small.astype(np.float32), room, sigma)).astype(np.uint8)
        return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)

    def small_size(self, width: int, height: int) -> tuple[tuple[int, int], float]:
        """The size at which the blur of a picture of this size is found, and its sigma there."""
        sigma = self._sigma or height / USUAL_BLUR
        # A blurred picture has no detail to lose: sigma is about two pixels.
        factor = max(1.0, sigma / 2)
        return (max(1, round(width / factor)), max(1, round(height / factor))), sigma / factor

    def close(self) -> None: ...


def formed(image: Image, frame: Frame) -> Bytes:
    """A BGR image in the frame's own form."""
    return to_i420(image) if frame.planar else image


def blurred_fast(small: Image, person: Matte, sigma: float) -> Soft:
    """The small room, blurred without the person."""
    from greenscreen.composite import soft

    h, w = person.shape
    planes, across = memory.empty((3, h, w), np.uint8), memory.empty((h, 4, w), np.float32)
    soft.blur(small.reshape(h, 3 * w), person, stack_radius(sigma, person.shape), TRACE, TO_YUV, across, planes)
    return Soft(planes)


def open_backdrop(text: str) -> Backdrop | None:
    """The backdrop that a person means by `text`; None for `transparent`.

    Raises `UsageError` for what is no backdrop and `SourceError` for a file that cannot be read.
    """
    word = text.strip()
    lower = word.lower()
    if lower == "transparent":
        return None
    if lower in COLOURS:
        return Colour(COLOURS[lower])
    if lower == "blur" or lower.startswith("blur:"):
        return Blur(_sigma(lower.removeprefix("blur").removeprefix(":")))
    if re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", lower):
        digits = lower[1:] if len(lower) == 7 else "".join(digit * 2 for digit in lower[1:])
        red, green, blue = bytes.fromhex(digits)
        return Colour((blue, green, red))
    # Not Path's own methods: names too long, or of people unknown, make those raise.
    path = find(word) or Path(expanduser(word))
    if not word or not isfile(path):
        raise UsageError(f"there is no background {text!r}", f"choose {', '.join([*gallery(), CHOICES])}")
    if path.suffix.lower() in STILL_SUFFIXES:
        return Still(read_photo(path))
    try:
        return Clip(path)
    except SourceError as error:
        raise SourceError(f"{path} is neither an image nor a video: {error}", f"choose {CHOICES}") from error


def _sigma(text: str) -> float | None:
    if not text:
        return None
    try:
        sigma = float(text)
    except ValueError:
        sigma = math.nan
    if not 0.3 <= sigma <= 500:
        raise UsageError(f"blur:{text} is not an amount of blur", "give sigma in pixels, from 0.3 to 500: blur:20")
    return sigma
