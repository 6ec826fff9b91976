"""A photo of the run."""

from pathlib import Path
from typing import Self

from greenscreen.images import write_image
from greenscreen.picture.frame import Picture


class StillSink:
    """Writes one picture of the stream, the `at`-th or the last there is, when it closes without an error."""

    def __init__(self, path: Path, at: int = 30):
        self.name = f"still {path}"
        self._path, self._left = path, at
        self._picture: Picture | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        # Ctrl-C and the like are somebody's wish to stop, no failure.
        if self._picture is not None and not isinstance(error, Exception):
            write_image(self._path, self._picture.pixels)

    def send(self, picture: Picture) -> bool:
        if self._left > 0:
            self._picture, self._left = picture, self._left - 1
        return True
