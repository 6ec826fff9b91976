"""Single pictures, whenever somebody asks for one."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from greenscreen.control import Control
from greenscreen.errors import SinkError
from greenscreen.images import write_image
from greenscreen.picture.frame import Picture

log = logging.getLogger(__name__)


class Snapshots:
    """Writes the next picture whenever `control.snapshot` was called, in a thread of its own; never ends a run."""

    name = "snapshots"

    def __init__(self, control: Control):
        self._control = control
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="snapshots")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown()

    def send(self, picture: Picture) -> bool:
        while path := self._control.take_snapshot():
            self._writer.submit(self._write, path, picture.pixels.copy())
        return True

    def _write(self, path: Path, pixels: NDArray[np.uint8]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path = write_image(path, pixels, keep=True)
        except (SinkError, OSError) as error:
            log.warning("no snapshot: %s", error)
            self._control.tell(f"no snapshot: {error}")
        else:
            self._control.tell(f"saved {path}")
