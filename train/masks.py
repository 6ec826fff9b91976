"""Masks as other people store them, and what makes one useless for training."""

from pathlib import Path

import cv2
import numpy as np

from greenscreen.errors import SourceError
from train.data import Image


class DepthError(SourceError):
    """A picture that can be read, of other than 8 bits a channel."""


def read_unchanged(path: Path) -> Image:
    """A picture with the channels it has: `(H, W)`, `(H, W, 3)` BGR or `(H, W, 4)` BGRA, uint8.

    Raises `SourceError` when the file is missing or damaged, `DepthError` when it has other than 8 bits a channel.
    """
    # Refuses pipes and devices too, which might never end.
    if not path.is_file():
        raise SourceError(f"there is no file {path}", "check the path")
    try:
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", "check the path") from error
    except cv2.error as error:
        raise SourceError(f"{path} is no picture", "save it as PNG again") from error
    if pixels is None:
        raise SourceError(f"{path} is no picture, or a damaged one", "save it as PNG again")
    if pixels.dtype != np.uint8:
        raise DepthError(f"{path} has pixels of an unusual kind ({pixels.dtype})", "save it with 8 bits a channel")
    return np.asarray(pixels, np.uint8)


def is_gray(pixels: Image) -> bool:
    """Whether the colour channels say nothing that one of them would not."""
    return pixels.ndim == 2 or bool((pixels[..., :3] == pixels[..., :1]).all())


def has_alpha(pixels: Image) -> bool:
    return pixels.ndim == 3 and pixels.shape[2] == 4


def fault(alpha: Image) -> str:
    """Why no person can be learnt from an `(H, W)` mask, or nothing if one can."""
    darkest, brightest = int(alpha.min()), int(alpha.max())
    if brightest == 0:
        return "the mask is empty"
    if brightest < 128:
        return "the mask is too dark: people must be 255"
    if darkest >= 128:
        return "the mask is full"
    return ""
