"""What all importers share: the checks every pair must pass, the split, masks as PNG, the manifest, two sheets."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from greenscreen.errors import SourceError
from greenscreen.images import read_photo, write_image
from train.contact import tile, write_sheet
from train.data import Image, Row
from train.manifest import lot, make_folder, save, split_of, write_text
from train.masks import fault

MOST_PIXELS = 200_000_000
"""Larger than any photo: annotations that claim more are not believed."""

SHOWN = 48
"""Tiles on a contact sheet at most."""


@dataclass(frozen=True)
class Candidate:
    """A picture that is kept, or dropped for a reason.

    `name` is the picture's relative path within its data set; it decides the split and names the mask. `mask` is
    `(H, W)` uint8 with 255 for people, or `None` for a cut-out, which carries its alpha, and what has no mask.
    """

    name: str
    image: Path
    mask: Image | None = None
    dropped: str = ""


@dataclass
class Report:
    kept: list[Row] = field(default_factory=list)
    dropped: dict[str, list[Path]] = field(default_factory=dict)

    def drop(self, image: Path, reason: str) -> None:
        self.dropped.setdefault(reason, []).append(image)

    def lines(self) -> list[str]:
        """How many were kept for what and dropped why, in words."""
        out = [f"kept {len(self.kept)} picture{'s' * (len(self.kept) != 1)}"]
        out += [f"  {count:6} {split}" for split, count in Counter(row.split for row in self.kept).most_common()]
        out.append(f"dropped {sum(map(len, self.dropped.values()))}")
        return out + [f"  {count:6} {reason}" for reason, count in self.reasons()]

    def reasons(self) -> list[tuple[str, int]]:
        return Counter({reason: len(images) for reason, images in self.dropped.items()}).most_common()


def need_folder(path: Path) -> None:
    """Raises `SourceError`, before a wrong path makes every single picture missing."""
    if not path.is_dir():
        raise SourceError(f"there is no folder {path}", "check the path")


def check_outline(points: NDArray[np.float64], height: int, width: int) -> None:
    """Raises `ValueError` for an outline's coordinates that are no numbers, or far from a picture of this size."""
    if not (np.abs(points) <= 2 * max(height, width)).all():  # Some reach out of their picture a little.
        raise ValueError("the outline is not of this picture")


def pair(name: str, image: Path, mask: Image) -> Candidate:
    """A picture and its mask, dropped if the picture cannot be read, the sizes differ or the mask shows no one."""
    try:
        picture = read_photo(image)
    except SourceError:
        return Candidate(name, image, dropped="the picture is missing or unreadable")
    if picture.shape[:2] != mask.shape:
        return Candidate(name, image, dropped="the picture and its mask differ in size")
    return Candidate(name, image, mask, fault(mask))


def collect(candidates: Iterable[Candidate], source: str, out: Path, unmasked: str = "train_cutout") -> Report:
    """Write `out/masks`, `manifest.csv`, the contact sheets `kept.png` and `dropped.png`, and `dropped.csv`.

    What has no mask goes to the split `unmasked`: without a room of their own, cut-outs cannot be judged on. Raises
    `SourceError` when nothing was kept and `SinkError` when nothing can be written.
    """
    report, names = Report(), set[str]()
    make_folder(out)
    for candidate in track(candidates, "importing"):
        reason = candidate.dropped or _misnamed(candidate.name, names)
        if reason:
            report.drop(candidate.image, reason)
        else:
            names.add(candidate.name)
            report.kept.append(_keep(candidate, source, out, unmasked))
    _show(report, out)
    if not report.kept:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in report.reasons())
        hint = f"look at {out / 'dropped.png'}; dropped.csv beside it names all" if reasons else "name what holds some"
        raise SourceError(f"no picture was kept: {reasons or 'there are none'}", hint)
    save(out / "manifest.csv", report.kept)
    return report


def _misnamed(name: str, known: set[str]) -> str:
    """Why a name that comes from someone's file must not be written to; masks stay below `out` and are never shared."""
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts:
        return "its name leads out of the folder"
    return "it is listed twice" if name in known else ""


def _keep(candidate: Candidate, source: str, out: Path, unmasked: str) -> Row:
    if candidate.mask is None:
        return Row(unmasked, source, candidate.image, None)
    mask = out / "masks" / f"{candidate.name}.png"
    make_folder(mask.parent)
    write_image(mask, candidate.mask)
    return Row(split_of(candidate.name), source, candidate.image, mask)


def _show(report: Report, out: Path) -> None:
    """Some of what was kept, and some of what was dropped for each reason, drawn by lot."""
    kept = sorted(report.kept, key=lambda row: lot(row.image.name))[:SHOWN]
    each = max(1, SHOWN // max(1, len(report.dropped)))
    dropped = [
        tile(Row("", "", image, None), reason)
        for reason, images in report.dropped.items()
        for image in sorted(images, key=lambda image: lot(image.name))[:each]
    ]
    if kept:
        write_sheet(out / "kept.png", [tile(row, f"{row.split} {row.image.name}") for row in kept])
    if dropped:
        write_sheet(out / "dropped.png", dropped)
        write_text(out / "dropped.csv", _listed(report))


def _listed(report: Report) -> str:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(["image", "reason"])
    writer.writerows((image, reason) for reason, images in report.dropped.items() for image in images)
    return lines.getvalue()
