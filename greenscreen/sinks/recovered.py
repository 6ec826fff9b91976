"""Recordings of runs that could not end: killed, or without power. What was written plays, but lies hidden."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from greenscreen.filing import abandoned, free, settle, unrepeatable
from greenscreen.media import plays


def recovered(folder: Path) -> Iterator[Path]:
    """Gives what was left in the folder a name that can be seen, after the time it was last written to."""
    for part in list(unrepeatable(folder)):
        # What another run is still writing to is not ours to name, nor is what cannot be read.
        with suppress(OSError), abandoned(part):
            if plays(part):
                when = datetime.fromtimestamp(part.stat().st_mtime)
                yield named(part, folder / f"greenscreen {when:%Y-%m-%d %H.%M.%S} recovered{part.suffix}")


def named(part: Path, path: Path) -> Path:
    """Gives it this name, or the next that is free, and returns that; raises `OSError` where somebody has it open."""
    if sys.platform == "win32":
        # A second name could be had there while somebody writes to it, another one cannot.
        name = free(path)
        os.rename(part, name)
        return name
    return settle(part, path)
