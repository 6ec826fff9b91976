"""Recordings: H.264, VP9 with alpha, ProRes 4444, and lossless mattes."""

import errno
import logging
import math
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Self, cast

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from greenscreen.errors import GreenscreenError, SinkError, UsageError
from greenscreen.filing import free, new_part, settle
from greenscreen.media import plays
from greenscreen.picture.frame import Picture
from greenscreen.sinks.recipes import recipe_for
from greenscreen.sinks.soundtrack import Soundtrack

log = logging.getLogger(__name__)

_TICKS = 90_000  # a second: divides every usual frame rate, and is fine enough for a camera's jitter
_STEP = 90  # ticks between two pictures at least: WebM and Matroska count whole milliseconds
_USUAL_RATE = 30

# MP4 and MOV in parts of a second each, which play even where the end is missing; on closing they become one whole.
_SAFE = {"movflags": "+hybrid_fragmented", "frag_duration": "1000000"}
_KEY_SECONDS = 1  # between two pictures that stand on their own, so that such a part does

_SMPTE170M_MATRIX = 6  # ISO/IEC 23091-2, MatrixCoefficients: BT.601, 525 lines
# Nearest values instead of rounded-down ones: without it, pure colours come back up to 5 levels off.
_SCALING = Interpolation.BILINEAR | Interpolation.ACCURATE_RND


class VideoSink:
    """Records pictures of one `size` (width, height) into a video file; the suffix of `path` chooses the kind.

    `.mp4` is H.264, `.webm` VP9, `.mov` ProRes 4444, `.mkv` H.264; `.webm` and `.mov` keep transparency. With `matte`,
    the picture's alpha is recorded as a gray video instead, without loss in `.mkv`. Pictures keep their own times, the
    first one's being 0; `fps` is the nominal rate that players show, and how long the last picture stays. Colours are
    BT.601, limited range, and say so. With `audio_from`, the sound of that video comes along, to its end.

    The file takes its name when it is complete: after an error there is none, after Ctrl-C there is what was recorded.
    With `keep`, for what cannot be filmed again, what was recorded is always there: after an error elsewhere, and on a
    full disk all but the last second or two. Then it replaces no other file either: `path` is the next free name.
    Making one raises `UsageError` for an unknown suffix; so does sending transparency that the file cannot hold.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: float,
        *,
        matte: bool = False,
        audio_from: Path | None = None,
        keep: bool = False,
    ):
        self.path = free(path) if keep and not os.path.isdir(path) else path
        """Where it is recorded to."""
        self.name = self.path.name
        self._recipe = recipe_for(path, matte)
        self._size = size
        self._rate = Fraction(fps).limit_denominator(1001) if 1 <= fps <= 1000 else Fraction(_USUAL_RATE)
        self._matte = matte
        self._audio_from = audio_from
        self._keep = keep
        self._failed = False
        self._soundtrack: Soundtrack | None = None
        self._stream: VideoStream | None = None
        self._reformatter = VideoReformatter()
        self._start = 0.0
        self._tick = -_STEP

    def __enter__(self) -> Self:
        with self._writing():
            _check_name(self.path)
            # A file of our own, not one that ffmpeg opens: it reports every failed write, also the last.
            self._file: BinaryIO = new_part(self.path, again=not self._keep)
            self._part = Path(self._file.name)
        try:
            with self._writing():
                self._container: OutputContainer = av.open(
                    Telling(self._file),
                    "w",
                    format=self._recipe.container,
                    container_options=_SAFE if self._keep else {},
                )
            if self._audio_from is not None:
                self._soundtrack = Soundtrack(self._audio_from)
        except BaseException:  # Ctrl-C as well, as the sound may be read from a slow disk.
            self._discard()
            raise
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        # Ctrl-C and the like are somebody's wish to stop, no failure: what was recorded is kept.
        wanted = self._keep or not isinstance(error, Exception)
        try:
            if wanted and self._stream is not None:
                self._rescue() if self._failed else self._finish(whole=error is None)
        finally:
            self._discard()

    def send(self, picture: Picture) -> bool:
        self._check(picture)
        with self._writing():
            stream = self._stream or self._begin(picture)
            self._tick = max(round((picture.time - self._start) * _TICKS), self._tick + _STEP)
            self._container.mux(stream.encode(self._frame(picture, stream)))
            if self._soundtrack is not None:
                self._soundtrack.write(self._container, self._tick / _TICKS)
        return True

    def _check(self, picture: Picture) -> None:
        width, height = picture.frame.size if picture.frame and picture.planar else picture.image.shape[1::-1]
        if (width, height) != self._size:
            expected = "x".join(map(str, self._size))
            raise SinkError(f"{self.name} is recorded in {expected} and cannot take a picture of {width}x{height}")
        if self._matte or not picture.transparent:
            return
        if not self._recipe.transparent:
            raise UsageError(
                f"a {self.path.suffix} file cannot be transparent", "record to .webm or .mov, or choose a background"
            )
        if self._stream is not None and self._stream.pix_fmt != self._recipe.transparent:
            raise UsageError(
                f"{self.name} began with a background and cannot become transparent",
                "choose the transparent background before the recording starts",
            )

    def _begin(self, picture: Picture) -> VideoStream:
        width, height = self._size
        added = self._container.add_stream(
            self._recipe.codec,
            rate=self._rate,
            options=dict(self._recipe.options),
            width=width,
            height=height,
            time_base=Fraction(1, _TICKS),
        )
        stream = cast(VideoStream, added)
        stream.pix_fmt = self._recipe.pixel_format(self._size, picture.transparent and not self._matte)
        context = stream.codec_context
        context.thread_type = "AUTO"
        if self._keep:
            context.gop_size = max(1, round(_KEY_SECONDS * self._rate))
            # Pictures that wait for later ones would shift all times, which is put right only in files of one piece.
            context.max_b_frames = 0
        context.color_range = _color_range(stream)
        context.colorspace = _SMPTE170M_MATRIX
        # The matrix only says how BGR became YUV; the colours themselves are still those of sRGB, which are BT.709's.
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        self._start = picture.time
        if self._soundtrack is not None:
            self._soundtrack.attach(self._container, self._recipe, self._start)
        self._stream = stream
        return stream

    def _frame(self, picture: Picture, stream: VideoStream) -> av.VideoFrame:
        frame = self._pixels(picture, stream)
        if frame.format.name != stream.pix_fmt:
            frame = self._reformatter.reformat(
                frame,
                format=stream.pix_fmt,
                dst_colorspace=Colorspace.ITU601,
                dst_color_range=_color_range(stream),
                dst_color_trc=ColorTrc.BT709,
                dst_color_primaries=ColorPrimaries.BT709,
                interpolation=_SCALING,
            )
        frame.pts = self._tick
        frame.duration = round(_TICKS / self._rate)
        frame.time_base = Fraction(1, _TICKS)
        return frame

    def _pixels(self, picture: Picture, stream: VideoStream) -> av.VideoFrame:
        if self._matte:
            frame = av.VideoFrame.from_ndarray(picture.alpha, "gray")
            frame.color_range = ColorRange.JPEG
            return frame
        if stream.pix_fmt == self._recipe.transparent:
            return av.VideoFrame.from_numpy_buffer(_with_alpha(picture), "bgra")
        if stream.pix_fmt == "yuv420p" and picture.planar:
            # A live picture is in the file's own form already.
            return av.VideoFrame.from_ndarray(picture.i420, "yuv420p")
        # Not copied: all that becomes of BGR is made before this picture goes.
        return av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(picture.image), "bgr24")

    def _finish(self, whole: bool) -> None:
        # The last picture of a whole file may stay for long.
        until = math.inf if whole else self._tick / _TICKS + float(1 / self._rate)
        try:
            with self._writing():
                if self._stream is not None:
                    self._container.mux(self._stream.encode(None))
                if self._soundtrack is not None:
                    self._soundtrack.write(self._container, until)
                    self._soundtrack.close()  # It may come from the very file that is replaced.
                self._container.close()
                self._file.close()
                self._settle()
        except SinkError:
            if self._keep:
                self._rescue()
            raise

    def _settle(self) -> None:
        if not self._keep:
            self._replace()
            return
        wanted, self.path = self.path, settle(self._part, self.path)
        if self.path != wanted:
            log.warning("%s was made by somebody else meanwhile: this was recorded to %s", wanted, self.path)

    def _replace(self) -> None:
        try:
            os.replace(self._part, self.path)
        except PermissionError as error:
            # On Windows, where another program has it open. What took minutes to make is not thrown away for that.
            kept = settle(self._part, self.path)
            hint = f"the new one is {kept}; close what uses the old one"
            raise SinkError(f"{self.path} cannot be replaced: {error.strerror}", hint) from error

    def _rescue(self) -> None:
        """Keep what could be written, if it plays: it does without its end."""
        with suppress(OSError):
            self._file.close()
        if plays(self._part):
            with suppress(OSError):
                self._settle()

    def _discard(self) -> None:
        """Let go of everything; whatever still lies under the temporary name goes too."""
        if self._soundtrack is not None:
            self._soundtrack.close()
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except GreenscreenError:
            raise
        except (av.FFmpegError, OSError, ValueError) as error:
            self._failed = True
            raise _failure(self.path, error) from error


class Telling:
    """A file as FFmpeg writes to it, which hears of failures in its own way: of two that Python raises before anybody
    asks, PyAV prints one, with a traceback."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.tell = file.tell

    def write(self, data: bytes) -> int:
        return self._tried(lambda: self._file.write(data))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._tried(lambda: self._file.seek(offset, whence))

    def _tried(self, work: Callable[[], int]) -> int:
        try:
            return work()
        except OSError as error:
            return -(error.errno or errno.EIO)


def _check_name(path: Path) -> None:
    """Raise `OSError` or `ValueError` now for a name that could not be taken in the end."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(path.stat().st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")


def _color_range(stream: VideoStream) -> ColorRange:
    return ColorRange.JPEG if stream.pix_fmt == "gray" else ColorRange.MPEG


def _with_alpha(picture: Picture) -> NDArray[np.uint8]:
    """Return `(H, W, 4)` uint8 BGRA; an opaque picture among transparent ones is solid."""
    image = cv2.cvtColor(picture.image, cv2.COLOR_BGR2BGRA).astype(np.uint8, copy=False)
    if picture.transparent:
        image[..., 3] = picture.alpha
    return image


_HINTS = {
    errno.ENOSPC: "free some space, or record to another disk",
    errno.EFBIG: "record to a file system that takes larger files",
    errno.ENOENT: "make the folder first",
    errno.EACCES: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
}


def _failure(path: Path, error: Exception) -> SinkError:
    if isinstance(error, av.ExternalError):  # Of why, encoders say no more.
        words, hint = "its encoder takes no pictures of this size", "make them smaller, or write .webm or .mov"
        return SinkError(f"{path} cannot be written: {words}", hint)
    number = getattr(error, "errno", None)
    reason = getattr(error, "strerror", None) or error
    return SinkError(f"{path} cannot be written: {reason}", _HINTS.get(number or 0, "choose another file name"))
