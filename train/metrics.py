"""How good a matte is. All arrays are float32 `(H, W)` in [0, 1]."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Alpha = NDArray[np.float32]


def iou(matte: Alpha, truth: Alpha) -> float:
    """Intersection over union of the person at a threshold of one half; 1 when both are empty."""
    p, t = matte > 0.5, truth > 0.5
    union = int((p | t).sum())
    return float((p & t).sum() / union) if union else 1.0


def boundary_iou(matte: Alpha, truth: Alpha, width: float = 0.02) -> float:
    """Boundary IoU (Cheng et al., CVPR 2021): IoU of the inner bands, `width` of the diagonal wide."""
    distance = max(1, round(width * float(np.hypot(*truth.shape))))

    def band(alpha: Alpha) -> NDArray[np.bool_]:
        mask = np.pad((alpha > 0.5).astype(np.uint8), 1)
        inner = cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=distance)
        return (mask - inner)[1:-1, 1:-1] > 0

    p, t = band(matte), band(truth)
    union = int((p | t).sum())
    return float((p & t).sum() / union) if union else 1.0


def mad(matte: Alpha, truth: Alpha) -> float:
    """Mean absolute difference, times 1000 as papers print it."""
    return float(np.abs(matte - truth).mean() * 1e3)


METRICS: dict[str, Callable[[Alpha, Alpha], float]] = {"iou": iou, "boundary_iou": boundary_iou, "mad": mad}
"""By name, of matte and truth."""
