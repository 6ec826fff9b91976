"""COCO: pictures with one or two people who fill a good part of it, as in front of a webcam."""

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO

from greenscreen.errors import SourceError, UsageError
from train.data import Image
from train.importers.collect import MOST_PIXELS, Candidate, check_outline, need_folder, pair


@dataclass(frozen=True)
class Rules:
    """Which pictures are kept; shares are of the picture's area. The defaults are those of the 2017 project."""

    people: int = 2
    least: float = 0.2
    most: float = 0.7
    tiny: float = 0.02

    def __post_init__(self) -> None:
        if self.least >= self.most:
            raise UsageError(f"no picture covers {self.least} at least and {self.most} at most", "swap the two shares")


def candidates(annotations: Path, images: Path, rules: Rules) -> Iterator[Candidate]:
    """Raises `SourceError` when the annotations are missing, no COCO instances, or know no people."""
    need_folder(images)
    coco = read_annotations(annotations)
    categories = {key for key, category in coco.cats.items() if str(category.get("name")).lower() == "person"}
    if not categories:
        known = ", ".join(str(category.get("name")) for category in coco.cats.values())
        hint = f"call the category of people person; it has {known}" if known else "use the instances_*.json of COCO"
        raise SourceError(f"{annotations.name} has no category person", hint)
    for key, info in coco.imgs.items():
        people = [note for note in coco.imgToAnns[key] if note["category_id"] in categories]
        yield _candidate(coco, info, people, images, rules)


def read_annotations(path: Path) -> COCO:
    """Raises `SourceError`."""
    coco = COCO()
    try:
        coco.dataset = json.loads(path.read_bytes())
        # Its progress is of no use to anyone who does not know pycocotools.
        with contextlib.redirect_stdout(io.StringIO()):
            coco.createIndex()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", "check the path") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SourceError(f"{path} is not COCO's JSON", "use the instances_*.json of COCO") from error
    return coco


def _candidate(coco: COCO, info: dict[str, Any], people: list[dict[str, Any]], images: Path, rules: Rules) -> Candidate:
    name = str(info.get("file_name", f"picture {info['id']}"))
    judged = _judge(coco, info, people, rules)
    if isinstance(judged, str):
        return Candidate(name, images / name, dropped=judged)
    return pair(name, images / name, judged)


def _judge(coco: COCO, info: dict[str, Any], people: list[dict[str, Any]], rules: Rules) -> Image | str:
    """The mask of all people, or the reason to drop the picture."""
    if not people:
        return "nobody in it"
    if any(person.get("iscrowd") for person in people):
        return "a crowd"
    if len(people) > rules.people:
        return f"more than {rules.people} people"
    masks = _decode(coco, info, people)
    if masks is None:
        return "its annotation is damaged"
    if masks.mean((1, 2)).min() < rules.tiny:
        return f"someone smaller than {rules.tiny:.0%} of it"
    everyone = masks.any(0)
    if everyone.mean() < rules.least:
        return f"people cover less than {rules.least:.0%}"
    if everyone.mean() > rules.most:
        return f"people cover more than {rules.most:.0%}"
    return np.where(everyone, np.uint8(255), np.uint8(0))


def _check(outline: Any, height: int, width: int) -> None:
    """Raises for polygons and run lengths on which pycocotools would crash, or go on for ever."""
    if isinstance(outline, list):
        check_outline(np.concatenate([np.asarray(ring, np.float64) for ring in outline]), height, width)
    elif outline["size"] != [height, width]:
        raise ValueError("the run lengths are of another picture")


def _decode(coco: COCO, info: dict[str, Any], people: list[dict[str, Any]]) -> NDArray[np.bool_] | None:
    """`(people, H, W)`, or nothing if their outlines cannot be read."""
    try:
        height, width = info["height"], info["width"]
        if not 0 < height * width <= MOST_PIXELS:
            return None
        for person in people:
            _check(person["segmentation"], height, width)
        masks = [coco.annToMask(person) for person in people]
    except Exception:  # pycocotools raises bare ones, besides those of Python for what is missing
        return None
    return np.array(masks, bool) if {mask.shape for mask in masks} == {(height, width)} else None
