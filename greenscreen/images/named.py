"""Colours that a file names by number (ITU-T H.273) in place of a profile, as the profile (ICC.1:2022) of the same."""

import struct
from functools import cache

import numpy as np

from greenscreen.picture.hdr import BT709, TO_XYZ

_D50 = (0.9642, 1.0, 0.8249)
_TO_D50 = np.array([[1.04793, 0.02295, -0.05019], [0.02963, 0.99043, -0.01707], [-0.00924, 0.01506, 0.75213]])
"""XYZ by D65 to XYZ by D50, after Bradford."""
_CURVE = 3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045
"""The kind and numbers of sRGB's, which BT.709's is shown by as well."""


@cache
def profile_named(primaries: int) -> bytes | None:
    """Return the profile for these primaries: empty for sRGB's, and none for numbers that say nothing here."""
    if primaries not in TO_XYZ:
        return None
    if primaries == BT709:
        return b""
    blue, green, red = (_TO_D50 @ TO_XYZ[primaries]).T
    kind, *numbers = _CURVE
    curve = b"para" + struct.pack(">IHH5i", 0, kind, 0, *map(_fixed, numbers))
    tags = {b"desc": _text("colours named by the file"), b"cprt": _text("none"), b"wtpt": _xyz(*_D50)}
    tags |= {b"rXYZ": _xyz(*red), b"gXYZ": _xyz(*green), b"bXYZ": _xyz(*blue)}
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    tags |= {b"chad": b"sf32" + struct.pack(">I9i", 0, *map(_fixed, _TO_D50.flat))}
    start, directory, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        directory += struct.pack(">4sII", name, start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s", start + len(body), 0x04400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return head.ljust(68, b"\0") + _xyz(*_D50)[8:] + bytes(48) + directory + body


def _fixed(value: float) -> int:
    return round(value * 65536)


def _xyz(*values: float) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *map(_fixed, values))


def _text(words: str) -> bytes:
    data = words.encode("utf-16-be")
    return b"mluc" + struct.pack(">III4sII", 0, 1, 12, b"enUS", len(data), 28) + data
