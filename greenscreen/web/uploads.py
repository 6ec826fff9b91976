"""Pictures that come in over the network: decoded, encoded again, and put into the backgrounds folder.

Clients name backgrounds. A name is looked up among the files that are there, and a new file's name is made here, so
that nothing a client says ever becomes part of a path unchanged.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.gallery import WORDS, find, gallery, gallery_folder
from greenscreen.images import PHOTO_SUFFIXES, decode_photo, read_photo, write_image
from greenscreen.picture.frame import Image
from greenscreen.picture.resize import cover
from greenscreen.sources.video import VideoSource

MOST_BYTES = 20 << 20
MOST_PIXELS, MOST_SIDE = 40_000_000, 8192
MOST_PICTURES = 200

_KEPT = (3840, 2160)
_THUMBNAIL = (240, 135)

_naming = Lock()
"""Held from looking which names are free until one is taken, as phones send several at once, all called image."""


def add_background(data: bytes, wanted: str) -> str:
    """Adds a picture, and returns its name: the wanted one, as far as that makes a name, or the next free one.

    Raises `SourceError` for what is no picture or too large a one, and `SinkError` when it cannot be kept.
    """
    image = _reduced(decode_photo(data, "the picture", MOST_PIXELS, MOST_SIDE))
    with _naming:
        there = gallery()
        if len(there) >= MOST_PICTURES:
            raise SinkError("the backgrounds folder is full", f"remove some of its {MOST_PICTURES} pictures first")
        name = _free(slug(wanted), {path.stem.lower() for path in there.values()} | WORDS | {"none"})
        try:
            gallery_folder().mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SinkError(
                f"the backgrounds folder cannot be made: {error.strerror}", "check the folder above it"
            ) from error
        return write_image(gallery_folder() / f"{name}.jpg", image, keep=True).stem


def remove_background(name: str) -> None:
    """Raises `UsageError` when there is none of this name, and `SinkError` when it cannot be removed."""
    try:
        _there(name).unlink()
    except OSError as error:
        raise SinkError(f"the background {name} cannot be removed: {error.strerror}", "check its folder") from error


def thumbnail(name: str) -> bytes:
    """A small JPEG of a background; raises `UsageError` or `SourceError`."""
    path = _there(name)
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise SourceError(f"the background {name} cannot be read: {error.strerror}", "add it again") from error
    return _thumbnail(path, changed)


def slug(text: str) -> str:
    """`My Beach (2).JPG` to `my-beach-2`: the letters and digits of a file's name, of any script, and nothing else."""
    plain = unicodedata.normalize("NFKC", re.sub(r"\.\w{1,5}$", "", text[:200])).lower()
    # Marks are what many scripts write vowels with.
    words = "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in plain).split()
    return "-".join(words)[:32].strip("-") or "picture"


def _there(name: str) -> Path:
    path = find(name)
    if path is None:
        raise UsageError(f"there is no background called {name!r}", "choose one that is there, or add it first")
    return path


@lru_cache(maxsize=MOST_PICTURES)
def _thumbnail(path: Path, _changed: int) -> bytes:
    small = cover(_first_look(path), *_THUMBNAIL)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _first_look(path: Path) -> Image:
    if path.suffix.lower() in PHOTO_SUFFIXES:
        return read_photo(path)
    with VideoSource(path) as video:
        return next(iter(video)).image


def _reduced(image: Image) -> Image:
    """No larger than 4K, which is as much as is ever shown."""
    height, width = image.shape[:2]
    scale = max(_KEPT[0] / width, _KEPT[1] / height)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _free(name: str, taken: set[str]) -> str:
    candidates = (name if number == 1 else f"{name}-{number}" for number in range(1, MOST_PICTURES + 2))
    return next(candidate for candidate in candidates if candidate not in taken)
