"""One picture of the person as bytes: colour as JPEG, alpha exact as PNG, cut to where the person is.

Two pictures instead of one with colour above alpha, because the run-length PNG costs about as much to make as the
second half of a JPEG and brings every alpha back as it was: 0 stays 0, and the edge has no ringing.

A message is a header, the JPEG and the PNG. The header is seven little-endian uint32: width and height of the whole
picture; left, top, width and height of what was cut out of it; length of the JPEG. No bytes at all mean: show nothing.
"""

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.frame import Image

NOTHING = b""

_HEADER = struct.Struct("<7I")
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]
# Only run-length strategy without row filters: three times as fast as the default, on mattes hardly larger.
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
_PNG += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
_FILL = 8


def encode_person(person: Image, alpha: NDArray[np.uint8]) -> bytes:
    """The message for `person`, `(H, W, 3)` BGR not multiplied by alpha, and `alpha`, `(H, W)` uint8."""
    left, top, width, height = cv2.boundingRect(alpha)
    if not width:
        return NOTHING
    here = np.s_[top : top + height, left : left + width]
    colour = _jpeg(filled(person[here], alpha[here]))
    matte = cv2.imencode(".png", alpha[here], _PNG)[1].tobytes()
    header = _HEADER.pack(alpha.shape[1], alpha.shape[0], left, top, width, height, len(colour))
    return header + colour + matte


def encode_view(image: NDArray[np.uint8], widest: int = 640) -> bytes:
    """A small JPEG of `(H, W, 3)` BGR or `(H, W)` gray, for the control page."""
    height, width = image.shape[:2]
    if width > widest:
        image = np.asarray(cv2.resize(image, (widest, max(1, height * widest // width)), interpolation=cv2.INTER_AREA))
    return _jpeg(image)


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
