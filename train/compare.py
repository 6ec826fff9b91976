"""One table and one picture sheet over any models: how good, how large, how fast, and how they came to be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from greenscreen.errors import UsageError
from greenscreen.picture.resize import letterbox
from train.candidate import Candidate, open_candidate, processor
from train.contact import HEIGHT, WIDTH, captioned, chosen, tinted, write_sheet
from train.data import Image, Row, read
from train.metrics import METRICS, Alpha
from train.samples import input_size

Scores = dict[str, dict[str, float]]
"""By source: the mean of each metric."""


def open_candidates(models: Sequence[Path], scratch: Path) -> list[Candidate]:
    """All of them; those that would share a name are called as they were given."""
    candidates = [open_candidate(model, scratch) for model in models]
    counts = Counter(candidate.name for candidate in candidates)
    return [
        replace(candidate, name=str(model)) if counts[candidate.name] > 1 else candidate
        for model, candidate in zip(models, candidates, strict=True)
    ]


def judged(rows: Sequence[Row], count: int = 0) -> list[Row]:
    """The masked pictures of `val`, or `count` of them by lot if it is not 0; raises `UsageError` if there are none."""
    masked = [row for row in rows if row.split == "val" and row.mask]
    if not masked:
        raise UsageError("the manifests list no pictures to judge on", "name one with masked rows of split val")
    return chosen(masked, count) if count else masked


def score(candidate: Candidate, rows: Sequence[Row]) -> Scores:
    """Its mean figures on each source, at the pictures' own sizes. Raises `SourceError` for one that cannot be read."""
    found: dict[str, list[list[float]]] = {}
    for row in track(rows, candidate.name):
        image, truth = pair(row)
        matte = candidate.matte(image)
        found.setdefault(row.source, []).append([metric(matte, truth) for metric in METRICS.values()])
    return {source: dict(zip(METRICS, np.mean(values, 0).tolist(), strict=True)) for source, values in found.items()}


def pair(row: Row) -> tuple[Image, Alpha]:
    """A picture and its true alpha, `(H, W)` float32 in [0, 1], which is given the picture's size if it has another."""
    image, mask = read(row.image), read(row.mask or row.image, cv2.IMREAD_UNCHANGED)
    alpha = (mask if mask.ndim == 2 else mask[..., -1]).astype(np.float32) / np.float32(255)
    if alpha.shape != image.shape[:2]:
        alpha = np.asarray(cv2.resize(alpha, image.shape[1::-1]), np.float32)
    return image, alpha


def report(candidates: Sequence[Candidate], rows: Sequence[Row]) -> str:
    """The whole comparison as Markdown, with what the figures mean."""
    counts = ", ".join(f"{number} of {source}" for source, number in Counter(row.source for row in rows).items())
    return f"""# Results

Written by `python -m train compare` on {len(rows)} pictures ({counts}) of split val: none of ours was
trained on them, but each one's best epoch was chosen by them. Mattes are those of the network alone on a first look,
brought to the picture's size without its edges. MAD is times 1000. Parameters (batch norm folded) and
multiply-accumulates (GMAC) are those of one picture at the network's own size, ours at 16:9; milliseconds are medians
in OpenVINO on {processor()}.

{table(candidates, [score(candidate, rows) for candidate in candidates])}"""


def table(candidates: Sequence[Candidate], scores: Sequence[Scores]) -> str:
    """Markdown: a row a model, best first by mean IoU, then how each that was trained here came to be."""
    sources = list(scores[0])
    columns = ["model", *(f"{source}: IoU | boundary IoU | MAD" for source in sources), "M parameters", "GMAC", "ms"]
    lines = ["| " + " | ".join(columns) + " |", "|---|" + "---:|" * (3 * len(sources) + 3)]
    order = sorted(
        range(len(candidates)), key=lambda index: -float(np.mean([by["iou"] for by in scores[index].values()]))
    )
    for index in order:
        model = candidates[index]
        cells = [model.name]
        for by in scores[index].values():
            cells += [f"{by['iou']:.4f}".lstrip("0"), f"{by['boundary_iou']:.4f}".lstrip("0"), f"{by['mad']:.1f}"]
        cells += [f"{model.parameters / 1e6:.2f}", f"{model.macs / 1e9:.2f}", f"{model.milliseconds():.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    made = [line for index in order if (line := origin(candidates[index]))]
    head = "| model | command | samples | input | minutes | machine | data |\n|---|---|---:|---:|---:|---|---|"
    return "\n".join([*lines, *(["", head, *made] if made else [])]) + "\n"


def origin(candidate: Candidate) -> str:
    """How a checkpoint came to be, as a row; nothing for what was not trained here."""
    facts = candidate.facts
    if "command" not in facts:
        return ""
    width, height = input_size(facts["area"], facts["aspects"][0])
    minutes = f"{facts['seconds'] / 60:.1f}" if "seconds" in facts else ""
    cells = [candidate.name, f"`{facts['command']}`", f"{facts['step'] * facts['batch']:,}", f"{width}x{height}"]
    return "| " + " | ".join([*cells, minutes, facts["machine"], facts["data"]]) + " |"


def sheet(path: Path, candidates: Sequence[Candidate], rows: Sequence[Row]) -> None:
    """Writes pictures as rows and models as columns, the truth first. Raises `SinkError` or `UsageError`."""
    tiles = []
    for row in rows:
        image, truth = pair(row)
        tiles.append(captioned(fitted(image, truth), f"{row.source}: truth"))
        for candidate in candidates:
            matte = candidate.matte(image)
            tiles.append(captioned(fitted(image, matte), f"{candidate.name} {METRICS['iou'](matte, truth):.3f}"))
    write_sheet(path, tiles, columns=len(candidates) + 1)


def fitted(image: Image, matte: Alpha) -> Image:
    return letterbox(tinted(image, (matte * 255).round().astype(np.uint8)), WIDTH, HEIGHT)
