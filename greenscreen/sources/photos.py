"""Photos in place of a camera."""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from greenscreen.errors import SourceError
from greenscreen.images import list_photos, read_photo
from greenscreen.picture.frame import Frame, Image
from greenscreen.picture.resize import letterbox
from greenscreen.sources import Source

log = logging.getLogger(__name__)

_SHOWN = 3.0  # seconds, each photo of a folder


class PhotoSource(Source):
    """One photo, for ever; or each photo of a folder for three seconds, then the end.

    A folder's photos are fitted into the size of its first, with black bars where their shape differs; those that
    cannot be read are skipped and logged. Raises `SourceError` on entering when there is none.
    """

    live = False

    def __init__(self, path: Path, fps: float = 30):
        self.name = path.name or str(path)
        self.fps = fps
        self.size = (0, 0)
        self._path = path
        self._photos: list[Path] = []

    def __enter__(self) -> Self:
        self._photos = list_photos(self._path) if self._path.is_dir() else [self._path]
        self._first = self._found()
        self.size = self._first.shape[1], self._first.shape[0]
        return self

    def __exit__(self, *_: object) -> None:
        self._photos = []

    def __iter__(self) -> Iterator[Frame]:
        folder = self._path.is_dir()
        shown = range(max(1, round(_SHOWN * self.fps))) if folder else itertools.count()
        indices = itertools.count()
        for image in self._images():
            for repeat in shown:
                index = next(indices)
                yield Frame(image, index / self.fps, index, fresh=repeat == 0)

    def _found(self) -> Image:
        """The first that can be read; those before it are forgotten."""
        while True:
            try:
                return read_photo(self._photos[0])
            except SourceError as error:
                if len(self._photos) == 1:
                    raise
                log.warning("%s: it is skipped", error)
                del self._photos[0]

    def _images(self) -> Iterator[Image]:
        yield self._first
        for path in self._photos[1:]:
            try:
                image = read_photo(path)
            except SourceError as error:
                log.warning("%s: it is skipped", error)
                continue
            same = image.shape == self._first.shape
            yield image if same else letterbox(image, *self.size)
