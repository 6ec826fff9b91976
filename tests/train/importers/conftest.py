"""Pictures of any size for the importers to find."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def picture() -> Callable[..., Path]:
    """Writes a picture of noise, 80x60 unless told otherwise, and the folders above it."""

    def write(path: Path, width: int = 80, height: int = 60, channels: int = 3) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8))
        return path

    return write


@pytest.fixture
def half_mask() -> np.ndarray:
    """80x60, the left half a person."""
    mask = np.zeros((60, 80), np.uint8)
    mask[:, :40] = 255
    return mask
