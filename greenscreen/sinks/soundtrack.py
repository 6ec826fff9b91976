"""The sound of the video that the pictures came from, carried into the new file beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias, cast

import av
import av.container
from av.audio.stream import AudioStream
from av.packet import Packet

from greenscreen.errors import SinkError
from greenscreen.sinks.recipes import Recipe

AnyPacket: TypeAlias = "Packet[Any]"  # In quotes, as only PyAV's stubs know the brackets.

_RATE = 48_000
_BITS_A_SECOND = 160_000


class Soundtrack:
    """The first audio stream of a video: copied, or re-encoded in stereo when the new file is not for its codec.

    It is read while the pictures come, never far ahead of them, so that memory stays flat. A file without sound is a
    soundtrack without packets. Opening and reading raise `SinkError`; what the target raises passes through.
    """

    def __init__(self, path: Path):
        self._path = path
        with self._reading():
            self._source = av.open(f"file:{path}", container_options={"protocol_whitelist": "file"})
        self._track: AudioStream | None = next(iter(self._source.streams.audio), None)
        self._packets: Iterator[AnyPacket] = iter(())
        self._next: AnyPacket | None = None

    def attach(self, target: av.container.OutputContainer, recipe: Recipe, start: float) -> None:
        """Add a stream to `target`, which must not have begun.

        `start` is where the new file begins, in seconds since the first video frame of this one.
        """
        if self._track is None:
            return
        origin = Fraction(start) + _first_frame(self._source)
        if self._track.codec.canonical_name in recipe.copied:
            self._packets = self._copied(target.add_stream_from_template(self._track), origin)
        else:
            encoder = target.add_stream(recipe.sound, rate=_RATE, layout="stereo", bit_rate=_BITS_A_SECOND)
            self._packets = self._encoded(cast(AudioStream, encoder), origin)
        self._next = next(self._packets, None)

    def write(self, target: av.container.OutputContainer, until: float) -> None:
        """Write what sounds before `until`, in seconds of the new file."""
        while self._next is not None and _seconds(self._next) < until:
            target.mux(self._next)
            self._next = next(self._packets, None)

    def close(self) -> None:
        self._source.close()

    def _copied(self, stream: AudioStream, origin: Fraction) -> Iterator[AnyPacket]:
        for packet in self._demuxed():
            if packet.pts is None or packet.dts is None:  # The empty packet that ends a stream.
                continue
            shift = round(origin / packet.time_base)
            packet.pts -= shift
            packet.dts -= shift
            if packet.pts >= 0:
                packet.stream = stream
                yield packet

    def _encoded(self, stream: AudioStream, origin: Fraction) -> Iterator[AnyPacket]:
        for packet in self._demuxed():
            for frame in _decoded(packet):
                if frame.pts is None or frame.time_base is None:
                    continue
                frame.pts -= round(origin / frame.time_base)
                if frame.pts >= 0:
                    yield from stream.encode(frame)
        yield from stream.encode(None)

    def _demuxed(self) -> Iterator[AnyPacket]:
        with self._reading():
            yield from self._source.demux(self._track)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SinkError(
                f"the sound of {self._path} cannot be read: {reason}", "record without sound, or repair the file"
            ) from error


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
