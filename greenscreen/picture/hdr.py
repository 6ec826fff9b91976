"""High dynamic range (ITU-R BT.2100: PQ and HLG) brought into the usual range and colours."""

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture.frame import Image

Table = NDArray[np.float32]

PQ, HLG = 16, 18
"""What ITU-T H.273 numbers the two curves, as files do (table 3)."""
BT709, BT2020, P3 = 1, 9, 12
"""The same of the primaries (table 2). P3 is that of displays, with the white of the others (SMPTE EG 432-1)."""

_WHITE = 203.0  # nits of what is white in the usual range (ITU-R BT.2408)
_PEAK = 1000.0  # nits of the display that HLG is shown on in mastering
_BRIGHTEST = 10_000 / _WHITE
_CODES = 4096  # twelve bits
_ROWS = 256
_KNEE = 0.75  # from here on highlights are compressed
_CORNERS = {
    BT709: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    P3: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}  # x, y of red, green, blue
_D65 = (0.3127, 0.3290)


def toned(picture: NDArray[np.unsignedinteger], bits: int, curve: int, primaries: int) -> Image:
    """BGR `(H, W, 3)` of so many bits by `PQ` or `HLG`, as uint8 BGR of BT.709's colours and gamma.

    Other `primaries` than those named above are taken for BT.2020's, which are BT.2100's own.
    """
    to_xyz = TO_XYZ.get(primaries, TO_XYZ[BT2020])
    out, scale = np.empty(picture.shape, np.uint8), np.float32((_CODES - 1) / (2**bits - 1))
    for top in range(0, len(picture), _ROWS):
        codes = np.rint(picture[top : top + _ROWS] * scale).astype(np.uint16)
        out[top : top + _ROWS] = _toned(codes, curve, to_xyz)
    return out


def _toned(codes: NDArray[np.uint16], curve: int, to_xyz: Table) -> Image:
    if curve == PQ:
        light = _PQ[codes]
    else:
        scene = _HLG[codes]
        shown = cv2.pow(cv2.transform(scene, to_xyz[1:2]), 0.2)
        light = scene * np.asarray(shown, np.float32)[..., None] * np.float32(_PEAK / _WHITE)
    usual = np.clip(cv2.transform(light, _FROM_XYZ @ to_xyz), 0, _BRIGHTEST)
    # By the square root, as eyes and codes are finer in the dark.
    index = cv2.sqrt(usual) * np.float32((_CODES - 1) / np.sqrt(_BRIGHTEST))
    return _CODE[index.astype(np.uint16)]


def _to_xyz(corners: tuple[tuple[float, float], ...]) -> Table:
    """From linear B, G, R to CIE XYZ (SMPTE RP 177); the middle row is the luminance."""
    xyz = np.array([(x / y, 1, (1 - x - y) / y) for x, y in (*corners[::-1], _D65)]).T
    colours, white = xyz[:, :3], xyz[:, 3]
    return (colours * np.linalg.solve(colours, white)).astype(np.float32)


def _pq() -> Table:
    """Light of 12-bit codes, 1 the usual white: SMPTE ST 2084."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    code = np.linspace(0, 1, _CODES) ** (1 / m2)
    return (_BRIGHTEST * (np.maximum(code - c1, 0) / (c2 - c3 * code)) ** (1 / m1)).astype(np.float32)


def _hlg() -> Table:
    """The scene's light of 12-bit codes in [0, 1]: ARIB STD-B67."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    code = np.linspace(0, 1, _CODES)
    return np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12).astype(np.float32)


def _code() -> Image:
    """Codes for BT.1886's gamma, of light by its square root; highlights approach white."""
    light = np.linspace(0, 1, _CODES) ** 2 * _BRIGHTEST
    above = 1 - np.exp(-np.maximum(light - _KNEE, 0) / (1 - _KNEE))
    return np.rint(255 * (np.minimum(light, _KNEE) + (1 - _KNEE) * above) ** (1 / 2.4)).astype(np.uint8)


TO_XYZ = {primaries: _to_xyz(corners) for primaries, corners in _CORNERS.items()}
"""From linear B, G, R of the primaries above to XYZ, by D65."""
_FROM_XYZ = np.linalg.inv(TO_XYZ[BT709])
_PQ, _HLG, _CODE = _pq(), _hlg(), _code()
