"""Loops that find islands, compiled: what islands.py does in OpenCV, which stands in until these are ready."""

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.compiled.loops import Bytes, compiled, number, place
from greenscreen.picture.band import Field

Ints = NDArray[np.int32]
Words = NDArray[np.uint64]
Runs = tuple[Ints, ...]
"""Of each run: row, start, end, the run it hangs on; and of those that hang on none, what is counted of them."""


@compiled
def clear(
    matte: Field,
    was: Bytes,
    limits: tuple[real, real],
    least: tuple[float, float, float, float],
    words: tuple[np.uint8, np.uint8, np.uint8],
    out: Field,
    runs: Runs,
) -> None:
    """Takes strays out of a matte `(h, w)` and fills its pinholes; `was` is what each place was, and gets what it is.

    It is brought to [0, 1] in passing; what is not a number becomes 0.
    `limits` are the mattes above which a place belongs to a blob, and surely does. `least` are the pixels that a new
    blob and a known one must have, and a real hole that was closed or open; `words` are islands.py's of `was`. `runs`
    is room for every run there may be.
    """
    haze, sure = limits
    least_new, least_known, hole, open_hole = least
    longest, person, stray = words
    frames = np.uint8(person - 1)
    h, w = matte.shape
    row, start, end, parent, surely, before, open_ended, all_of, stay = runs
    for y in range(place(h)):
        for x in range(place(w)):
            out[y, x] = min(real(1), max(real(0), matte[y, x]))
    take_haze(matte, was, haze, sure, stray, frames, out)
    count = find_runs(out, haze, True, number(1), row, start, end, parent)
    surely[:count] = 0
    before[:count] = 0
    all_of[:count] = 0
    stay[:count] = 0
    for n in range(count):
        root, i, certain, remembered, left = find(parent, n), place(row[n]), 0, 0, np.uint8(0)
        for x in range(place(start[n]), place(end[n])):
            certain += matte[i, x] > sure
            remembered += (was[i, x] & frames) > 0
        for x in range(place(start[n]), place(end[n])):
            left = max(left, was[i, x] & frames)
        surely[root] += certain
        before[root] += remembered
        all_of[root] += end[n] - start[n]
        stay[root] = max(stay[root], left)
    for y in range(place(h)):
        for x in range(place(w)):
            was[y, x] &= person
    for n in range(count):
        root, i, left = find(parent, n), place(row[n]), np.uint8(0)
        if surely[root] >= least_new or before[root] >= least_known:
            left = longest
        elif 2 * before[root] >= all_of[root] and 3 * surely[root] >= all_of[root]:
            left = np.uint8(max(stay[root], 1) - 1)
        if left == 0:
            out[row[n], start[n] : end[n]] = real(0)
        for x in range(place(start[n]), place(end[n])):
            was[i, x] |= left
    count = find_runs(out, sure, False, number(0), row, start, end, parent)
    surely[:count] = 0
    before[:count] = 0
    open_ended[:count] = 0
    for n in range(count):
        root = find(parent, n)
        surely[root] += end[n] - start[n]
        open_ended[root] |= (row[n] == 0) | (row[n] == h - 1) | (start[n] == 0) | (end[n] == w)
    for n in range(count):
        root = find(parent, n)
        if not open_ended[root]:
            for x in range(start[n], end[n]):
                before[root] += (was[row[n], x] & person) > 0
    for n in range(count):
        root = find(parent, n)
        most = hole if 2 * before[root] >= surely[root] else open_hole
        if surely[root] < most and not open_ended[root]:
            out[max(row[n] - 1, 0) : row[n] + 2, max(start[n] - 1, 0) : end[n] + 1] = real(1)
    for y in range(place(h)):
        for x in range(place(w)):
            now = person if out[y, x] > sure else np.uint8(0)
            lost = stray if (matte[y, x] > haze) & (out[y, x] == real(0)) else np.uint8(0)
            was[y, x] = (was[y, x] & frames) | now | lost


@compiled
def take_haze(matte: Field, was: Bytes, haze: real, sure: real, stray: np.uint8, frames: np.uint8, out: Field) -> None:
    """Takes haze away where strays were and beside them, unless it belonged to a blob that stayed."""
    h, w = matte.shape
    for y in range(h):
        found = np.uint8(0)
        for x in range(place(w)):
            found |= was[y, x]
        for x in range(w if found & stray else 0):
            if not was[y, x] & stray:
                continue
            for j in range(max(y - 1, 0), min(y + 2, h)):
                for i in range(max(x - 1, 0), min(x + 2, w)):
                    if matte[j, i] > haze and matte[j, i] <= sure and not was[j, i] & frames:
                        out[j, i] = real(0)


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
    return tuple(np.empty(most, np.int32) for _ in range(9))


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    matte, one = np.eye(2, dtype=np.float32), real(1)
    was, least = np.zeros((2, 2), np.uint8), (1.0, 1.0, 1.0, 1.0)
    clear(matte, was, (one, one), least, (np.uint8(1), np.uint8(64), np.uint8(128)), matte.copy(), room_for_runs(2, 2))
