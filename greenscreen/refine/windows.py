"""Sums over windows, compiled, found only where they count: in blocks of a row that hold something in doubt."""

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.compiled.loops import REACH, Bytes, compiled, mirrored, place
from greenscreen.picture.band import Field

Mask = NDArray[np.bool_]

BLOCK = 8
"""Columns that are looked at, or passed over, together: as many floats as a vector register holds, or bytes as
a word."""
RING = 8
"""Rows that are kept of what windows of seven rows are slid over, and the one that leaves them: few enough to stay next
to the processor, where whole pictures would not."""


@compiled
def whole(width: int) -> int:
    """So many places, up to a whole block."""
    return (width + BLOCK - 1) // BLOCK * BLOCK


@compiled
def find_sure(belief: Field, room: real, person: real, marks: Bytes) -> Bytes:
    """1 where all of a place is believed to be at most `room`, or all of it at least `person`, else 0: `(h, w)`.

    And so is what lies beyond, up to a whole block. It is made in `marks`, of which there must be twice as many.
    """
    h, w = belief.shape
    n = h * whole(w)
    out, across = marks[:n].reshape(h, whole(w)), marks[n : n + h * w].reshape(h, w)
    out[:] = 1
    # Two bits: something in the place is not surely room; something in it is not surely the person.
    row, doubt = np.zeros(w + 2 * REACH, np.uint8), np.empty(w, np.uint8)
    for y in range(h):
        for x in range(w):
            row[REACH + x] = np.uint8(belief[y, x] > room) | np.uint8(2 * (belief[y, x] < person))
        for x in range(w):
            near, far = row[x] | row[x + 1] | row[x + 2] | row[x + 3], row[x + 4] | row[x + 5] | row[x + 6]
            across[y, x] = near | far
    for y in range(h):
        doubt[:] = 0
        for j in range(max(y - REACH, 0), min(y + REACH + 1, h)):
            for x in range(w):
                doubt[x] |= across[j, x]
        for x in range(w):
            out[y, x] = doubt[x] != 3
    return out


@compiled
def open_blocks(sure: Bytes) -> Mask:
    """The blocks of a row in which a place is not sure, of `find_sure`'s answer."""
    # All of a block is one number: a byte for each place.
    words = sure.view(np.uint64)
    blocks = np.empty(words.shape, np.bool_)
    for y in range(len(words)):
        for block in range(place(words.shape[1])):
            blocks[y, block] = words[y, block] != np.uint64(0x0101010101010101)
    return blocks


@compiled
def around(blocks: Mask, reach: int) -> Mask:
    """The blocks, those beside them, and what is up to `reach` rows above and below."""
    h, w = blocks.shape
    near, row = np.zeros((h, w), np.bool_), np.empty(w, np.bool_)
    for y in range(h):
        for b in range(w):
            row[b] = blocks[y, b] | blocks[y, max(b - 1, 0)] | blocks[y, min(b + 1, w - 1)]
        for j in range(max(y - reach, 0), min(y + reach + 1, h)):
            for b in range(w):
                near[j, b] |= row[b]
    return near


@compiled
def end_of(blocks: Mask, y: int, block: int) -> int:
    """Where those end that are as this one is."""
    what = blocks[y, block]
    while block < blocks.shape[1] and blocks[y, block] == what:
        block += 1
    return block


@compiled
def sum_windows(rows: Field, y: int, h: int, first: int, last: int, total: Field, out: Field) -> None:
    """Sums over the windows around a part of row `y` of `h`: of `(RING, n, w + 6)` to `(n, w)`.

    `total` is room, `(n, w + 6)`.
    """
    sum_rows(rows, y, h, first, last + 2 * REACH, total)
    sum_sevens(total, first, last, out)


@compiled
def sum_sevens(rows: Field, first: int, last: int, out: Field) -> None:
    """Sums of seven neighbours in each of some rows, each where the first of them is."""
    for k in range(place(len(rows))):
        for x in range(place(first), place(last)):
            left = (rows[k, x] + rows[k, x + place(1)]) + (rows[k, x + place(2)] + rows[k, x + place(3)])
            out[k, x] = left + (rows[k, x + place(4)] + rows[k, x + place(5)]) + rows[k, x + place(6)]


@compiled
def sum_rows(rows: Field, y: int, h: int, first: int, last: int, out: Field) -> None:
    """Sums of seven rows of some planes around row `y` of `h`, mirrored at the border: `(RING, n, w)` to `(n, w)`."""
    a, b, c = ring(y - 3, h), ring(y - 2, h), ring(y - 1, h)
    d, e, f, g = ring(y, h), ring(y + 1, h), ring(y + 2, h), ring(y + 3, h)
    for k in range(place(rows.shape[1])):
        for x in range(place(first), place(last)):
            above = (rows[a, k, x] + rows[b, k, x]) + (rows[c, k, x] + rows[d, k, x])
            out[k, x] = above + (rows[e, k, x] + rows[f, k, x]) + rows[g, k, x]


@compiled
def ring(y: int, h: int) -> place:
    """Where row `y` of `h` is kept, or the one that stands for it beyond the border."""
    return place(mirrored(y, h) % RING)
