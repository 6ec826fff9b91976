"""Video files, every frame of them."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from os.path import getsize, isdir, isfile
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from greenscreen.colour import Bytes
from greenscreen.errors import SourceError
from greenscreen.frame import Frame
from greenscreen.images import letterbox

_HINT = "see whether a video player plays it, and convert it to MP4"
_USUAL_FPS = 30.0

# Phones store what the sensor saw and note how far to turn it, counter-clockwise.
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, -90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, -180: cv2.ROTATE_180}

# BT.601 for 625 and 525 lines and files that say nothing, as ISO/IEC 23091-2 numbers them; ranges as FFmpeg does.
_BT601 = {2, 5, 6}
_LIMITED = {0, 1}


class VideoSource:
    """All frames of a video file, in order, each at its own time in seconds since the first.

    Colours follow what the file says of its matrix and range; one that says nothing is taken as BT.601 and limited, as
    FFmpeg writes it. Frames of another size than the first are fitted into it. With `loop` the file begins again for
    ever, and time goes on. `frames` is about how many there are, None where the file does not tell. With `planar`,
    pixels that are I420 of BT.601 and limited range in the file are handed on as they are.

    Raises `SourceError` on entering when there is no picture, and while iterating when the file is damaged or cut off.
    """

    live = False

    def __init__(self, path: Path, loop: bool = False, planar: bool = False):
        self.name = path.name or str(path)
        self.size = (0, 0)
        self.fps = _USUAL_FPS
        self.frames: int | None = None
        self.has_audio = False
        self._path = path
        self._loop = loop
        self._planar = planar

    def __enter__(self) -> Self:
        with _opened(self._path) as (container, stream):
            self.fps = _fps(stream)
            self.frames = _count(container, stream, self.fps)
            self.has_audio = bool(container.streams.audio)
        # Only a decoded frame tells the size for sure: it knows which way up it is.
        self.size = next(self._once()).size
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to close: the file is open only while it is iterated."""

    def __iter__(self) -> Generator[Frame, None, None]:
        index, end = 0, 0.0
        while True:
            start = end
            for frame in self._once():
                pixels = frame.pixels if frame.size == self.size else letterbox(frame.image, *self.size)
                yield Frame(pixels, start + frame.time, index, fresh=frame.time == 0)
                index, end = index + 1, start + frame.time + 1 / self.fps
            if not self._loop:
                return

    def _once(self) -> Iterator[Frame]:
        """The file from its beginning to its end, times in seconds since the first frame."""
        count, origin, time = 0, 0.0, 0.0
        with _opened(self._path) as (container, stream):
            try:
                for frame in _frames(container, stream):
                    if count == 0:
                        origin = frame.time or 0.0
                    else:
                        stamp = frame.time - origin if frame.time is not None else 0.0
                        # Raw streams have no times, and spliced ones may step back.
                        time = stamp if stamp > time else time + 1 / self.fps
                    yield Frame(_pixels(frame, self._planar), time, count)
                    count += 1
            except av.FFmpegError as error:
                raise SourceError(f"{self.name} is damaged: nothing can be read after {count} frames", _HINT) from error
            if _cut_off(container, stream, self._path):
                raise SourceError(f"{self.name} is cut off: it ends after {count} frames", "copy or download it again")
            if count == 0:
                raise SourceError(f"{self.name} is a video without any frames", _HINT)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file at its beginning, and the picture in it."""
    if isdir(path):
        raise SourceError(f"{path} is a folder, not a video", "name a file in it")
    # Refuses pipes and devices too, which might never end.
    if not isfile(path):
        raise SourceError(f"there is no video {path}", "check the path")
    try:
        # A name may look like a URL, and a playlist posing as a video must not reach the network.
        reach = {"protocol_whitelist": "file"}
        container = av.open(f"file:{path}", container_options=reach, metadata_errors="replace")
    except av.FFmpegError as error:
        raise SourceError(f"{path.name} is not a video that can be read: {error.strerror}", _HINT) from error
    with container:
        # A song's cover is a stream of pictures too, and FFmpeg renders any text file as a terminal of the 1980s.
        pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        if not pictures or container.format.name == "tty":
            raise SourceError(f"{path.name} holds no video", _HINT)
        pictures[0].thread_type = "AUTO"
        yield container, pictures[0]


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    begun = False
    for packet in container.demux(stream):
        try:
            for frame in packet.decode():
                begun = True
                yield frame
        except av.InvalidDataError:
            # What was recorded from the middle of a broadcast begins with packets that build upon lost ones.
            if begun:
                raise


def _fps(stream: VideoStream) -> float:
    rates = (stream.average_rate, stream.guessed_rate)
    return next((float(rate) for rate in rates if rate and 0 < rate <= 1000), _USUAL_FPS)


def _count(container: InputContainer, stream: VideoStream, fps: float) -> int | None:
    if stream.frames:
        return stream.frames
    return round(container.duration / av.time_base * fps) if container.duration else None


def _cut_off(container: InputContainer, stream: VideoStream, path: Path) -> bool:
    """Whether an MP4 or MOV promises more bytes than there are; FFmpeg just stops there as if that were the end."""
    if not container.format.name.startswith("mov"):
        return False
    return max((entry.pos + entry.size for entry in stream.index_entries), default=0) > getsize(path)


def _pixels(frame: VideoFrame, planar: bool) -> Bytes:
    even = frame.width % 2 == frame.height % 2 == 0
    usual = frame.format.name == "yuv420p" and frame.colorspace in _BT601 and frame.color_range in _LIMITED
    if planar and even and usual and not frame.rotation:
        return np.asarray(frame.to_ndarray(), np.uint8)
    image = frame.to_ndarray(format="bgr24")
    turn = _TURNS.get(frame.rotation)
    return np.asarray(image if turn is None else cv2.rotate(image, turn), np.uint8)
