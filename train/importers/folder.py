"""Folders of one's own: pictures with masks of the same name in a second folder, cut-outs, or pictures alone."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from greenscreen.errors import SourceError
from greenscreen.images import list_photos, read_photo
from train.data import Image
from train.importers.collect import Candidate, pair
from train.masks import DepthError, fault, has_alpha, is_gray, read_unchanged


def pairs(images: Path, masks: Path) -> Iterator[Candidate]:
    """Pictures and masks by their names without ending. Raises `SourceError` when either folder cannot be read."""
    pictures, drawn = _by_stem(images), _by_stem(masks)
    for stem, paths in pictures.items():
        same = drawn.pop(stem, [])
        if len(paths) > 1 or len(same) > 1:
            yield from (Candidate(path.name, path, dropped="several files share its name") for path in paths)
        elif same:
            yield _pair(paths[0], same[0])
        else:
            yield Candidate(paths[0].name, paths[0], dropped="there is no mask of its name")
    for paths in drawn.values():
        yield from (Candidate(path.name, path, dropped="a mask without a picture") for path in paths)


def cutouts(images: Path) -> Iterator[Candidate]:
    """Pictures whose alpha channel is the mask. Raises `SourceError` when the folder cannot be read."""
    for path in list_photos(images):
        try:
            pixels = read_unchanged(path)
        except DepthError:
            yield Candidate(path.name, path, dropped="the picture has other than 8 bits a channel")
        except SourceError:
            yield Candidate(path.name, path, dropped="the picture is unreadable")
        else:
            reason = fault(pixels[..., 3]) if has_alpha(pixels) else "it has no alpha channel"
            yield Candidate(path.name, path, dropped=reason)


def bare(images: Path) -> Iterator[Candidate]:
    """Pictures without masks. Raises `SourceError` when the folder cannot be read."""
    for path in list_photos(images):
        try:
            read_photo(path)
        except SourceError:
            yield Candidate(path.name, path, dropped="the picture is unreadable")
        else:
            yield Candidate(path.name, path)


def as_alpha(pixels: Image) -> Image | None:
    """The mask that a file means: its alpha channel unless opaque, else its gray; 0 and 1 are stretched to 0 and 255.

    `None` for a picture in colour.
    """
    if has_alpha(pixels) and pixels[..., 3].min() < 255:
        mask = np.ascontiguousarray(pixels[..., 3])
    elif is_gray(pixels):
        mask = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., 0])
    else:
        return None
    return mask * np.uint8(255) if mask.max() == 1 else mask


def _pair(image: Path, mask: Path) -> Candidate:
    try:
        alpha = as_alpha(read_unchanged(mask))
    except DepthError:
        return Candidate(image.name, image, dropped="its mask has other than 8 bits a channel")
    except SourceError:
        return Candidate(image.name, image, dropped="its mask is unreadable")
    if alpha is None:
        return Candidate(image.name, image, dropped="its mask is a picture in colour")
    return pair(image.name, image, alpha)


def _by_stem(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in list_photos(folder):
        found[path.stem].append(path)
    return found
