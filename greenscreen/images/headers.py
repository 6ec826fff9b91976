"""What an image file says of itself before anything is decoded: how large it is, and whether all of it is there.

Decoders paint over what is missing and reserve whatever memory a file asks for, so both are found out first.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator

_JPEG_SIZES = {*range(0xFFC0, 0xFFD0)} - {0xFFC4, 0xFFC8, 0xFFCC}  # start of frame, of any coding
_JPEG_SCAN = 0xFFDA
_PNG_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf"}
_WEBP_ANIMATION = 2
TIFF = (b"II*\0", b"MM\0*")
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_CHANNELS, _TIFF_SHORT = 256, 257, 277, 3

_AGAIN = "copy or download it again"
AS_JPEG = "save it as JPEG or PNG with any image editor and try again"


class BrokenImageError(ValueError):
    """Not a whole image. The message continues a sentence that begins with the file's name; `hint` says what to do."""

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.hint = hint


def measure(data: bytes) -> tuple[int, int]:
    """Return the width and height that an image file declares; raise `BrokenImageError` when a part is missing."""
    for signature, reader in _READERS:
        if re.match(signature, data, re.DOTALL):
            try:
                size = reader(data)
                if 0 in size:
                    raise ValueError("no pixels")
                return size
            except struct.error as error:
                raise BrokenImageError("is cut off", _AGAIN) from error
            except (KeyError, ValueError) as error:
                if isinstance(error, BrokenImageError):
                    raise
                raise BrokenImageError("is damaged", _AGAIN) from error
    raise BrokenImageError("is not an image of a known kind", AS_JPEG)


def moves(data: bytes) -> bool:
    """Return whether a PNG or WebP, as `measure` has found it whole, holds an animation."""
    if data.startswith(b"\x89PNG"):
        return any(kind == b"acTL" for kind, _ in png_chunks(data))
    return data[8:16] == b"WEBPVP8X" and bool(data[20] & _WEBP_ANIMATION)


def picture_only(data: bytes) -> bytes:
    """Return a PNG without its texts and colour profiles, about which libpng would complain on stderr."""
    if not data.startswith(b"\x89PNG"):
        return data
    return data[:8] + b"".join(chunk for kind, chunk in png_chunks(data) if kind in _PNG_PICTURE)


def _jpeg(data: bytes) -> tuple[int, int]:
    size, at, marker = (0, 0), 2, 0
    while marker != _JPEG_SCAN:
        marker, length = struct.unpack_from(">HH", data, at)
        if marker < 0xFF00:
            raise ValueError("no marker")
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = width, height
        at += 1 if marker == 0xFFFF else 2 + length
    # Within a scan FF is always followed by 00 or a restart, so this can only be the marker that ends the image.
    if data.find(b"\xff\xd9", at) < 0:
        raise struct.error("no end of image")
    return size


def _png(data: bytes) -> tuple[int, int]:
    header, *_ = (chunk for kind, chunk in png_chunks(data) if kind == b"IHDR")
    width, height = struct.unpack_from(">II", header, 8)
    return width, height


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind of each chunk and the whole of it; raises `ValueError` and `struct.error` where it is broken."""
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + length + 12]
        if length + 12 != len(chunk):
            raise struct.error("no whole chunk")
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise ValueError("wrong checksum")
        yield kind, chunk
        at += length + 12


def _webp(data: bytes) -> tuple[int, int]:
    kind, *sizes = struct.unpack_from("<12x4s5xI1xHH", data)
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        return (sizes[0] & 0x3FFF) + 1, (sizes[0] >> 14 & 0x3FFF) + 1
    return sizes[1] & 0x3FFF, sizes[2] & 0x3FFF


def _bmp(data: bytes) -> tuple[int, int]:
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    return width, abs(height)


def _tiff(data: bytes) -> tuple[int, int]:
    tags = tiff_tags(data)
    if tags.get(_TIFF_CHANNELS) == 2:  # OpenCV would show what is hidden.
        raise BrokenImageError("is a gray TIFF with transparency, which greenscreen does not read", "save it as PNG")
    return tags[_TIFF_WIDTH], tags[_TIFF_HEIGHT]


def tiff_tags(data: bytes) -> dict[int, int]:
    """Return the first directory's tags, each with its one number or where its value lies; raises `struct.error`."""
    order = "<" if data.startswith(b"II") else ">"
    (at,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, at)
    tags = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        tags[tag] = struct.unpack_from(order + ("H" if kind == _TIFF_SHORT else "I"), data, entry + 8)[0]
    return tags


def _avif(data: bytes) -> tuple[int, int]:
    """The largest of its parts: pictures, their alphas, or tiles of a grid."""
    sizes = [struct.unpack(">II", size) for size in re.findall(rb"ispe.{4}(.{8})", data, re.DOTALL)]
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return width, height


def _heic(data: bytes) -> tuple[int, int]:
    raise BrokenImageError(
        "is a HEIC photo, which greenscreen does not read",
        "save it as JPEG; an iPhone takes JPEGs with Settings, Camera, Formats, Most Compatible",
    )


def _gif(data: bytes) -> tuple[int, int]:
    raise BrokenImageError(
        "is a GIF, which greenscreen does not read as a photo",
        "save it as PNG, or cut it as a video: greenscreen video",
    )


_READERS: list[tuple[bytes, Callable[[bytes], tuple[int, int]]]] = [
    (rb"\xff\xd8\xff", _jpeg),
    (rb"\x89PNG\r\n\x1a\n", _png),
    (rb"RIFF....WEBP", _webp),
    (rb"BM", _bmp),
    (rb"II\*\0|MM\0\*", _tiff),
    (rb"....ftyp(avif|.{0,64}avif)", _avif),
    (rb"....ftyp(hei|hev|mif1|msf1)", _heic),
    (rb"GIF8", _gif),
]
