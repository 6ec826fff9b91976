"""The sound of the video that the pictures came from, carried into the new file beside them."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

import av
import av.container
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet

from greenscreen.errors import SinkError
from greenscreen.media import open_media, readable
from greenscreen.sinks.recipes import Recipe

AnyPacket: TypeAlias = "Packet[Any]"  # In quotes, as only PyAV's stubs know the brackets.
Time: TypeAlias = int | Fraction

log = logging.getLogger(__name__)

_RATE = 48_000
_BITS_A_SECOND = 160_000
_MOST_TRACKS = 32
_HEADERS_FIRST = {"movflags": "empty_moov"}  # MP4 and MOV would complain at the end.
_KEPT = ("language", "title")


class Track(Protocol):
    """One of the sounds on its way into the new file."""

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """What of the new file a packet of the old one becomes."""
        ...

    def end(self) -> Iterator[AnyPacket]:
        """What is still to come."""
        ...


class Soundtrack:
    """All sound of a video: each track copied, or re-encoded in stereo when the new file may not hold it as it is.

    Tracks keep their order, and their language, title and default mark where the new file has room for them. They are
    read while the pictures come, never far ahead of them, so that memory stays flat. A file without sound is a
    soundtrack without packets; a damaged or cut off one has sound up to there; a track that nothing plays is left out.
    Where times step back, as in spliced files, sound goes on as the pictures do. Opening raises `SinkError`. What the
    target raises passes through unless it is about the sound, which never costs a picture.
    """

    def __init__(self, path: Path):
        self._path = path
        try:
            self._source = open_media(path)
        except (av.FFmpegError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SinkError(
                f"the sound of {path} cannot be read: {reason}", "record without sound, or repair the file"
            ) from error
        self._packets: Iterator[AnyPacket] = iter(())
        self._next: AnyPacket | None = None

    def attach(self, target: av.container.OutputContainer, recipe: Recipe, start: float) -> None:
        """Add streams to `target`, which must not have begun.

        `start` is where the new file begins, in seconds since the first video frame of this one.
        """
        origin = Fraction(start) + _first_frame(self._source)
        # A codec that FFmpeg does not know is one that nothing else plays either.
        known = [track for track in self._source.streams.audio if track.codec_context][:_MOST_TRACKS]
        tracks: dict[int, Track] = {}
        for track in known:
            kind = track.codec.name  # Which a track that cannot be opened may lose.
            try:
                tracks[track.index] = _track(track, target, recipe, origin)
            except (av.FFmpegError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                log.warning("the %s sound of %s is left out: %s", kind, self._path.name, reason)
        self._packets = self._taken(tracks, [track for track in known if track.index in tracks])
        self._next = next(self._packets, None)

    def write(self, target: av.container.OutputContainer, until: float) -> None:
        """Write what sounds before `until`, in seconds of the new file."""
        while self._next is not None and _seconds(self._next) < until:
            # What a file of this kind does not hold is a moment of silence. A full disk is another error.
            with suppress(av.InvalidDataError, av.ArgumentError):
                target.mux(self._next)
            self._next = next(self._packets, None)

    def close(self) -> None:
        self._source.close()

    def _taken(self, tracks: dict[int, Track], known: list[AudioStream]) -> Iterator[AnyPacket]:
        for packet in self._demuxed(known) if known else ():
            yield from tracks[packet.stream.index].take(packet)
        for track in tracks.values():
            yield from track.end()

    def _demuxed(self, known: list[AudioStream]) -> Iterator[AnyPacket]:
        try:
            # Streams that came up on the way, as they do in broadcasts, PyAV looks for in vain at the end.
            with suppress(IndexError):
                yield from self._source.demux(*known)
        except (av.FFmpegError, OSError) as error:
            log.warning("the sound of %s ends early, as it cannot be read: %s", self._path.name, error.strerror)


class _Clock:
    """Times of the new file, in whatever unit: as the old one has them, and going on where they step back."""

    def __init__(self) -> None:
        self._last: Time = -1
        self._after: Time = 0

    def begin(self, due: Time, length: Time) -> Time:
        """When what is due then, and of that length, begins."""
        now = due if due > self._last else self._after
        self._last, self._after = now, now + length
        return now


class _Copied:
    def __init__(self, stream: AudioStream, origin: Fraction):
        self._stream, self._origin, self._clock = stream, origin, _Clock()

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        if packet.pts is None or packet.dts is None:  # The empty packet that ends a stream.
            return
        shift = round(self._origin / packet.time_base)
        if packet.pts >= shift:
            now = int(self._clock.begin(packet.dts - shift, max(1, packet.duration or 0)))
            packet.pts += now - packet.dts
            packet.dts = now
            packet.stream = self._stream
            yield packet

    def end(self) -> Iterator[AnyPacket]:
        return iter(())


class _Encoded:
    def __init__(self, stream: AudioStream, origin: Fraction):
        self._stream, self._origin, self._clock = stream, origin, _Clock()
        self._heard, self._resampler = ("", "", 0), AudioResampler()

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        for frame in _decoded(packet):
            if frame.pts is None or frame.time_base is None:
                continue
            due = frame.pts * frame.time_base - self._origin
            if due >= 0:
                now = self._clock.begin(due, Fraction(frame.samples, frame.sample_rate))
                frame.pts = round(now / frame.time_base)
                yield from self._encoded(frame)

    def end(self) -> Iterator[AnyPacket]:
        yield from self._stream.encode(None)

    def _encoded(self, frame: av.AudioFrame) -> Iterator[AnyPacket]:
        """What becomes of a frame, which may be unlike the last: broadcasts go from film to talk, and back."""
        heard = frame.format.name, frame.layout.name, frame.sample_rate
        if heard != self._heard:
            self._heard, self._resampler = heard, AudioResampler(self._stream.format, "stereo", _RATE)
        for alike in self._resampler.resample(frame):
            # What needed no change keeps its own unit of time, and encoders take all frames to be in the first one's.
            if alike.pts is not None and alike.time_base is not None:
                alike.pts = round(alike.pts * alike.time_base * _RATE)
            alike.time_base = Fraction(1, _RATE)
            yield from self._stream.encode(alike)


def _track(track: AudioStream, target: av.container.OutputContainer, recipe: Recipe, origin: Fraction) -> Track:
    """A stream in the new file for this one of the old; raises `av.FFmpegError` where nothing can play it."""
    track.codec_context.open(strict=False)
    copied = track.codec.canonical_name in recipe.copied and not _may_change(track) and _takes(recipe, track)
    if copied:
        stream = target.add_stream_from_template(track)
    else:
        added = target.add_stream(recipe.sound, rate=_RATE, layout="stereo", bit_rate=_BITS_A_SECOND)
        stream = cast(AudioStream, added)
    stream.metadata.update({key: readable(track.metadata[key]) for key in _KEPT if key in track.metadata})
    stream.disposition = track.disposition
    return _Copied(stream, origin) if copied else _Encoded(stream, origin)


def _may_change(track: AudioStream) -> bool:
    """Whether it is AAC whose rate and channels each packet says anew (ADTS): a new file says them once."""
    return track.codec.canonical_name == "aac" and not track.codec_context.extradata


def _takes(recipe: Recipe, track: AudioStream) -> bool:
    """Whether a new file can hold the track as it is, which may lack a header: found out with one in memory."""
    try:
        with av.open(BytesIO(), "w", format=recipe.container, container_options=_HEADERS_FIRST) as trial:
            trial.add_stream_from_template(track)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True


def _decoded(packet: AnyPacket) -> list[av.AudioFrame]:
    """Return the frames in a packet; a damaged one is a moment of silence, no reason to lose a recording."""
    try:
        frames: list[av.AudioFrame] = packet.stream.decode(packet)
    except av.FFmpegError:  # Decoders have errors of their own beside FFmpeg's.
        return []
    return frames


def _first_frame(source: av.container.InputContainer) -> Fraction:
    """Return when the first video frame is shown, in seconds on the file's own clock; 0 when it does not say."""
    for video in source.streams.video:
        if video.start_time is not None and video.time_base is not None:
            return video.start_time * video.time_base
    return Fraction(0)


def _seconds(packet: AnyPacket) -> float:
    return float((packet.pts or 0) * packet.time_base)
