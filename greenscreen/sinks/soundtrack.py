"""The sound of the video that the pictures came from, carried into the new file beside them."""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

import av
import av.container
from av.audio.stream import AudioStream
from av.packet import Packet

from greenscreen.errors import SinkError
from greenscreen.sinks.recipes import Recipe

AnyPacket: TypeAlias = "Packet[Any]"  # In quotes, as only PyAV's stubs know the brackets.

log = logging.getLogger(__name__)

_RATE = 48_000
_BITS_A_SECOND = 160_000
_MOST_TRACKS = 32
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
    """All sound of a video: each track copied, or re-encoded in stereo when the new file is not for its codec.

    Tracks keep their order, and language, title and which is the default, where the new file has room for that. They
    are read while the pictures come, never far ahead of them, so that memory stays flat. A file without sound is a
    soundtrack without packets; one that is damaged or cut off has sound up to there. Opening raises `SinkError`; what
    the target raises passes through.
    """

    def __init__(self, path: Path):
        self._path = path
        try:
            reach = {"protocol_whitelist": "file"}
            self._source = av.open(f"file:{path}", container_options=reach, metadata_errors="replace")
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
        tracks = {track.index: _track(track, target, recipe, origin) for track in known}
        self._packets = self._taken(tracks, known)
        self._next = next(self._packets, None)

    def write(self, target: av.container.OutputContainer, until: float) -> None:
        """Write what sounds before `until`, in seconds of the new file."""
        while self._next is not None and _seconds(self._next) < until:
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
            yield from self._source.demux(*known)
        except (av.FFmpegError, OSError) as error:
            log.warning("the sound of %s ends early, as it cannot be read: %s", self._path.name, error.strerror)


class _Copied:
    def __init__(self, stream: AudioStream, origin: Fraction):
        self._stream, self._origin = stream, origin

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        if packet.pts is None or packet.dts is None:  # The empty packet that ends a stream.
            return
        shift = round(self._origin / packet.time_base)
        packet.pts -= shift
        packet.dts -= shift
        if packet.pts >= 0:
            packet.stream = self._stream
            yield packet

    def end(self) -> Iterator[AnyPacket]:
        return iter(())


class _Encoded:
    def __init__(self, stream: AudioStream, origin: Fraction):
        self._stream, self._origin = stream, origin

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        for frame in _decoded(packet):
            if frame.pts is None or frame.time_base is None:
                continue
            frame.pts -= round(self._origin / frame.time_base)
            if frame.pts >= 0:
                yield from self._stream.encode(frame)

    def end(self) -> Iterator[AnyPacket]:
        return iter(self._stream.encode(None))


def _track(track: AudioStream, target: av.container.OutputContainer, recipe: Recipe, origin: Fraction) -> Track:
    """A stream in the new file for this one of the old."""
    copied = track.codec.canonical_name in recipe.copied
    if copied:
        stream = target.add_stream_from_template(track)
    else:
        added = target.add_stream(recipe.sound, rate=_RATE, layout="stereo", bit_rate=_BITS_A_SECOND)
        stream = cast(AudioStream, added)
    stream.metadata.update({key: track.metadata[key] for key in _KEPT if key in track.metadata})
    stream.disposition = track.disposition
    return _Copied(stream, origin) if copied else _Encoded(stream, origin)


def _decoded(packet: AnyPacket) -> list[av.AudioFrame]:
    """Return the frames in a packet; a damaged one is a moment of silence, no reason to lose a recording."""
    try:
        frames: list[av.AudioFrame] = packet.stream.decode(packet)
    except av.InvalidDataError:
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
