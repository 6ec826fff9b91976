"""Supervisely: `img` and `ann` folders, a JSON a picture, people as polygons or as packed bitmaps.

The root is a data set itself, or a project with several. The format is described at
https://developer.supervisely.com/getting-started/supervisely-annotation-format/objects
"""

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from greenscreen.errors import SourceError
from greenscreen.images import PHOTO_SUFFIXES
from train.data import Image
from train.importers.collect import MOST_PIXELS, Candidate, check_outline, need_folder, pair

_MOST_BYTES = 1 << 26
"""What a bitmap may be when unpacked; larger ones are not masks but traps."""


def candidates(root: Path) -> Iterator[Candidate]:
    """Raises `SourceError` when the root has no data set."""
    need_folder(root)
    sets = [root] if (root / "ann").is_dir() else [folder.parent for folder in sorted(root.glob("*/ann"))]
    if not sets:
        raise SourceError(f"{root} holds no folder ann", "name the folder of a Supervisely project")
    for folder in sets:
        for path in sorted((folder / "ann").glob("*.json")):
            yield _candidate(path, _picture_of(path), root)


def _picture_of(annotation: Path) -> Path:
    """`ann/a.jpg.json` belongs to `img/a.jpg`; older exports say `ann/a.json`."""
    image = annotation.parent.parent / "img" / annotation.stem
    if image.suffix.lower() in PHOTO_SUFFIXES:
        return image
    endings = (image.with_name(image.name + suffix) for suffix in sorted(PHOTO_SUFFIXES))
    return next((path for path in endings if path.is_file()), image)


def _candidate(annotation: Path, image: Path, root: Path) -> Candidate:
    name = (image.parent.parent.relative_to(root) / image.name).as_posix()
    try:
        notes = json.loads(annotation.read_bytes())
        people = [each for each in notes["objects"] if str(each["classTitle"]).lower().startswith("person")]
        mask = people_mask(people, notes["size"]["height"], notes["size"]["width"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError, zlib.error, cv2.error):
        return Candidate(name, image, dropped="its annotation is damaged")
    return pair(name, image, mask) if people else Candidate(name, image, dropped="nobody in it")


def people_mask(people: list[dict[str, Any]], height: int, width: int) -> Image:
    """`(H, W)`, 255 for people. Raises `ValueError`, `KeyError` and so on for what is none of the format."""
    if height * width > MOST_PIXELS:
        raise ValueError("the picture is said to be larger than any photo")
    mask = np.zeros((height, width), np.uint8)
    for person in people:
        draw = {"bitmap": _draw_bitmap, "polygon": _draw_polygon}[person["geometryType"]]
        # Each alone, so that a hole in one person does not cut another.
        mask |= draw(person, height, width)
    return mask


def _draw_polygon(person: dict[str, Any], height: int, width: int) -> Image:
    mask = np.zeros((height, width), np.uint8)
    outline, holes = person["points"]["exterior"], person["points"].get("interior", [])
    for ring, value in [(outline, 255), *((hole, 0) for hole in holes)]:
        points = np.array(ring, np.float64)
        check_outline(points, height, width)
        cv2.fillPoly(mask, [points.round().astype(np.int32)], value)
    return mask


def _draw_bitmap(person: dict[str, Any], height: int, width: int) -> Image:
    left, top = map(int, person["bitmap"]["origin"])
    bitmap = unpack(person["bitmap"]["data"])
    bottom, right = top + bitmap.shape[0], left + bitmap.shape[1]
    if min(left, top) < 0 or bottom > height or right > width:
        raise ValueError("the bitmap reaches out of the picture")
    mask = np.zeros((height, width), np.uint8)
    mask[top:bottom, left:right] = bitmap
    return mask


def unpack(data: str) -> Image:
    """A bitmap from base64 of zlib of PNG, as `(H, W)` of 0 and 255. Raises `ValueError`, `zlib.error`, `cv2.error`."""
    packed = zlib.decompressobj().decompress(base64.b64decode(data), _MOST_BYTES)
    pixels = cv2.imdecode(np.frombuffer(packed, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("the bitmap is no PNG")
    if pixels.ndim == 3:
        pixels = pixels[..., 3] if pixels.shape[2] == 4 else pixels.max(2)
    return (pixels > 0).astype(np.uint8) * np.uint8(255)
