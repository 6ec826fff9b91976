"""The compositor's arithmetic, for pixels between person and room: they lie side by side, so that loops are long.

Whole arrays are handed over, and nothing but their items is asked for: whoever takes a part of one is counted as its
holder for as long, which takes longer than most loops here.
"""

import numpy as np
from numpy import float32 as real

from greenscreen.compiled.loops import Bytes, compiled, number, place
from greenscreen.picture.band import Field

MOST = 128
"""Pixels of chroma that `edge` takes at once: what it works on then stays next to the processor."""
BLOCK = 32
"""So many at a time go through a loop of vector instructions."""
SEEN, BEHIND, BEFORE, KNOWN, SHARE, MEAN, OWN = 0, 4, 8, 10, 11, 13, 14
SLOPE, BASE, PERSON, ROOM, RATE, LOW, HIGH, LIGHT = range(15, 23)
FLOATS = 23, 2 * MOST + BLOCK
"""Shape of what it works on: rows of what is seen and what is behind, each two of luma and one of U and V; of alphas;
and of fields."""


@compiled
def edge(at: Field, n: int, floats: Field, steadied: bool, cut: bool, made: Bytes) -> None:
    """Pixels in between, `n` of chroma and four times as many of luma, by their fields `at`, `(n, 16)`.

    Of `floats` this reads what is seen and what is behind, in two rows of luma and one each of U and V, and what alpha
    was, if it is `steadied`; the rest is room to work in. `made` gets luma, U and V, and two rows of alpha.
    """
    find_base(at, n, floats)
    for c, row in ((0, SLOPE), (4, PERSON), (7, ROOM), (10, RATE), (11, LOW), (12, HIGH), (13, LIGHT)):
        field(at, c, n, number(2), floats, row)
    for k in range(2):
        find_share(floats, k, 2 * n)
        if steadied:
            hold(floats, k, 2 * n)
        keep_between(floats, k, 2 * n, made)
        free(floats, SEEN + k, SHARE + k, real(235), 2 * n)
        blend(floats, BEHIND + k, SHARE + k, cut, made, k, 2 * n)
    find_mean(floats, n)
    for k in range(2):
        for c, row in ((5 + k, PERSON), (8 + k, ROOM), (14 + k, LIGHT)):
            field(at, c, n, number(1), floats, row)
        free(floats, SEEN + 2 + k, number(MEAN), real(240), n)
        blend(floats, BEHIND + 2 + k, number(MEAN), cut, made, 2 + k, n)


@compiled
def find_base(at: Field, n: int, floats: Field) -> None:
    """What alpha is, luma aside."""
    u, v, out = place(SEEN + 2), place(SEEN + 3), place(BASE)
    for x in range(place(n)):
        base = at[x, place(1)] * floats[u, x] + at[x, place(2)] * floats[v, x] + at[x, place(3)]
        floats[out, x + x] = base
        floats[out, x + x + place(1)] = base


@compiled
def field(at: Field, c: int, n: int, times: int, floats: Field, row: int) -> None:
    """One of the fields by itself, each value once or twice."""
    i, j = place(c), place(row)
    if times == 2:
        for x in range(place(n)):
            floats[j, x + x] = at[x, i]
            floats[j, x + x + place(1)] = at[x, i]
    else:
        for x in range(place(n)):
            floats[j, x] = at[x, i]


@compiled
def find_share(floats: Field, k: int, n: int) -> None:
    seen, slope, base, out = place(SEEN + k), place(SLOPE), place(BASE), place(SHARE + k)
    # In this order, so that what is not a number becomes 0: the backdrop, not the room.
    for x in range(place(n)):
        floats[out, x] = min(real(1), max(real(0), floats[slope, x] * floats[seen, x] + floats[base, x]))


@compiled
def hold(floats: Field, k: int, n: int) -> None:
    """Brings a share only so far from what it was, and remembers it."""
    known, before, rate, share = place(KNOWN), place(BEFORE + k), place(RATE), place(SHARE + k)
    for x in range(place(n)):
        was = floats[before, x] if floats[known, x] == real(2) else floats[known, x]
        now = was + (floats[share, x] - was) * floats[rate, x]
        # What fades away would in the end be too small for a float, and those take processors a hundred times as long.
        floats[share, x] = now if now > real(1e-6) else real(0)
    for x in range(place(n)):
        floats[before, x] = floats[share, x]


@compiled
def keep_between(floats: Field, k: int, n: int, made: Bytes) -> None:
    """The share as it is to be, also in bytes."""
    low, high, share, out = place(LOW), place(HIGH), place(SHARE + k), place(4 + k)
    for x in range(place(n)):
        floats[share, x] = min(max(floats[share, x], floats[low, x]), floats[high, x])
    for x in range(place(n)):
        made[out, x] = np.uint8(np.int32(floats[share, x] * real(255) + real(0.5)))


@compiled
def find_mean(floats: Field, n: int) -> None:
    upper, lower, out, one = place(SHARE), place(SHARE + 1), place(MEAN), place(1)
    for x in range(place(n)):
        above = floats[upper, x + x] + floats[upper, x + x + one]
        below = floats[lower, x + x] + floats[lower, x + x + one]
        floats[out, x] = (above + below) * real(0.25)


@compiled
def free(floats: Field, seen_row: int, share_row: int, top: real, n: int) -> None:
    """The person's own colour, freed of the room's (see composite.person_colours) and lit."""
    seen, share, person, room = place(seen_row), place(share_row), place(PERSON), place(ROOM)
    own, light = place(OWN), place(LIGHT)
    for x in range(place(n)):
        a, p, r = floats[share, x], floats[person, x], floats[room, x]
        floats[own, x] = p + a * (floats[seen, x] - r - a * (p - r))
    for x in range(place(n)):
        floats[own, x] = min(max(floats[own, x] + floats[light, x], real(16)), top)


@compiled
def blend(floats: Field, behind_row: int, share_row: int, cut: bool, made: Bytes, row: int, n: int) -> None:
    """The person's own colour over the backdrop's; with `cut`, alone."""
    own, behind, share, out = place(OWN), place(behind_row), place(share_row), place(row)
    for x in range(place(n)):
        a = floats[share, x]
        weight = real(1) if cut and a > real(0) else a
        made[out, x] = np.uint8(np.int32(floats[behind, x] + (floats[own, x] - floats[behind, x]) * weight + real(0.5)))
