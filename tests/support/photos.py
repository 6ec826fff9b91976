"""Photos as files, for the tests of what reads and writes them."""

import struct
import zlib

import cv2
import numpy as np
from PIL import Image as Pillow

P3 = (0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)
"""XYZ of Display P3's red, green and blue, at D50."""
LIKE_SRGB = (
    b"para"
    + bytes(4)
    + struct.pack(">HH5i", 3, 0, *(round(65536 * v) for v in (2.4, 0.94787, 0.05213, 0.07739, 0.04045)))
)
KINDS = [".jpg", ".png", ".webp", ".bmp", ".tiff", ".avif"]


def noise(size: tuple[int, int] = (120, 160)) -> np.ndarray:
    return cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8), (0, 0), 1)


def encoded(image: np.ndarray, suffix: str, *options: int) -> bytes:
    return cv2.imencode(suffix, image, options)[1].tobytes()


def near(a: np.ndarray, b: np.ndarray) -> bool:
    """Within what chroma subsampling and compression cost, away from the edges between colours."""
    return a.shape == b.shape and np.median(abs(a.astype(int) - b.astype(int)).max(2)) < 12


def pillow(image: np.ndarray) -> Pillow.Image:
    return Pillow.fromarray(image[..., ::-1])


def png(width: int, height: int, data: bytes = b"", extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND")


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def profile(curve: bytes = LIKE_SRGB, colours: tuple[tuple[float, ...], ...] = P3) -> bytes:
    tags = {b"wtpt": xyz((0.9642, 1, 0.8249)), b"desc": b"desc" + struct.pack(">II", 0, 2) + b"x\0" + bytes(80)}
    tags |= {name + b"XYZ": xyz(colour) for name, colour in zip((b"r", b"g", b"b"), colours, strict=True)}
    tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
    directory, data = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        directory += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(data), len(tag))
        data += tag + bytes(-len(tag) % 4)
    body = directory + data
    head = struct.pack(
        ">I4s4s4s4s4s12x4s", 128 + len(body), bytes(4), b"\x02\x40\0\0", b"mntr", b"RGB ", b"XYZ ", b"acsp"
    )
    return head.ljust(68, b"\0") + xyz((0.9642, 1, 0.8249))[8:] + bytes(48) + body


def xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * v) for v in values))


def palette(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (40, 50, 3)).astype(np.uint8)
