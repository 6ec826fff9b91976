"""Labels pictures with the mattes of one or more models, better than any alone: several views of each, averaged.

Pictures on whose views the models do not agree, or of which they are not sure, are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from rich.progress import track

from greenscreen.errors import ModelError
from greenscreen.images import write_image
from train.candidate import Candidate, open_candidate
from train.data import Image, Row, read, shrink
from train.manifest import make_folder, none_of, save
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


def label(
    rows: list[Row], models: Sequence[Path], out: Path, sharp: bool = True, rules: Rules | None = None
) -> tuple[int, int]:
    """Writes `out/manifest.csv` and a matte for each unlabelled row that is kept; returns how many were and were not.

    `sharp` makes the mattes steeper, as truth is; without, they stay as soft as the teachers are unsure. Raises
    `UsageError` if there are none, `ModelError` for a model or when no label is kept, `SourceError` for a picture that
    cannot be read, `SinkError` for `out`.
    """
    rules, kept, dropped = rules or Rules(), [], 0
    unlabelled = [row for row in rows if row.split == "unlabelled"]
    if not unlabelled:
        raise none_of("unlabelled", "unlabelled pictures")
    make_folder(out)
    with TemporaryDirectory() as scratch:
        teachers = [open_candidate(model, Path(scratch), patient=True) for model in models]
        for index, row in enumerate(track(unlabelled, "labelling")):
            image = shrink(read(row.image))
            matte, agreement = opinion(teachers, image)
            sure = (np.abs(matte - 0.5) > 0.4).mean()
            if agreement < rules.agreement or sure < rules.sure or (matte > 0.5).mean() < rules.least:
                dropped += 1
                continue
            mask = out / f"{index:05d}.png"
            write_image(mask, ((steeper(matte) if sharp else matte) * 255).round().astype(np.uint8))
            kept.append(Row("train", f"labelled_{row.source}", row.image, mask))
    if not kept:
        raise ModelError("the models were not sure of any picture, so none is labelled", "train them for longer")
    save(out / "manifest.csv", kept)
    return len(kept), dropped


def opinion(teachers: Sequence[Candidate], image: Image) -> tuple[Alpha, float]:
    """The mean matte of every teacher's plain, mirrored and padded views, and the least IoU of any view with it."""
    h, w = image.shape[:2]
    views = []
    for pad in (0, round(0.15 * max(h, w))):
        wide = np.asarray(cv2.copyMakeBorder(image, pad, 0, pad, pad, cv2.BORDER_REFLECT_101), np.uint8)
        flipped = np.ascontiguousarray(wide[:, ::-1])
        for teacher in teachers:
            seen = teacher.matte(wide), teacher.matte(flipped)[:, ::-1]
            views += [matte[pad : pad + h, pad : pad + w] for matte in seen]
    mean: Alpha = np.stack(views).mean(0)
    return mean, min(iou(view, mean) for view in views)


def steeper(matte: Alpha) -> Alpha:
    """Twice as sure of everything: a coarse teacher's edges, and an average's, are softer than what they are of.

    Bringing edges to the picture's with a guided filter was tried too: it takes labels further from the truth.
    """
    person, room = matte**2, (1 - matte) ** 2
    return person / (person + room)
