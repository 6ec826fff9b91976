"""Cameras at this computer and on the network, through OpenCV."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from greenscreen.errors import SourceError
from greenscreen.linux import v4l2
from greenscreen.linux.holders import holders
from greenscreen.picture import memory
from greenscreen.picture.colour import Bytes
from greenscreen.picture.forms import Raw
from greenscreen.picture.frame import Frame, Image
from greenscreen.picture.resize import letterbox
from greenscreen.sources import Source, raw
from greenscreen.sources.names import camera_names
from greenscreen.sources.trouble import lost, silent, why_closed

USUAL_SIZE, USUAL_FPS = (1280, 720), 30.0
_COMPRESSED_FROM = 1280 * 720  # pixels; beyond, USB 2 carries full rate only as JPEG
_FIRST_WAIT = 5.0  # seconds until the first frame
_RAW_WAIT = 1.0  # of these, until what cannot be made I420 is left to OpenCV
_LOST_AFTER = 2.0  # seconds of failing reads
_FROZEN_AFTER = 1.0  # seconds of one and the same picture
_PROBED = range(5)

_LINUX: bool = sys.platform == "linux"
_BACKENDS = {"linux": [cv2.CAP_V4L2], "darwin": [cv2.CAP_AVFOUNDATION], "win32": [cv2.CAP_DSHOW, cv2.CAP_MSMF]}

# What goes wrong is raised; OpenCV's and FFmpeg's own words about it would only clutter the terminal.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
# A read of a silent camera would last three times ten seconds, during which nobody can leave.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_READ_ATTEMPTS", "1")


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """One video device. `device` is what `CameraSource` takes; `captures` is whether pictures can be had from it.

    A `virtual` one has its pictures from a program, which may be greenscreen itself: nobody gets it unasked.
    """

    device: int | str
    name: str
    captures: bool
    virtual: bool = False


def list_cameras() -> list[CameraInfo]:
    """Return the video devices of this computer, those that cannot be used as a camera too; empty if there are none."""
    if _LINUX:
        return [CameraInfo(node.path, node.name, node.camera, node.loopback) for node in v4l2.list_devices()]
    names = dict(enumerate(camera_names()))
    found = [(index, names.get(index, f"camera {index}")) for index in _PROBED if _capture(index).isOpened()]
    # As OBS's is called, and most of the others.
    return [CameraInfo(index, name, True, "virtual" in name.lower()) for index, name in found]


class CameraSource(Source):
    """A camera by its number or device path, or a network stream by its URL.

    Asks for `size` (1280x720) and `fps` (30); what the camera gives instead is in `size` and `fps`, and `note` says so
    in words, empty when it obeyed. Frames are I420 where the camera sends what is easily made that, otherwise BGR;
    their times are of `time.perf_counter`. Raises `SourceError` on entering when the camera is missing, forbidden,
    busy, or silent for 5 seconds, and while iterating when it is lost.
    """

    live = True

    def __init__(self, device: int | str, size: tuple[int, int] | None = None, fps: float | None = None):
        self.name = f"camera {device}" if isinstance(device, int) else _without_secrets(device)
        self.size = size or USUAL_SIZE
        self.fps = fps or USUAL_FPS
        self.note = ""
        self.passes: Callable[[], bool] = lambda: False
        self._device = device
        self._asked = size is not None or not _is_url(device)
        self._node = _node(device)
        self._decode: raw.Decoder | None = None
        self._sent: tuple[int, ...] = ()
        self._last: Bytes | None = None
        self._moved = 0.0

    def __enter__(self) -> Self:
        self._stream = _capture(self._device)
        if not self._stream.isOpened():
            others = [str(camera.device) for camera in list_cameras() if camera.captures] if self._node else []
            raise why_closed(self.name, self._node, others)
        if not _is_url(self._device):
            self._negotiate()
        try:
            self._first = self._await_first()
        except SourceError:
            self._stream.release()
            raise
        self._compare()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.release()

    def __iter__(self) -> Iterator[Frame]:
        yield self._first
        index = 1
        while True:
            while self.passes():
                self._pass()
            yield self._read(index)
            index += 1

    def _negotiate(self) -> None:
        width, height = self.size
        if width * height >= _COMPRESSED_FROM:
            # Before the size, which is only offered in this format.
            self._stream.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._stream.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        self._stream.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        self._stream.set(cv2.CAP_PROP_FPS, self.fps)
        self._stream.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if _LINUX:
            self._decode = raw.decoder(self._stream.get(cv2.CAP_PROP_FOURCC))
            self._stream.set(cv2.CAP_PROP_CONVERT_RGB, 0 if self._decode else 1)

    def _await_first(self) -> Frame:
        self._identity = _identity(self._node)
        given = self._try_read(_RAW_WAIT if self._decode else _FIRST_WAIT)
        if given is None and self._decode:
            self._decode = None
            self._stream.set(cv2.CAP_PROP_CONVERT_RGB, 1)
            given = self._try_read(_FIRST_WAIT - _RAW_WAIT)
        if given is None:
            if self._node and holders(self._node):
                raise why_closed(self.name, self._node, [])
            raise silent(self.name)
        return Frame(given, time.perf_counter(), 0, fresh=True)

    def _compare(self) -> None:
        """Replace what was asked for by what came, and note the difference."""
        rate = self._stream.get(cv2.CAP_PROP_FPS)
        got_size, got_fps = self._first.size, rate if 0 < rate <= 1000 else self.fps
        if self._asked and (got_size != self.size or abs(got_fps - self.fps) > 0.5):
            wanted, got = _spoken(self.size, self.fps), _spoken(got_size, got_fps)
            self.note = f"{self.name} gives {got} instead of the {wanted} asked for"
        self.size, self.fps = got_size, got_fps

    def _read(self, index: int) -> Frame:
        given = self._try_read(_LOST_AFTER)
        # OpenCV may go on giving the last frame of a camera that was pulled out.
        if given is None or _identity(self._node) != self._identity:
            raise lost(self.name)
        frame = Frame(given, time.perf_counter(), index)
        if self._frozen(frame):
            raise lost(self.name)
        return frame if frame.size == self.size else replace(frame, given=letterbox(frame.image, *self.size))

    def _try_read(self, seconds: float) -> Bytes | Raw | None:
        """The next picture, or what one is made of; None when every read in this time fails, as single ones do on a bad
        cable."""
        deadline = time.perf_counter() + seconds
        while True:
            # A JPEG is one row, of another length each time.
            into = memory.empty(self._sent, np.uint8) if self._sent[:1] > (1,) else None
            try:
                got, sent = self._stream.read(into)
            except cv2.error as error:
                raise SourceError(
                    f"the camera's pictures cannot be decoded: {error.err}", "try another --size"
                ) from error
            if got and sent is not None and sent.size:
                self._sent = sent.shape
                given = self._decode(np.asarray(sent, np.uint8)) if self._decode else _as_bgr(sent)
                if given is not None:
                    return given
            if time.perf_counter() > deadline:
                return None
            time.sleep(0.01)

    def _pass(self) -> None:
        """Lets the camera's next picture go by."""
        deadline = time.perf_counter() + _LOST_AFTER
        while not self._stream.grab():
            if time.perf_counter() > deadline:
                raise lost(self.name)
            time.sleep(0.01)
        if _identity(self._node) != self._identity:
            raise lost(self.name)
        # Where grabbing waits for nothing, as with DirectShow, this would take a whole processor; what comes over the
        # network would pile up.
        if not _is_url(self._device):
            time.sleep(0.5 / self.fps)

    def _frozen(self, frame: Frame) -> bool:
        """Whether the same picture came for a second, where no device file tells that the camera is gone.

        No two frames of a real sensor are equal.
        """
        if self._node or _is_url(self._device):
            return False
        sample = frame.pixels[::8, ::8]
        if self._last is None or not np.array_equal(sample, self._last):
            self._last, self._moved = sample.copy(), frame.time
        return frame.time - self._moved > _FROZEN_AFTER


def _capture(device: int | str) -> cv2.VideoCapture:
    if _is_url(device):
        wait = int(_FIRST_WAIT * 1000)
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, wait, cv2.CAP_PROP_READ_TIMEOUT_MSEC, wait]
        return cv2.VideoCapture(device, cv2.CAP_FFMPEG, limits)
    where = device if isinstance(device, int) else os.path.realpath(device)
    stream = cv2.VideoCapture()
    for backend in _BACKENDS.get(sys.platform, [cv2.CAP_ANY]):
        if stream.open(where, backend):
            break
    return stream


def _as_bgr(image: cv2.typing.MatLike) -> Image:
    gray = image.ndim == 2 or image.shape[2] == 1
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if gray else image, np.uint8)


def _without_secrets(device: str) -> str:
    """A path as it is; a URL without what may let others in: the password before its host, and its query."""
    return re.split("[?#]", re.sub("//[^/]*@", "//", device))[0] if _is_url(device) else device


def _is_url(device: int | str) -> bool:
    return isinstance(device, str) and "://" in device


def _node(device: int | str) -> Path | None:
    """The file that stands for a camera, on Linux; it goes when the camera goes."""
    if not _LINUX or _is_url(device):
        return None
    return Path(f"/dev/video{device}" if isinstance(device, int) else device)


def _identity(node: Path | None) -> tuple[int, int] | None:
    """What tells a device file from another that took its name; none where there is none any more."""
    try:
        state = node.stat() if node else None
    except OSError:
        return None
    return (state.st_ino, state.st_rdev) if state else None


def _spoken(size: tuple[int, int], fps: float) -> str:
    return f"{size[0]}x{size[1]} at {fps:g}"
