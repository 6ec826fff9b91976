"""A video file as FFmpeg gives it: opened with nothing but itself in reach, its frames, and what it lacks."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import SEEK_END
from os.path import getsize, isdir, isfile
from pathlib import Path

import av
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from greenscreen.errors import SourceError

HINT = "see whether a video player plays it, and convert it to MP4"

_LISTS = {"concat", "dash", "hls", "imf"}
"""Formats of files that name others, anywhere on this machine, in whose place those would be shown."""
_EBML, _SEGMENT, _HEAD = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", 64


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file at its beginning, and the picture in it; raises `SourceError`."""
    if isdir(path):
        raise SourceError(f"{path} is a folder, not a video", "name a file in it")
    # Refuses pipes and devices too, which might never end.
    if not isfile(path):
        raise SourceError(f"there is no video {path}", "check the path")
    if not getsize(path):
        raise SourceError(f"{path.name} is empty", "copy or download it again")
    try:
        # A name may look like a URL, or like the pattern of many, and a playlist posing as a video must not reach the
        # network.
        reach = {"protocol_whitelist": "file", "pattern_type": "none"}
        container = av.open(f"file:{path}", container_options=reach, metadata_errors="replace")
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

    What cannot be decoded is passed over and counted in `lost`; an `av.FFmpegError` says that no more can be read.
    """

    def __init__(self, container: InputContainer, stream: VideoStream):
        self._container, self._stream = container, stream
        self.lost = 0
        """Packets after the first frame that could not be decoded."""

    def __iter__(self) -> Iterator[VideoFrame]:
        return _progressive(self._decoded())

    def _decoded(self) -> Iterator[VideoFrame]:
        begun = False
        broadcast = self._container.format.name == "mpegts"  # Of which something is always missing.
        for packet in self._packets():
            if packet.is_corrupt and not broadcast:
                # Cut off in its middle: the decoder's complaint would cost the frames that are still in it.
                self.lost += 1
                continue
            try:
                decoded = packet.decode()
            except av.FFmpegError:  # Of damage, decoders have many words.
                # What was recorded from the middle of a broadcast begins with packets that build upon lost ones.
                self.lost += begun
                continue
            begun = begun or bool(decoded)
            yield from decoded

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        # Streams that came up on the way, as they do in broadcasts, PyAV looks for in vain at the end.
        with suppress(IndexError):
            yield from self._container.demux(self._stream)


def cut_off(container: InputContainer, stream: VideoStream, path: Path) -> bool:
    """Whether the file promises more bytes than there are; FFmpeg just stops there as if that were the end."""
    try:
        with path.open("rb") as file:
            head, size = file.read(_HEAD), file.seek(0, SEEK_END)
    except OSError:  # Gone meanwhile, but not for FFmpeg, which has it open.
        return False
    if container.format.name.startswith("mov"):
        return max((entry.pos + entry.size for entry in stream.index_entries), default=0) > size
    if head.startswith(b"RIFF"):
        return 8 + int.from_bytes(head[4:8], "little") > size
    return _matroska_end(head) > size


def _matroska_end(head: bytes) -> int:
    """Where the one segment of a Matroska or WebM file should end; 0 where it does not say, as while it is written."""
    if not head.startswith(_EBML):
        return 0
    at = head.find(_SEGMENT) + len(_SEGMENT)
    if at < len(_SEGMENT) or at + 8 > len(head):
        return 0
    # A length begins with as many zero bits as it has bytes more than one; all other bits set means unknown.
    count = 9 - head[at].bit_length()
    length = int.from_bytes(head[at : at + count], "big") - (1 << 7 * count)
    return at + count + length if length + 1 < 1 << 7 * count else 0


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
