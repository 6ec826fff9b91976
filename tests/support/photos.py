"""Photos as files, for the tests of what reads and writes them."""

import struct
import zlib

import cv2
import numpy as np
from PIL import Image as Pillow

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
