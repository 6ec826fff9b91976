"""Says which rows of a manifest would spoil a training run: what cannot be read, what does not match, what leaks."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from greenscreen.errors import SourceError
from greenscreen.images import read_photo
from train.data import Image, Row
from train.manifest import SPLITS, UNMASKED
from train.masks import fault, has_alpha, is_gray, read_unchanged


def problems(rows: Sequence[Row]) -> list[str]:
    """One sentence a problem, in the manifest's order; pictures found in several splits come last."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(problem_of, rows))
        digests = list(pool.map(_digest, rows))
    single = [f"{row.image}: {problem}" for row, problem in zip(rows, found, strict=True) if problem]
    return single + _leaks(rows, digests)


def problem_of(row: Row) -> str:
    """What is wrong with a row, or nothing."""
    if row.split not in SPLITS:
        return f"its split is {row.split!r}, which is none of {', '.join(SPLITS)}"
    try:
        height, width = read_photo(row.image).shape[:2]
        if row.mask:
            return _mask_problem(read_unchanged(row.mask), width, height)
        return "" if row.split in UNMASKED else _cutout_problem(row)
    except SourceError as error:
        return str(error)


def _mask_problem(mask: Image, width: int, height: int) -> str:
    h, w = mask.shape[:2]
    if (w, h) != (width, height):
        return f"the picture is {width}x{height}, its mask {w}x{h}"
    if not has_alpha(mask) and not is_gray(mask):
        return "the mask is in colour; it must be gray or have an alpha channel"
    return fault(mask if mask.ndim == 2 else mask[..., -1])


def _cutout_problem(row: Row) -> str:
    pixels = read_unchanged(row.image)
    return fault(pixels[..., 3]) if has_alpha(pixels) else "it has neither a mask nor an alpha channel"


def _digest(row: Row) -> bytes:
    """Of the file's content; empty if it cannot be read, which `problem_of` tells."""
    try:
        return sha256(row.image.read_bytes()).digest()
    except (OSError, ValueError):
        return b""


def _leaks(rows: Sequence[Row], digests: Sequence[bytes]) -> list[str]:
    first: dict[bytes, Row] = {}
    out = []
    for row, digest in zip(rows, digests, strict=True):
        known = first.setdefault(digest, row)
        # A picture that a teacher has labelled is trained on either way.
        if digest and known.split != row.split and not {known.split, row.split} <= {"train", "unlabelled"}:
            out.append(f"{row.image}: it is in {row.split}, and the same picture is in {known.split} as {known.image}")
    return out
