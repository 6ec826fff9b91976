"""How good a matte is. All arrays are float32 `(H, W)` in [0, 1]."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Alpha = NDArray[np.float32]


def iou(matte: Alpha, truth: Alpha) -> float:
    """Intersection over union of the person at a threshold of one half; 1 when both are empty."""
    p, t = matte > 0.5, truth > 0.5
    union = int((p | t).sum())
    return float((p & t).sum() / union) if union else 1.0


def dice(matte: Alpha, truth: Alpha) -> float:
    """Dice coefficient (Dice, Ecology, 1945) of the person at a threshold of one half; 1 when both are empty.

    It ranks single pictures as IoU does, and forgives more.
    """
    p, t = matte > 0.5, truth > 0.5
    both = int(p.sum()) + int(t.sum())
    return float(2 * (p & t).sum() / both) if both else 1.0


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


METRICS: dict[str, Callable[[Alpha, Alpha], float]] = {
    "iou": iou,
    "boundary_iou": boundary_iou,
    "dice": dice,
    "mad": mad,
}
"""By name, of matte and truth."""


def dtssd(mattes: Sequence[Alpha], truths: Sequence[Alpha]) -> float:
    """Error of the change from frame to frame, times 100: how much a matte moves other than the truth does.

    Erofeev et al., "Perceptually Motivated Benchmark for Video Matting" (BMVC 2015), as the mean over frames of the
    root mean square over pixels.
    """
    errors = [
        np.sqrt(np.mean(np.square((after - before) - (true_after - true_before))))
        for (before, after), (true_before, true_after) in zip(pairwise(mattes), pairwise(truths), strict=True)
    ]
    return float(np.mean(errors) * 1e2)


def flicker(mattes: Sequence[Alpha], truths: Sequence[Alpha]) -> float:
    """Mean absolute change from frame to frame, times 1000, where the truth stands still to half an 8-bit step."""
    changes = []
    for (before, after), (true_before, true_after) in zip(pairwise(mattes), pairwise(truths), strict=True):
        still = np.abs(true_after - true_before) < 1 / 510
        changes.append(float(np.abs(after - before)[still].mean()) if still.any() else 0.0)
    return float(np.mean(changes) * 1e3)


def lag(mattes: Sequence[Alpha], truths: Sequence[Alpha], step: int, settled: int = 10) -> int:
    """Frames after a jump, before frame `step`, for which the matte is worse than it comes to be; 0 is none.

    Worse is a mean absolute difference more than 1.2 times, and more than one in a thousand, above the median of
    frames `settled` and later after the jump, which must be followed by twice as many at rest.
    """
    errors = np.array([mad(matte, truth) for matte, truth in zip(mattes, truths, strict=True)])
    rest = float(np.median(errors[step + settled : step + 2 * settled]))
    worse = errors[step : step + settled] > max(1.2 * rest, rest + 1)
    return int(np.flatnonzero(worse)[-1] + 1) if worse.any() else 0
