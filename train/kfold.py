"""Cross-validation: the same pictures, each judged on once and trained on otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from greenscreen.errors import UsageError
from train.data import Row
from train.manifest import lot, save


def folds(rows: Sequence[Row], count: int) -> list[list[Row]]:
    """`count` manifests, among which each masked picture of train and val is in val once; other rows are in all.

    The folds' sizes differ by one at most. Raises `UsageError` when there are fewer pictures than folds.
    """
    masked = {row for row in rows if row.split in ("train", "val") and row.mask}
    if len(masked) < count:
        raise UsageError(f"{len(masked)} masked pictures cannot make {count} folds", "ask for fewer with -k")
    # The path only settles ties, so that the folds stay the same when the data is moved elsewhere.
    order = sorted(masked, key=lambda row: (lot(f"{row.source}/{row.image.name}"), str(row.image)))
    fold_of = {row: place % count for place, row in enumerate(order)}

    def seen_in(fold: int, row: Row) -> Row:
        return replace(row, split="val" if fold_of[row] == fold else "train") if row in fold_of else row

    return [[seen_in(fold, row) for row in rows] for fold in range(count)]


def write_folds(rows: Sequence[Row], count: int, out: Path) -> list[Path]:
    """Write `fold-1.csv` and so on; raises what `folds` raises, and `SinkError`."""
    paths = []
    for number, fold in enumerate(folds(rows, count), 1):
        paths.append(out / f"fold-{number}.csv")
        save(paths[-1], fold)
    return paths
