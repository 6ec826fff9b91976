"""Labels pictures with a model's mattes, better than that model alone: several views, averaged.

Pictures on whose views the model does not agree with itself, or of which it is not sure, are left out.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from rich.progress import track

from greenscreen.images import write_image
from train.candidate import Candidate, open_candidate
from train.data import Image, Row, read, shrink
from train.manifest import make_folder, save
from train.metrics import Alpha, iou


@dataclass(frozen=True)
class Rules:
    """Which labels are kept."""

    agreement: float = 0.9
    """Least IoU of any view with the mean of all."""
    sure: float = 0.8
    """Least share of pixels whose matte is below 0.1 or above 0.9."""
    least: float = 0.03
    """Least share of the picture that people cover."""


def label(rows: list[Row], model: Path, out: Path, sharp: bool = True, rules: Rules | None = None) -> tuple[int, int]:
    """Writes `out/manifest.csv` and a matte for each unlabelled row that is kept; returns how many were and were not.

    `sharp` brings a coarse model's soft edges to the picture's; without, the matte stays as soft as the teacher is
    unsure. Raises `ModelError` for a model, `SourceError` for a picture that cannot be read, `SinkError` for `out`.
    """
    rules, kept, dropped = rules or Rules(), [], 0
    make_folder(out)
    with TemporaryDirectory() as scratch:
        teacher = open_candidate(model, Path(scratch))
        for index, row in enumerate(track([row for row in rows if row.split == "unlabelled"], "labelling")):
            image = shrink(read(row.image))
            matte, agreement = opinion(teacher, image)
            sure = (np.abs(matte - 0.5) > 0.4).mean()
            if agreement < rules.agreement or sure < rules.sure or (matte > 0.5).mean() < rules.least:
                dropped += 1
                continue
            mask = out / f"{index:05d}.png"
            write_image(mask, ((sharpened(image, matte) if sharp else matte) * 255).round().astype(np.uint8))
            kept.append(Row("train", f"labelled_{row.source}", row.image, mask))
    save(out / "manifest.csv", kept)
    return len(kept), dropped


def opinion(teacher: Candidate, image: Image) -> tuple[Alpha, float]:
    """The mean matte of plain, mirrored and padded views, and the least IoU of any view with that mean."""
    h, w = image.shape[:2]
    views = []
    for pad in (0, round(0.15 * max(h, w))):
        wide = cv2.copyMakeBorder(image, pad, 0, pad, pad, cv2.BORDER_REFLECT_101)
        for flip in (False, True):
            matte = teacher.matte(np.ascontiguousarray(wide[:, ::-1]) if flip else wide)
            matte = matte[:, ::-1] if flip else matte
            views.append(matte[pad : pad + h, pad : pad + w])
    mean = np.mean(views, 0, dtype=np.float32)
    return mean, min(iou(view, mean) for view in views)


def sharpened(image: Image, matte: Alpha) -> Alpha:
    """The matte at the picture's edges: a coarse teacher's are soft because it is coarse, not because hair is."""
    steep = np.clip((matte - 0.5) * 2.5 + 0.5, 0, 1).astype(np.float32)
    # Guiding leaves a faint haze where the room has edges of its own: the last clip takes it away.
    return np.clip((guide(image, steep) - 0.1) / 0.8, 0, 1)


def guide(bgr: Image, matte: Alpha, radius: int = 6, eps: float = 1e-3) -> Alpha:
    """Guided filter (He et al., ECCV 2010) with the picture's luma as guide."""
    luma = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    size = (2 * radius + 1,) * 2

    def mean(x: Alpha) -> Alpha:
        return cv2.blur(x, size)

    a = (mean(luma * matte) - mean(luma) * mean(matte)) / (mean(luma * luma) - mean(luma) ** 2 + eps)
    return np.clip(mean(a) * luma + mean(mean(matte) - mean(a) * mean(luma)), 0, 1)
