"""Colour profiles (ICC.1:2022): which colours a photo's numbers stand for. What is made of the photo keeps its own.

Nothing here converts colours: a picture of a wide gamut is worked on in its own numbers and keeps its profile. srgb.py
does, for backdrops.
"""

import re
import struct
import zlib

from greenscreen.images.headers import TIFF, png_chunks, tiff_tags
from greenscreen.images.named import profile_named
from greenscreen.images.pixels import coding

_MOST_BYTES = 4 << 20
_HEADER = 128
_TIFF_PROFILE = 34675
_JPEG_PART = 65_519  # what a segment has room for beside its own length, name and number
_JPEG_NAME = b"ICC_PROFILE\0"


def profile_of(data: bytes) -> bytes:
    """Return the profile of an image file that is whole, in it or named by it; empty where none is, or none of RGB.

    What a PNG names counts for more than a profile in it, and of an AVIF, for less.
    """
    named = profile_named(coding(data)[0])
    if named is not None and data.startswith(b"\x89PNG"):
        return named
    try:
        found = _of_rgb(_found(data))
    except (struct.error, zlib.error, ValueError):
        found = b""
    return found or named or b""


def with_profile(encoded: bytes, profile: bytes) -> bytes:
    """Return a PNG or JPEG that was encoded without a profile with this one."""
    if encoded.startswith(b"\x89PNG"):
        body = b"iCCP" + b"photo\0\0" + zlib.compress(profile)
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        return encoded[:33] + chunk + encoded[33:]
    # JFIF's own segment comes first.
    after = 4 + struct.unpack_from(">H", encoded, 4)[0] if encoded[2:4] == b"\xff\xe0" else 2
    return encoded[:after] + _segments(profile) + encoded[after:]


def _found(data: bytes) -> bytes:
    if data.startswith(b"\x89PNG"):
        packed = next((chunk[8:-4] for kind, chunk in png_chunks(data) if kind == b"iCCP"), b"\0\0")
        return zlib.decompressobj().decompress(packed[packed.index(b"\0") + 2 :], _MOST_BYTES)
    if data.startswith(b"\xff\xd8"):
        parts = sorted((part[12:13], part[14:]) for part in _segments_of(data) if part.startswith(_JPEG_NAME))
        return b"".join(part for _, part in parts)
    if data.startswith(TIFF):
        return data[tiff_tags(data).get(_TIFF_PROFILE, len(data)) :]
    if data.startswith(b"RIFF"):
        place = re.search(rb"ICCP....", data[12:4096], re.DOTALL)
        return data[12 + place.end() :] if place else b""
    place = re.search(rb"colr(?:prof|rICC)", data)
    return data[place.end() :] if place else b""


def _of_rgb(found: bytes) -> bytes:
    size, space, signature = struct.unpack_from(">I12x4s16x4s", found)
    whole = _HEADER < size <= min(len(found), _MOST_BYTES) and signature == b"acsp"
    return found[:size] if whole and space == b"RGB " else b""


def _segments_of(data: bytes) -> list[bytes]:
    """What the APP2 segments of a JPEG hold, up to its first scan."""
    found, at, marker = [], 2, 0
    while marker != 0xFFDA:
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFE2:
            found.append(data[at + 4 : at + 2 + length])
        at += 1 if marker == 0xFFFF else 2 + length
    return found


def _segments(profile: bytes) -> bytes:
    parts = [profile[at : at + _JPEG_PART] for at in range(0, len(profile), _JPEG_PART)]
    named = [_JPEG_NAME + bytes([number, len(parts)]) + part for number, part in enumerate(parts, 1)]
    return b"".join(b"\xff\xe2" + struct.pack(">H", len(part) + 2) + part for part in named)
