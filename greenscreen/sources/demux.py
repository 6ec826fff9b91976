"""A video file as FFmpeg gives it: opened with nothing but itself in reach, its frames, and what it lacks."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import SEEK_END
from os.path import getsize, isdir, isfile
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from greenscreen.errors import SourceError
from greenscreen.media import open_media
from greenscreen.sources.matroska import chain_end

HINT = "see whether a video player plays it, and convert it to MP4"

_LISTS = {"concat", "dash", "hls", "imf"}
"""Formats of files that name others, anywhere on this machine, in whose place those would be shown."""
_TILED = {".heic", ".heif"}
"""Endings of photos that FFmpeg plays as the tiles in which they are stored."""
_PROMISING = {"matroska,webm", "flv", "asf"}
"""Formats that say at their beginning how long they are, and of which FFmpeg may read less without a word."""
_EACH_A_PICTURE = {"h264", "hevc", "av1", "mjpeg", "prores", "dnxhd"}
"""Codecs of whose packets each is a picture, and whose decoders pass over broken ones without a word. Those of others
may say no more than that nothing changed."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file at its beginning, and the picture in it; raises `SourceError`."""
    if isdir(path):
        raise SourceError(f"{path} is a folder, not a video", "name a file in it")
    # Refuses pipes and devices too, which might never end.
    if not isfile(path):
        raise SourceError(f"there is no video {path}", "check the path")
    if path.suffix.lower() in _TILED:
        raise SourceError(f"{path.name} is a photo, not a video", "see: greenscreen image --help")
    if not getsize(path):
        raise SourceError(f"{path.name} is empty", "copy or download it again")
    try:
        container = open_media(path)
    except PermissionError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", "check that you may read it") from error
    except av.FFmpegError as error:
        raise SourceError(f"{path.name} is not a video that can be read: {error.strerror}", HINT) from error
    with container:
        if container.format.name in _LISTS:
            raise SourceError(f"{path.name} is a list of other files, which are not read", "name one of those")
        # A song's cover is a stream of pictures too, and FFmpeg renders any text file as a terminal of the 1980s.
        pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        if not pictures or container.format.name == "tty":
            raise SourceError(f"{path.name} holds no video", HINT)
        if not pictures[0].codec_context:
            raise SourceError(f"{path.name} is of a kind of video that cannot be decoded here", HINT)
        pictures[0].thread_type = "AUTO"
        yield container, pictures[0]


class Frames:
    """The frames of a file that was just `opened`, whole ones, in order; iterate once.

    What cannot be decoded is passed over and told of in `damage`; an `av.FFmpegError` says that no more can be read.
    """

    def __init__(self, container: InputContainer, stream: VideoStream):
        self._container, self._stream = container, stream
        self._failed = 0
        self._awaited: set[int | None] = set()
        self._spoilt: list[int | None] = []
        self._holed = 0
        self._interlaced = False
        self._end = 0.0
        self._taken = 0

    def __iter__(self) -> Iterator[VideoFrame]:
        return _progressive(self._decoded())

    @property
    def damage(self) -> list[str]:
        """What is wrong with the frames, once all were taken."""
        # Half-pictures may have a packet and a time each, of which the frame has one.
        counted = self._stream.codec.canonical_name in _EACH_A_PICTURE and not self._interlaced
        lost = max(self._failed, len(self._awaited) if counted else 0)
        # Of frames that lack a part not all decoders say so; which ones those are, packets do not tell for sure.
        partial = max(len(self._spoilt), self._holed - lost)
        # FFmpeg stops without a word where the index of another track leads nowhere.
        listed = len(self._stream.index_entries) if self._container.format.name.startswith("mov") else 0
        numbers = {
            "cannot be read": max(0, listed - self._taken),
            "cannot be decoded": lost,
            "can be decoded in part alone": partial,
        }
        told = [f"{number} of its frames {what}" for what, number in numbers.items() if number]
        promised = (self._container.duration or 0) / av.time_base if self._container.format.name in _PROMISING else 0
        return [f"it ends after {self._end:.0f} of {promised:.0f} seconds"] * (self._end < promised - 1) + told

    def _decoded(self) -> Iterator[VideoFrame]:
        broadcast = self._container.format.name == "mpegts"  # Of which something is always missing.
        begun, first, last = not broadcast, None, None
        holed = deque[bool](maxlen=2)
        for packet in self._packets():
            if packet.size:
                self._taken += 1
                # Where files were joined something seems to be lacking, too: at most two pictures, of which FFmpeg
                # marks the first, before one that needs no other.
                if packet.is_keyframe:
                    holed.clear()
                self._holed += len(holed) == 2 and holed[0]
                holed.append(packet.is_corrupt and broadcast and begun)
            first = packet.pts if first is None else first
            # What is shown before the first may build upon what is not there.
            if first is not None and packet.pts is not None and packet.pts >= first and not packet.is_discard:
                self._awaited.add(packet.pts)
                last = packet.pts
            if packet.is_corrupt and not broadcast:
                # Cut off in its middle: the decoder's complaint would cost the frames that are still in it.
                self._failed += 1
                continue
            try:
                decoded = packet.decode()
            except av.FFmpegError:  # Of damage, decoders have many words.
                self._failed += begun
                continue
            if decoded and not begun:
                # What was recorded from the middle of a broadcast begins with packets that build upon lost ones.
                self._awaited.clear()
                begun = True
            for frame in decoded:
                self._awaited.discard(frame.pts)
                self._interlaced |= frame.interlaced_frame
                if frame.is_corrupt:
                    self._spoilt.append(frame.pts)
            yield from decoded
        if broadcast:
            # Nor is its last one whole.
            self._awaited.discard(last)
            self._spoilt = [time for time in self._spoilt if time != last]

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        # Streams that came up on the way, as they do in broadcasts, PyAV looks for in vain at the end.
        with suppress(IndexError):
            for packet in self._container.demux():
                if packet.pts is not None:
                    self._end = max(self._end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                if packet.stream.index == self._stream.index:
                    yield cast("Packet[VideoStream]", packet)


def extent(container: InputContainer, stream: VideoStream, path: Path) -> tuple[int, int]:
    """How many bytes the file has, and how many hang together: more where it is cut off, and FFmpeg just stops as if
    that were the end; fewer where FFmpeg has to look for how it goes on, and says nothing of what lies between."""
    try:
        with path.open("rb") as file:
            head, size = file.read(8), file.seek(0, SEEK_END)
            if container.format.name.startswith("matroska"):
                return size, chain_end(file, size)
    except OSError:  # Gone meanwhile, but not for FFmpeg, which has it open.
        return 0, 0
    promised = 0
    if container.format.name.startswith("mov"):
        promised = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
    elif head.startswith(b"RIFF"):
        promised = 8 + int.from_bytes(head[4:], "little")
    return size, max(size, promised)


def _progressive(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """The same frames, as many, but whole: two half-pictures of different times would show combs where one moves."""
    graph: Graph | None = None
    shape: tuple[int, int, str] | None = None
    for frame in frames:
        now = frame.width, frame.height, frame.format.name
        if graph and now != shape:
            yield from _through(graph, None)
            graph = None
        if not graph and frame.interlaced_frame:
            graph, shape = _deinterlacer(frame), now
        if graph:
            yield from _through(graph, frame)
        else:
            yield frame
    if graph:
        yield from _through(graph, None)


def _deinterlacer(frame: VideoFrame) -> Graph:
    """Bob Weaver by Martin Weston's filter, which leaves frames alone that are whole already."""
    graph = Graph()
    entry = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base, name="entry"
    )
    graph.link_nodes(entry, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink"))
    graph.configure()
    return graph


def _through(graph: Graph, frame: VideoFrame | None) -> Iterator[VideoFrame]:
    graph.vpush(frame)
    try:
        while True:
            yield graph.vpull()
    except (av.BlockingIOError, av.EOFError):
        return
