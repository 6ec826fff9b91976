"""The backgrounds folder: pictures by name, taken in only after they were decoded and encoded anew."""

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from greenscreen.background import COLOURS
from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.frame import Image
from greenscreen.images import PHOTO_SUFFIXES, decode_photo, read_photo, write_image
from greenscreen.resize import cover

MOST_BYTES = 20 << 20
MOST_SIDE = 8192
MOST_PIXELS = 40_000_000
MOST_PICTURES = 200

_KEPT = (3840, 2160)
_THUMBNAIL = (240, 135)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TAKEN = {*COLOURS, "blur", "transparent", "none"}


def default_folder() -> Path:
    """Where backgrounds live: `$XDG_DATA_HOME/greenscreen/backgrounds`, by the XDG base directory specification."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return Path(data) / "greenscreen" / "backgrounds"


class Gallery:
    """Names go in and come out, never paths: which file a name means is looked up among those that are there."""

    def __init__(self, folder: Path):
        """The folder is made when the first picture comes in."""
        self.folder = folder

    def names(self) -> list[str]:
        return [path.stem for path in self._files()]

    def find(self, name: str) -> Path:
        """Raises `UsageError` when there is no such background."""
        for path in self._files():
            if path.stem == name:
                return path
        raise UsageError(f"there is no background {name!r} in the gallery", "choose one that is there, or add it first")

    def name_of(self, background: str) -> str | None:
        """The name of a setting's file; none when it is not one of these."""
        path = Path(background)
        return path.stem if path.parent == self.folder and path in self._files() else None

    def add(self, data: bytes, wanted: str) -> str:
        """Takes a picture in, and returns its name: what was wanted as far as it makes a name, or the next free one.

        Raises `SourceError` for what is no picture or too large a one, and `SinkError` when it cannot be kept.
        """
        names = self.names()
        if len(names) >= MOST_PICTURES:
            raise SinkError(f"the gallery is full with {MOST_PICTURES} pictures", "remove some first")
        image = _reduced(decode_photo(data, "the picture", MOST_PIXELS, MOST_SIDE))
        name = _free(_slug(wanted), {*names, *_TAKEN})
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SinkError(f"the backgrounds folder cannot be made: {error.strerror}", "check its parents") from error
        write_image(self.folder / f"{name}.jpg", image)
        return name

    def remove(self, name: str) -> None:
        """Raises `UsageError` when it is not there, and `SinkError` when it cannot be removed."""
        path = self.find(name)
        try:
            path.unlink()
        except OSError as error:
            raise SinkError(f"the background {name} cannot be removed: {error.strerror}", "check its folder") from error

    def thumbnail(self, name: str) -> bytes:
        """A small JPEG; raises `UsageError` or `SourceError`."""
        path = self.find(name)
        try:
            return _thumbnail(path, path.stat().st_mtime_ns)
        except OSError as error:
            raise SourceError(f"the background {name} cannot be read", "add it again") from error

    def _files(self) -> list[Path]:
        return sorted(self._pictures())

    def _pictures(self) -> Iterator[Path]:
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.suffix.lower() in PHOTO_SUFFIXES and _NAME.fullmatch(path.stem) and path.is_file() and not path.is_symlink():
                    yield path


@lru_cache(maxsize=MOST_PICTURES)
def _thumbnail(path: Path, _changed: int) -> bytes:
    small = cover(read_photo(path), *_THUMBNAIL)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _reduced(image: Image) -> Image:
    """No larger than 4K, which is as much as is ever shown."""
    height, width = image.shape[:2]
    scale = max(_KEPT[0] / width, _KEPT[1] / height)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _slug(text: str) -> str:
    """`My Beach (2).JPG` to `my-beach-2`: the letters and digits of a file's name, and nothing else of it."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"\.[^./\\]{1,5}$", "", text[:200]).lower())
    return "-".join(words)[:32].strip("-") or "picture"


def _free(name: str, taken: set[str]) -> str:
    candidates = (name if number == 1 else f"{name}-{number}" for number in range(1, MOST_PICTURES + 20))
    return next(candidate for candidate in candidates if candidate not in taken)
