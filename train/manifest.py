"""Manifests as strangers hand them over and as we write them, and the lot that decides who is in which part.

Lots are drawn by hashing names, so they are the same on every machine, and adding pictures moves no others.
"""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.filing import write_whole
from train.data import Row, read_manifest

SPLITS = ("train", "train_cutout", "val", "test", "unlabelled", "bg")
"""What a row may be for. `val` chooses the checkpoint; `test` is looked at once, at the end."""

UNMASKED = ("unlabelled", "bg")
"""Splits of pictures without masks."""

COLUMNS = ("split", "source", "image", "mask")

_HINT = f"its first line must name the columns {', '.join(COLUMNS)}, and each other line give them"


def load(path: Path) -> list[Row]:
    """Read a manifest. Raises `SourceError` when it is missing, empty or none."""
    try:
        rows = read_manifest(path)
    except OSError as error:
        raise SourceError(f"the manifest {path} cannot be read: {error.strerror}", "check the path") from error
    except KeyError as error:
        raise SourceError(f"{path} has no column {error}", _HINT) from error
    except (TypeError, ValueError, csv.Error) as error:
        raise SourceError(f"{path} is not a manifest", _HINT) from error
    if not rows:
        raise SourceError(f"{path} lists no pictures", _HINT)
    return rows


def save(path: Path, rows: Iterable[Row]) -> None:
    """Write a manifest, with relative paths to what lies below its folder. Raises `SinkError`."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    for row in rows:
        mask = _seen_from(path.parent, row.mask) if row.mask else ""
        writer.writerow([row.split, row.source, _seen_from(path.parent, row.image), mask])
    write_text(path, lines.getvalue())


def write_text(path: Path, text: str) -> None:
    """Whole or not at all, in UTF-8 and with the lines' ends as they are. Raises `SinkError`."""
    make_folder(path.parent)
    data = text.encode("utf-8", "surrogateescape")
    try:
        if path.is_file() or not path.exists():
            write_whole(path, data)
        else:
            path.write_bytes(data)  # A terminal or a pipe, whose place nothing may take.
    except OSError as error:
        reason = f"{path} cannot be written: {error.strerror}"
        raise SinkError(reason, "check that the folder is yours and has room") from error


def none_of(split: str, what: str) -> UsageError:
    """What to do where the manifests list no row of a split."""
    hint = f"name one more manifest, with rows of split {split}"
    if split in UNMASKED:
        hint += f"; python -m train data folder FOLDER --split {split} --out data/{split} makes one"
    return UsageError(f"the manifests list no {what}", hint)


def fingerprint(rows: Sequence[Row]) -> str:
    """A name for exactly these pictures and masks in these splits, wherever they lie: 16 hexadecimal digits.

    Raises `SourceError` for a file that cannot be read.
    """

    def of(row: Row) -> bytes:
        try:
            files = [path.read_bytes() for path in (row.image, row.mask) if path]
        except OSError as error:
            raise SourceError(f"{error.filename} cannot be read: {error.strerror}", "check the manifest") from error
        return b"".join(sha256(part).digest() for part in (row.split.encode(), row.source.encode(), *files))

    with ThreadPoolExecutor() as pool:
        return sha256(b"".join(sorted(pool.map(of, rows)))).hexdigest()[:16]


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"the folder {path} cannot be made: {error.strerror}", "name another one") from error


def lot(name: str) -> float:
    """A number in [0, 1) that depends on the name alone."""
    return int.from_bytes(sha256(name.encode("utf-8", "surrogatepass")).digest()[:6]) / 2**48


def split_of(name: str) -> str:
    """70 % train, 20 % val, 10 % test."""
    drawn = lot(name)
    return "train" if drawn < 0.7 else "val" if drawn < 0.9 else "test"


def _seen_from(folder: Path, path: Path) -> Path:
    here, there = Path(os.path.abspath(folder)), Path(os.path.abspath(path))
    return there.relative_to(here) if there.is_relative_to(here) else there
