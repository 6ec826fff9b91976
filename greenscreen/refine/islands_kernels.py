"""Loops that find islands, compiled: what islands.py does in OpenCV, which stands in until these are ready."""

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.band import Field
from greenscreen.loops import Bytes, compiled, number, place

Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]
Runs = tuple[Ints, ...]
"""Of each run: row, start, end, the run it hangs on; and of those that hang on none, what is counted of them."""


@compiled
def clear(
    matte: Field, known: Mask, limits: tuple[real, real], least: tuple[float, float, float], out: Field, runs: Runs
) -> None:
    """Takes strays out of a matte `(h, w)` and fills its pinholes; `known` gets what belongs to a blob now.

    It is brought to [0, 1] in passing; what is not a number becomes 0.
    `limits` are the mattes above which a place belongs to a blob, and surely does. `least` are the pixels that a new
    blob and a known one must have, and a real hole. `runs` is room for every run there may be.
    """
    haze, sure = limits
    least_new, least_known, hole = least
    h, w = matte.shape
    row, start, end, parent, surely, before, open_ended = runs
    for y in range(place(h)):
        for x in range(place(w)):
            out[y, x] = min(real(1), max(real(0), matte[y, x]))
    count = find_runs(matte, haze, True, number(1), row, start, end, parent)
    surely[:count] = 0
    before[:count] = 0
    for n in range(count):
        root, i, certain, remembered = find(parent, n), place(row[n]), 0, 0
        for x in range(place(start[n]), place(end[n])):
            certain += matte[i, x] > sure
            remembered += known[i, x]
        surely[root] += certain
        before[root] += remembered
    for n in range(count):
        root = find(parent, n)
        if surely[root] < least_new and before[root] < least_known:
            out[row[n], start[n] : end[n]] = real(0)
    count = find_runs(out, sure, False, number(0), row, start, end, parent)
    surely[:count] = 0
    open_ended[:count] = 0
    for n in range(count):
        root = find(parent, n)
        surely[root] += end[n] - start[n]
        open_ended[root] |= (row[n] == 0) | (row[n] == h - 1) | (start[n] == 0) | (end[n] == w)
    for n in range(count):
        root = find(parent, n)
        if surely[root] < hole and not open_ended[root]:
            out[max(row[n] - 1, 0) : row[n] + 2, max(start[n] - 1, 0) : end[n] + 1] = real(1)
    for y in range(place(h)):
        for x in range(place(w)):
            known[y, x] = out[y, x] > haze


@compiled
def find_runs(
    matte: Field, limit: real, above: bool, reach: int, row: Ints, start: Ints, end: Ints, parent: Ints
) -> int:
    """Runs of places above the limit, or not above it, and which hang together; returns how many.

    They do when they overlap from one row to the next, or with a `reach` of 1 touch at a corner.
    """
    h, w = matte.shape
    # Of each place a byte, 1 within a run. Eight are one word, as most rows are of few pieces; what is beyond is 0.
    words = np.zeros(w // 8 + 1, np.uint64)
    inside = words.view(np.uint8)
    count = last = 0
    for y in range(h):
        for x in range(place(w)):
            inside[x] = (matte[y, x] > limit) == above
        first, at, x = count, last, pass_over(inside, words, number(0), number(0))
        while x < w:
            row[count], start[count], parent[count] = y, x, count
            x = pass_over(inside, words, x, number(1))
            end[count] = x
            # The row before, as far as it lies over this run; its last run may lie over the next one too.
            while at < first and end[at] + reach <= start[count]:
                at += 1
            over = at
            while over < first and start[over] < end[count] + reach:
                a, b = find(parent, over), find(parent, count)
                parent[max(a, b)] = min(a, b)
                over += 1
            count += 1
            x = pass_over(inside, words, x, number(0))
        last = first
    return count


@compiled
def pass_over(inside: Bytes, words: Words, x: int, what: int) -> int:
    """The first place from `x` on that is not `what`; or the row's end, or just beyond it."""
    whole = np.uint64(0x0101010101010101 * what)
    while x < inside.size and inside[x] == what:
        x += 1
        while x % 8 == 0 and x < inside.size and words[x // 8] == whole:
            x += 8
    return x


@compiled
def find(parent: Ints, n: int) -> int:
    while parent[n] != n:
        parent[n] = parent[parent[n]]
        n = parent[n]
    return n


def room_for_runs(height: int, width: int) -> Runs:
    most = height * (width // 2 + 1)
    return tuple(np.empty(most, np.int32) for _ in range(7))


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    matte, one = np.eye(2, dtype=np.float32), real(1)
    clear(matte, np.zeros((2, 2), np.bool_), (one, one), (1.0, 1.0, 1.0), matte.copy(), room_for_runs(2, 2))
