"""Video files, every frame of them."""

import logging
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from greenscreen.errors import SourceError
from greenscreen.images import on_white
from greenscreen.picture.frame import Frame
from greenscreen.picture.resize import letterbox
from greenscreen.sources import Source
from greenscreen.sources.demux import HINT, Frames, extent, opened
from greenscreen.sources.pixels import is_hdr, picture_of, planes_of

log = logging.getLogger(__name__)

_USUAL_FPS = 30.0


class VideoSource(Source):
    """All frames of a video file, in order, each at its own time in seconds since the first.

    Colours follow what the file says of its matrix and range; one that says nothing is taken as BT.601 and limited, as
    FFmpeg writes it. Frames come upright, of square pixels and deinterlaced; those of another size than the first are
    fitted into it. With `loop` the file begins again for ever, and time goes on. `frames` is about how many there are,
    None where the file does not tell. With `planar`, planes that are stored like I420's are handed on as I420, in its
    colours. Either is for what plays live, where transparent frames lie on white and high dynamic range is left pale;
    otherwise, and if it is `careful`, those keep their opacity, and that is brought into the usual range.

    Raises `SourceError` on entering when there is no picture, and at the end, after all the frames that could be had,
    when the file is damaged or cut off; with `loop` that is logged once, and it goes on from the beginning.
    """

    live = False

    def __init__(self, path: Path, loop: bool = False, planar: bool = False, careful: bool = False):
        self.name = path.name or str(path)
        self.size = (0, 0)
        self.fps = _USUAL_FPS
        self.frames: int | None = None
        self._path = path
        self._loop = loop
        self._planar = planar
        self._careful = careful

    def __enter__(self) -> Self:
        with opened(self._path) as (container, stream):
            self.fps = _fps(stream)
            self.frames = _count(container, stream, self.fps)
        # Only a decoded frame tells the size for sure: it knows which way up it is.
        self.size = next(self._once()).size
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to close: the file is open only while it is iterated."""

    def __iter__(self) -> Generator[Frame, None, None]:
        index, end = 0, 0.0
        while True:
            start = end
            try:
                for frame in self._once():
                    pixels = frame.pixels if frame.size == self.size else letterbox(_flat(frame).image, *self.size)
                    opacity = frame.opacity if frame.size == self.size else None
                    yield Frame(pixels, start + frame.time, index, fresh=frame.time == 0, opacity=opacity)
                    index, end = index + 1, start + frame.time + 1 / self.fps
            except SourceError as error:
                if not self._loop or end == start:
                    raise
                if start == 0:
                    log.warning("%s; what there is plays on and on", error)
            if not self._loop:
                return

    def _once(self) -> Iterator[Frame]:
        """The file from its beginning to its end, times in seconds since the first frame."""
        count, origin, time = 0, 0.0, 0.0
        with opened(self._path) as (container, stream):
            frames = Frames(container, stream)
            try:
                for frame in frames:
                    if count == 0:
                        origin = frame.time or 0.0
                    else:
                        stamp = frame.time - origin if frame.time is not None else 0.0
                        # Raw streams have no times, and spliced ones may step back.
                        time = stamp if stamp > time else time + 1 / self.fps
                    yield self._framed(frame, stream, time, count)
                    count += 1
            except av.FFmpegError as error:
                raise SourceError(f"{self.name} is damaged: nothing can be read after frame {count}", HINT) from error
            size, whole = extent(container, stream, self._path)
            if whole > size:
                raise SourceError(f"{self.name} is cut off: it ends after frame {count}", "copy or download it again")
            if count == 0:
                raise SourceError(f"{self.name} is a video without any frames", HINT)
            damage = ["a part of it cannot be read"] * (whole < size) + frames.damage
            if damage:
                raise SourceError(f"{self.name} is damaged: {', '.join(damage)}", HINT)

    def _framed(self, frame: VideoFrame, stream: VideoStream, time: float, index: int) -> Frame:
        shape = stream.sample_aspect_ratio or None  # PyAV has 0 for what is not told, from version 19 on.
        if self._planar and shape in (None, 1) and not (self._careful and is_hdr(frame)):
            planes = planes_of(frame)
            if planes is not None:
                return Frame(planes, time, index)
        live = (self._planar or self._loop) and not self._careful
        image, opacity = picture_of(frame, shape, hdr=not live)
        whole = Frame(image, time, index, opacity=opacity)
        return _flat(whole) if live else whole


def _flat(frame: Frame) -> Frame:
    """The same frame on white, if it has any need of it."""
    return frame if frame.opacity is None else replace(frame, given=on_white(frame.image, frame.opacity), opacity=None)


def _fps(stream: VideoStream) -> float:
    rates = (stream.average_rate, stream.guessed_rate)
    return next((float(rate) for rate in rates if rate and 0 < rate <= 1000), _USUAL_FPS)


def _count(container: InputContainer, stream: VideoStream, fps: float) -> int | None:
    if stream.frames:
        return stream.frames
    return round(container.duration / av.time_base * fps) if container.duration else None
