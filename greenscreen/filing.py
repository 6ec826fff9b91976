"""Where snapshots and recordings go by default. No file replaces another unasked, and no half file stays behind."""

import errno
import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

import platformdirs

if sys.platform != "win32":
    import fcntl

PART = ".greenscreen-"
"""How the name of a file begins that is not whole yet."""


def new_snapshot() -> Path:
    """A file named after the time, in the person's pictures folder."""
    return platformdirs.user_pictures_path() / f"{_stem()}.png"


def new_recording(transparent: bool) -> Path:
    """A file named after the time, in the person's videos folder; of a kind that holds transparency where needed."""
    return free(platformdirs.user_videos_path() / f"{_stem()}{'.mov' if transparent else '.mp4'}")


def free(path: Path, taken: Collection[Path] = ()) -> Path:
    """The path, or the next free one if it exists or is among those `taken`: `x-2.mp4`, `x-3.mp4`."""
    return next(name for name in _names(path) if name not in taken and not os.path.lexists(name))


def identity(path: str | Path, ignoring_case: bool = sys.platform in ("win32", "darwin")) -> tuple[str | int, ...]:
    """What tells a file from all others, whether it is there yet or not: where case is ignored, `a.png` is `A.PNG`."""
    real = os.path.realpath(path)
    try:
        about = os.stat(real)
    except (OSError, ValueError):
        return (real.casefold() if ignoring_case else real,)
    return about.st_dev, about.st_ino


def printable(text: str) -> str:
    """A file's name, or a sentence that has one, as people can be shown it.

    It may hold line breaks, a terminal's control sequences, and bytes that are not text, on which OpenCV crashes.
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def new_part(path: Path, again: bool) -> BinaryIO:
    """A hidden file beside `path`, open, that is to become it; raises `OSError`.

    With `again`, for what can be made again, what a killed run left of it is removed.
    """
    stem = PART
    if again:
        # By a digest, as the name itself may already be as long as the file system allows.
        stem += f"{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}-"
        for left in path.parent.glob(f"{stem}*"):
            with suppress(OSError), abandoned(left):
                left.unlink()
    file = path.with_name(f"{stem}{secrets.token_hex(4)}{path.suffix}").open("xb")
    if sys.platform != "win32":
        with suppress(OSError):  # A file system without locks: there nothing is taken for abandoned.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def unrepeatable(folder: Path) -> Iterator[Path]:
    """The parts in a folder that cannot be made again, of runs that write to them still and of such as were killed."""
    return (part for part in folder.glob(f"{PART}*") if "-" not in part.name.removeprefix(PART))


@contextmanager
def abandoned(part: Path) -> Iterator[None]:
    """Holds a part that nobody writes to any more; raises `OSError` where somebody does, or it is not ours."""
    if sys.platform == "win32":
        yield  # There nothing open is removed or renamed.
        return
    handle = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        about = os.fstat(handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # One that is empty may be about to be locked.
        if not (stat.S_ISREG(about.st_mode) and about.st_uid == os.getuid() and about.st_size):
            raise OSError(errno.EPERM, "it is no part of ours")
        yield
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes, keep: bool = False) -> Path:
    """Writes a file that appears whole or not at all, and returns its path; raises `OSError`.

    It replaces an existing one; with `keep` it takes the next free name instead.
    """
    file = new_part(path, again=not keep)
    try:
        file.write(data)
        file.flush()
        if sys.platform == "win32":
            file.close()  # There nothing open is renamed; elsewhere what is closed would be taken for a dead run's.
        if keep:
            return settle(Path(file.name), path)
        os.replace(file.name, path)
        return path
    finally:
        with suppress(OSError):
            file.close()
        with suppress(OSError):
            os.unlink(file.name)


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
