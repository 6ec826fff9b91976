"""Where snapshots and recordings go when nobody says where, and that they take nobody's place."""

import os
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

import platformdirs


def new_snapshot() -> Path:
    """A file named by the time, among the person's pictures."""
    return platformdirs.user_pictures_path() / f"{_stem()}.png"


def new_recording(transparent: bool) -> Path:
    """A file named by the time, among the person's videos; of a kind that holds transparency where needed."""
    return free(platformdirs.user_videos_path() / f"{_stem()}{'.mov' if transparent else '.mp4'}")


def free(path: Path, taken: Collection[Path] = ()) -> Path:
    """The path, or if something is there or it is among those `taken`, the next that is free: `x-2.mp4`, `x-3.mp4`."""
    return next(name for name in _names(path) if name not in taken and not os.path.lexists(name))


def settle(part: Path, path: Path) -> Path:
    """Gives a finished file its name, or the next that is free, and returns that; raises `OSError`."""
    for name in _names(path):
        try:
            os.link(part, name)  # Other than renaming, it fails where something is, in one step.
        except FileExistsError:
            continue
        except OSError:  # A file system without links.
            if os.path.lexists(name):
                continue
            os.replace(part, name)
        else:
            os.unlink(part)
        return name
    raise AssertionError("there are numbers without end")


def _names(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))


def _stem() -> str:
    return f"greenscreen {datetime.now():%Y-%m-%d %H.%M.%S}"
