"""Contact sheets: many pictures with their masks on one page, because one look finds what no number tells."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from greenscreen.errors import SourceError
from greenscreen.filing import printable
from greenscreen.images import read_photo, write_image
from greenscreen.picture.resize import letterbox
from train.augment import sample
from train.check import problem_of
from train.data import Image, Row, read_backgrounds, read_people, shrink
from train.manifest import lot, make_folder, none_of
from train.masks import has_alpha, read_unchanged

WIDTH, HEIGHT, CAPTION = 240, 180, 18
"""Size of a tile's picture, and of the line of text below it, in pixels."""

SAMPLE_WIDTH, SAMPLE_HEIGHT = 256, 144


def write_sheet(path: Path, tiles: Sequence[Image], columns: int = 6) -> None:
    """Write `(H, W, 3)` tiles of one size as a grid. Raises `SinkError` or, for a name no picture has, `UsageError`."""
    make_folder(path.parent)
    columns = min(columns, len(tiles))
    blank = [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    filled = [*tiles, *blank]
    lines = [np.hstack(filled[start : start + columns]) for start in range(0, len(filled), columns)]
    write_image(path, np.vstack(lines))


def tile(row: Row, caption: str) -> Image:
    """The row's picture, all but its people tinted green; black if it cannot be read, as the page is for looking."""
    try:
        image, alpha = _read(row)
    except SourceError:
        return captioned(np.zeros((HEIGHT, WIDTH, 3), np.uint8), f"unreadable: {caption}")
    return captioned(letterbox(image if alpha is None else tinted(image, alpha), WIDTH, HEIGHT), caption)


def tinted(image: Image, alpha: Image) -> Image:
    """The picture with a red outline around its people and a green veil over all else."""
    image = shrink(image)
    alpha = np.asarray(cv2.resize(alpha, image.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    veil = cv2.addWeighted(image, 0.4, np.full_like(image, (60, 200, 60)), 0.6, 0)
    weight = alpha.astype(np.float32) / 255
    out = cv2.blendLinear(image, veil, weight, 1 - weight)
    outlines, _ = cv2.findContours((alpha > 127).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(out, outlines, -1, (0, 0, 255), 1), np.uint8)


def captioned(picture: Image, caption: str) -> Image:
    line = np.zeros((CAPTION, picture.shape[1], 3), np.uint8)
    place, white = (3, CAPTION - 5), (255, 255, 255)
    cv2.putText(line, printable(caption), place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, white, 1, cv2.LINE_AA)
    return np.vstack([picture, line])


def chosen(rows: Sequence[Row], count: int) -> list[Row]:
    """A lot of `count` rows, the same ones wherever the data lies, in the manifest's order."""
    drawn = sorted(range(len(rows)), key=lambda index: lot(f"{rows[index].source}/{rows[index].image.name}"))[:count]
    return [rows[index] for index in sorted(drawn)]


def manifest_tiles(rows: Sequence[Row], count: int) -> list[Image]:
    return [tile(row, f"{row.split} {row.source} {row.image.name}") for row in chosen(rows, count)]


def sample_tiles(rows: Sequence[Row], count: int, seed: int) -> list[Image]:
    """Training samples: the picture, its matte, and what the last frame's matte is said to have been.

    Raises `UsageError` when people or rooms are missing and `SourceError` when a row cannot be used.
    """
    whole = chosen([row for row in rows if row.split == "train"], count)
    cutouts = chosen([row for row in rows if row.split == "train_cutout"], count)
    rooms = chosen([row for row in rows if row.split == "bg"], count)
    if not whole or not rooms:
        split, missing = ("bg", "rooms") if whole else ("train", "pictures to train on")
        raise none_of(split, missing)
    for row in whole + cutouts + rooms:
        if problem := problem_of(row):
            raise SourceError(f"{row.image}: {problem}", "python -m train data check says what else is wrong")
    people, backgrounds = read_people(whole + cutouts), read_backgrounds(rooms)
    tiles = []
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        image, *mattes = sample(rng, people, backgrounds, SAMPLE_WIDTH, SAMPLE_HEIGHT)
        gray = [cv2.cvtColor((matte * 255).astype(np.uint8), cv2.COLOR_GRAY2BGR) for matte in mattes]
        tiles.append(captioned(np.hstack([image, *gray]), f"sample {index}: picture, matte, previous matte"))
    return tiles


def _read(row: Row) -> tuple[Image, Image | None]:
    image = read_photo(row.image)
    if row.mask:
        mask = read_unchanged(row.mask)
        return image, mask if mask.ndim == 2 else np.ascontiguousarray(mask[..., -1])
    pixels = read_unchanged(row.image)
    return image, np.ascontiguousarray(pixels[..., 3]) if has_alpha(pixels) else None
