"""What an image file says of the pixels that are decoded of it, where the decoder does not see to it itself."""

import re
import struct

from greenscreen.images.headers import TIFF, png_chunks, tiff_tags

_COLOURS, _ORIENTATION, _LAYOUT, _ALPHA = 262, 274, 284, 338  # a TIFF's tags
_NEGATIVE, _PLANES = 0, 2
_UNKNOWN = 2  # of what ITU-T H.273 numbers
_MULTIPLIED, _STRAIGHT = 1, 2
_BMP_WITH_ALPHA = 56  # bytes of a header that has a mask for it


def orientation(data: bytes, exif: bytes) -> int:
    """Return how a file says its picture is to be turned, 1 to 8 as EXIF counts; 1, as it is, when it does not say.

    `exif` is its EXIF block, empty where there is none.
    """
    if data[4:8] == b"ftyp" and (turned := _avif_orientation(data)):
        return turned
    try:
        return tiff_tags(exif.removeprefix(b"Exif\0\0")).get(_ORIENTATION, 1)
    except struct.error:
        return 1


def depth(data: bytes) -> int:
    """Return how many bits count of the sixteen that are decoded of a picture of more than eight."""
    # AVIF's configuration (AV1-ISOBMFF, 2.3.3) says whether they are more than eight, and if so, whether twelve.
    configured = re.search(rb"av1C..(.)", data, re.DOTALL) if data[4:8] == b"ftyp" else None
    return (12 if configured[1][0] & 0x20 else 10) if configured else 16


def coding(data: bytes) -> tuple[int, int]:
    """Return what an AVIF or PNG says of its primaries and its curve, as ITU-T H.273 counts; 2 where it says nothing.

    An AVIF may say it of each of its parts (`nclx`, ISO/IEC 14496-12), of which one brightens another: if they differ,
    it says nothing. A PNG has a chunk for it (`cICP`, PNG third edition, 11.3.2.6).
    """
    found: list[tuple[int, int]] = []
    if data[4:8] == b"ftyp":
        found = [struct.unpack(">HH", part) for part in re.findall(rb"colrnclx(.{4})", data, re.DOTALL)]
    elif data.startswith(b"\x89PNG"):
        found = [(chunk[8], chunk[9]) for kind, chunk in png_chunks(data) if kind == b"cICP" and len(chunk) == 16][:1]
    primaries, curves = ({part[place] for part in found} for place in (0, 1))
    return _agreed(primaries), _agreed(curves)


def usual(data: bytes) -> bool:
    """Return whether sixteen bits that OpenCV decodes are what it takes them for: not a TIFF's negative nor planes."""
    tags = tiff_tags(data) if data.startswith(TIFF) else {}
    return tags.get(_COLOURS) != _NEGATIVE and tags.get(_LAYOUT) != _PLANES


def clear(data: bytes) -> bool:
    """Return whether a fourth channel that is decoded is opacity, and not a BMP's spare byte, which is mostly 0."""
    return not data.startswith(b"BM") or (data[14] >= _BMP_WITH_ALPHA and any(data[66:70]))


def multiplied(data: bytes, deep: bool) -> bool:
    """Return whether the colours that are decoded of a TIFF are multiplied by its alpha.

    They may be stored so; and of eight bits, libtiff does it, whereas it hands on the sixteen of `deep` ones as stored.
    """
    alpha = tiff_tags(data).get(_ALPHA) if data.startswith(TIFF) else None
    return alpha == _MULTIPLIED or (alpha == _STRAIGHT and not deep)


def _agreed(said: set[int]) -> int:
    return said.pop() if len(said) == 1 else _UNKNOWN


def _avif_orientation(data: bytes) -> int | None:
    """What the file's own boxes say (ISO/IEC 23008-12, 6.5.10 and 6.5.12), which count for more than its EXIF block."""
    turn, mirror = (re.search(rb"\0\0\0\x09" + name + rb"(.)", data, re.DOTALL) for name in (b"irot", b"imir"))
    if not turn and not mirror:
        return None
    quarters = turn[1][0] if turn else 0  # anticlockwise
    # Top and bottom exchanged are left and right exchanged, and half a turn.
    quarters += 2 if mirror and not mirror[1][0] & 1 else 0
    return ((2, 7, 4, 5) if mirror else (1, 8, 3, 6))[quarters % 4]
