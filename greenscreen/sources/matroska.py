"""Matroska and WebM files are chains of elements (RFC 8794, RFC 9559): whether the chain leads to the file's end.

Where it is broken FFmpeg goes on at the next cluster, and says nothing of the seconds between.
"""

from typing import BinaryIO

_EBML, _SEGMENT, _CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
_WITHIN_SEGMENTS = "114d9b74 1549a966 1654ae6b 1c53bb6b 1941a469 1043a770 1254c367"
_WITHIN_CLUSTERS = "e7 5854 a7 ab a3 a0 af"
_ANYWHERE = "ec bf"
_ELEMENTS = {
    _EBML,
    _SEGMENT,
    _CLUSTER,
    *map(bytes.fromhex, f"{_WITHIN_SEGMENTS} {_WITHIN_CLUSTERS} {_ANYWHERE}".split()),
}
_HEAD = 12  # bytes: the longest name and the longest length


def chain_end(file: BinaryIO, size: int) -> int:
    """Return where the chain of elements in a file of so many bytes ends.

    That is at `size` if the file is whole, beyond it if it is cut off, and before it where the chain is broken.
    """
    at, end = 0, size
    while at < end <= size:
        file.seek(at)
        head = file.read(_HEAD)
        name = head[: _width(head)]
        rest = head[len(name) :]
        width = _width(rest)
        if name not in _ELEMENTS or width > len(rest):
            return at
        length = int.from_bytes(rest[:width], "big") - (1 << 7 * width)
        at += len(name) + width
        known = length + 1 < 1 << 7 * width  # All bits set is what nobody knew, as while it was written.
        if name == _SEGMENT:
            end = at + length if known else size
        elif name != _CLUSTER:
            at += length
    return max(at, end)


def _width(head: bytes) -> int:
    """How many bytes a name or length has that begins so: one more than zero bits before its first one."""
    return 9 - head[0].bit_length() if head else 9
