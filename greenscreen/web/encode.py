"""One picture of the person as bytes, cut to where the person is: pixels as they are, or JPEG and PNG.

Pixels cost next to nothing to make and to show, and on one machine their size is no matter. For others colour goes as
JPEG and alpha as PNG. Two pictures instead of one with colour above alpha, because the run-length PNG costs about as
much to make as the second half of a JPEG and brings every alpha back as it was: 0 stays 0, and the edge has no ringing.
Its values stand for transparency, by way of a palette (PNG, third edition, 11.2.1 and 11.3.1.1), so that a browser
masks with it as it is.

A message is a header, and RGBA pixels or the JPEG and the PNG. The header is seven little-endian uint32: width and
height of the whole picture; left, top, width and height of what was cut out of it; length of the JPEG, 0 for pixels. No
bytes at all mean: show nothing.
"""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture.frame import Image

NOTHING = b""

_HEADER = struct.Struct("<7I")
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]
# Only run-length strategy without row filters: three times as fast as the default, on mattes hardly larger.
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
_PNG += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
_FILL = 8

_START = 8 + 25
"""Bytes of a PNG's signature and its first chunk, which says size and kind."""
_KIND = 25
"""Where in it the kind is."""
_INDEXED = b"\x03"


def encode_person(person: Image, alpha: NDArray[np.uint8]) -> bytes:
    """The message for `person`, `(H, W, 3)` BGR not multiplied by alpha, and `alpha`, `(H, W)` uint8."""
    left, top, width, height = cv2.boundingRect(alpha)
    if not width:
        return NOTHING
    here = np.s_[top : top + height, left : left + width]
    colour = _jpeg(filled(person[here], alpha[here]))
    matte = transparency(cv2.imencode(".png", alpha[here], _PNG)[1].tobytes())
    header = _HEADER.pack(alpha.shape[1], alpha.shape[0], left, top, width, height, len(colour))
    return header + colour + matte


def raw_person(person: Image, alpha: NDArray[np.uint8]) -> bytes:
    """The same as pixels, four bytes each; those where alpha is 0 are 0 themselves, so that no room is sent."""
    left, top, width, height = cv2.boundingRect(alpha)
    if not width:
        return NOTHING
    here = np.s_[top : top + height, left : left + width]
    pixels = cv2.cvtColor(cv2.copyTo(person[here], alpha[here]), cv2.COLOR_BGR2RGBA)
    cv2.insertChannel(alpha[here], pixels, 3)
    return _HEADER.pack(alpha.shape[1], alpha.shape[0], left, top, width, height, 0) + pixels.tobytes()


def encode_view(image: NDArray[np.uint8], widest: int = 640) -> bytes:
    """A small JPEG of `(H, W, 3)` BGR or `(H, W)` gray, for the control page."""
    height, width = image.shape[:2]
    if width > widest:
        image = np.asarray(cv2.resize(image, (widest, max(1, height * widest // width)), interpolation=cv2.INTER_AREA))
    return _jpeg(image)


def transparency(png: bytes) -> bytes:
    """A grayscale PNG of eight bits as one whose gray is alpha: the same data behind a palette of opacities."""
    start = png[12:_KIND] + _INDEXED + png[_KIND + 1 : _START - 4]
    return png[:12] + start + struct.pack(">I", zlib.crc32(start)) + _PALETTE + png[_START:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_PALETTE = _chunk(b"PLTE", bytes(3 * 256)) + _chunk(b"tRNS", bytes(range(256)))


def filled(person: Image, alpha: NDArray[np.uint8]) -> Image:
    """The person's colours carried on a little beyond the edge.

    JPEG mixes colours within blocks of 16 pixels, so that black beside the person would darken its edge.
    """
    height, width = alpha.shape
    size = (max(1, width // _FILL), max(1, height // _FILL))
    inside = cv2.threshold(alpha, 0, 255, cv2.THRESH_BINARY)[1]
    # Black outside adds nothing to either sum, so their ratio is the mean colour of the person nearby.
    weight = cv2.blur(cv2.resize(inside, size, interpolation=cv2.INTER_AREA).astype(np.float32), (5, 5))
    colour = cv2.blur(cv2.resize(person, size, interpolation=cv2.INTER_AREA).astype(np.float32), (5, 5))
    near = (colour * (255 / np.maximum(weight, 1))[..., None]).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.copyTo(person, inside, cv2.resize(near, (width, height))), np.uint8)


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".jpg", image, _JPEG)[1].tobytes()
