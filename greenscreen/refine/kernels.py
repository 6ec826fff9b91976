"""The refiner's loops, compiled. Each equals what its neighbour here does in NumPy and OpenCV, which stands in until
these are ready.
"""

import math

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.band import Field
from greenscreen.loops import REACH, SIZE, Bytes, compiled, mirror, mirrored, sum_across, sum_rows

Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]
Runs = tuple[Ints, ...]
"""Of each run: row, start, end, the run it hangs on; and of those that hang on none, what is counted of them."""

STEPS = 1024
"""To how many levels a coarse matte is rounded: its products with colours, summed over a window, stay below 2^24, where
floats are exact, so that nothing drifts in the running sums."""


@compiled
def coefficients(guide: Bytes, matte: Field, epsilon: real, out: Field) -> None:
    """The colour guided filter's `a` and `b`, averaged over all windows a pixel is in.

    `guide` is `(h, w, 3)` uint8, `matte` `(h, w)` in [0, 1], `epsilon` in levels squared. `out` is `(4, h, w)` and gets
    `a` for each level of blue, green and red, and `b`. Windows beyond the picture's border are mirrored.
    """
    h, w = matte.shape
    width = w + 2 * REACH
    planes = padded(guide, matte)
    # Rows of four planes in a row, so that one loop sums them all.
    lines, found = np.empty((h, 4 * width), np.float32), np.empty((4, w), np.float32)
    # Of blue, green, red, matte and their products, two by two.
    columns, window = np.zeros((13, width), np.float32), np.empty((13, w), np.float32)
    nothing = np.zeros((4, width), np.float32)
    for y in range(2 * REACH):
        roll(planes[y], nothing, columns)
    for y in range(h):
        roll(planes[y + 2 * REACH], planes[y - 1] if y else nothing, columns)
        for k in range(13):
            sum_across(columns[k], real(1), window[k])
        solve(window, epsilon, found)
        for k in range(4):
            line = lines[y, k * width : (k + 1) * width]
            line[REACH : REACH + w] = found[k]
            mirror(line)
    total = np.empty(4 * width, np.float32)
    for y in range(h):
        sum_rows(lines, y, total)
        for k in range(4):
            sum_across(total[k * width : (k + 1) * width], real(1 / SIZE), out[k, y])


@compiled
def padded(guide: Bytes, matte: Field) -> Field:
    """Blue, green, red and the matte in steps, each row by row, mirrored at the border: `(h + 6, 4, w + 6)`."""
    h, w = matte.shape
    planes = np.empty((h + 2 * REACH, 4, w + 2 * REACH), np.float32)
    for y in range(h + 2 * REACH):
        j = mirrored(y - REACH, h)
        for k in range(3):
            for x in range(w):
                planes[y, k, REACH + x] = real(guide[j, x, k])
        for x in range(w):
            planes[y, 3, REACH + x] = real(math.floor(matte[j, x] * real(STEPS) + real(0.5)))
        for k in range(4):
            mirror(planes[y, k])
    return planes


@compiled
def roll(new: Field, old: Field, columns: Field) -> None:
    """Adds a row of `padded` to the columns' sums, and takes an old one away."""
    n = 4
    for i in range(4):
        replace(columns[i], new[i], old[i])
        for j in range(i, 4 if i < 3 else 3):
            replace_product(columns[n], new[i], new[j], old[i], old[j])
            n += 1


@compiled
def replace(total: Field, new: Field, old: Field) -> None:
    for x in range(total.size):
        total[x] += new[x] - old[x]


@compiled
def replace_product(total: Field, new: Field, by: Field, old: Field, old_by: Field) -> None:
    for x in range(total.size):
        total[x] += new[x] * by[x] - old[x] * old_by[x]


@compiled
def solve(s: Field, epsilon: real, lines: Field) -> None:
    """From a row's sums over windows, in the order of `roll`, to `alpha = lines[:3] . colour + lines[3]`."""
    share, most = real(1 / SIZE), real(SIZE * STEPS)
    for x in range(lines.shape[1]):
        mb, mg, mr, mp = s[0, x] * share, s[1, x] * share, s[2, x] * share, s[3, x] * share
        bb, bg, br = s[4, x] * share - mb * mb + epsilon, s[5, x] * share - mb * mg, s[6, x] * share - mb * mr
        gg, gr, rr = (
            s[8, x] * share - mg * mg + epsilon,
            s[9, x] * share - mg * mr,
            s[11, x] * share - mr * mr + epsilon,
        )
        cb, cg, cr = s[7, x] * share - mb * mp, s[10, x] * share - mg * mp, s[12, x] * share - mr * mp
        # The symmetric 3x3 system is solved by its adjugate.
        ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - gg * br
        igg, igr, irr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
        # Where the window holds nothing but room, or nothing but person, that is exactly what comes out.
        flat = (s[3, x] <= real(0)) | (s[3, x] >= most)
        scale = real(0) if flat else real(1 / STEPS) / (bb * ibb + bg * ibg + br * ibr)
        ab, ag, ar = ibb * cb + ibg * cg + ibr * cr, ibg * cb + igg * cg + igr * cr, ibr * cb + igr * cg + irr * cr
        ab, ag, ar = ab * scale, ag * scale, ar * scale
        lines[0, x], lines[1, x], lines[2, x] = ab, ag, ar
        lines[3, x] = mp * real(1 / STEPS) - ab * mb - ag * mg - ar * mr


@compiled
def evaluate(guide: Bytes, lines: Field, black: real, white: real, small: Field) -> None:
    """Stretches `[black, white]` of the alphas that `lines` `(4, h, w)` give to [0, 1], and finds the guide's own.

    What is not a number is no person.
    """
    h, w = small.shape
    scale = real(1) / (white - black)
    for y in range(h):
        b, g, r, c, out = lines[0, y], lines[1, y], lines[2, y], lines[3, y], small[y]
        for x in range(w):
            b[x] *= scale
            g[x] *= scale
            r[x] *= scale
            c[x] = (c[x] - black) * scale
        for x in range(w):
            alpha = b[x] * real(guide[y, x, 0]) + g[x] * real(guide[y, x, 1]) + r[x] * real(guide[y, x, 2]) + c[x]
            out[x] = min(real(1), max(real(0), alpha))


@compiled
def unlikeness(guide: Bytes, seen: Field, out: Field) -> None:
    """How far each place's mean colour, `(h, w, 3)`, is from what it was, `(3, h, w)`: the greatest of the channels.

    And of the places around, as where a thing leaves there is no edge of it any more, but there was. `out` is `(h, w)`.
    """
    h, w = out.shape
    width = w + 2 * REACH
    change, total, mean = np.empty((h, 3 * width), np.float32), np.empty(3 * width, np.float32), np.empty(w, np.float32)
    for y in range(h):
        for k in range(3):
            row, was = change[y, k * width : (k + 1) * width], seen[k, y]
            for x in range(w):
                row[REACH + x] = real(guide[y, x, k]) - was[x]
            mirror(row)
    worst = np.empty((h, w), np.float32)
    for y in range(h):
        sum_rows(change, y, total)
        sum_across(total[:width], real(1 / SIZE), mean)
        for x in range(w):
            worst[y, x] = abs(mean[x])
        for k in range(1, 3):
            sum_across(total[k * width : (k + 1) * width], real(1 / SIZE), mean)
            for x in range(w):
                worst[y, x] = max(worst[y, x], abs(mean[x]))
    for y in range(h):
        above, here, below = worst[max(y - 1, 0)], worst[y], worst[min(y + 1, h - 1)]
        for x in range(w):
            mean[x] = max(here[x], max(above[x], below[x]))
        out[y, 0], out[y, w - 1] = max(mean[0], mean[min(1, w - 1)]), max(mean[w - 1], mean[max(w - 2, 0)])
        for x in range(1, w - 1):
            out[y, x] = max(mean[x], max(mean[x - 1], mean[x + 1]))


@compiled
def certain(belief: Field, room: real, person: real, out: Mask) -> None:
    """Whether all of a place `(h, w)` is believed to be at most `room`, or all of it at least `person`."""
    h, w = out.shape
    # Two bits: something in the place is not surely room; something in it is not surely the person.
    across, row, doubt = np.empty((h, w), np.uint8), np.zeros(w + 2 * REACH, np.uint8), np.empty(w, np.uint8)
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


@compiled
def renew(
    guide: Bytes,
    belief: Field,
    unlike: Field,
    sure: Mask,
    limits: tuple[real, real, real, real, real],
    seen: Field,
    believed: Field,
    rate: Field,
) -> None:
    """How much of a new alpha counts, `(h, w)`; and takes over as much of what is seen and believed now.

    Where the network is `sure` of all around, all. `limits` are what still stands, how much further has moved, from
    which change of mind on a place opens, how much further it is open wide, and the least rate.
    """
    still, moved, doubt, decided, least = limits
    h, w = rate.shape
    for y in range(h):
        row, now, was = rate[y], belief[y], believed[y]
        for x in range(w):
            by_picture, by_mind = (unlike[y, x] - still) / moved, (abs(now[x] - was[x]) - doubt) / decided
            row[x] = real(1) if sure[y, x] else min(real(1), max(least, max(by_picture, by_mind)))
            was[x] += (now[x] - was[x]) * row[x]
        for k in range(3):
            known = seen[k, y]
            for x in range(w):
                known[x] += (real(guide[y, x, k]) - known[x]) * row[x]


@compiled
def settle(last: Field, rate: Field, small: Field) -> None:
    """Brings an alpha `(h, w)` only so far from the last; within half a level of 0 or 1 it is there."""
    h, w = small.shape
    for y in range(h):
        for x in range(w):
            now = last[y, x] + (small[y, x] - last[y, x]) * rate[y, x]
            now = real(0) if now < real(1 / 512) else now
            small[y, x] = real(1) if now > real(1 - 1 / 512) else now


@compiled
def clear(
    matte: Field, known: Mask, limits: tuple[real, real], least: tuple[float, float, float], out: Field, runs: Runs
) -> None:
    """Takes strays out of a matte `(h, w)` and fills its pinholes; `known` gets what belongs to a blob now.

    `limits` are the mattes above which a place belongs to a blob, and surely does. `least` are the pixels that a new
    blob and a known one must have, and a real hole. `runs` is room for every run there may be.
    """
    haze, sure = limits
    least_new, least_known, hole = least
    h, w = matte.shape
    row, start, end, parent, surely, before, open_ended = runs
    out[:] = matte
    count = find_runs(matte, haze, True, 1, row, start, end, parent)
    surely[:count] = 0
    before[:count] = 0
    for n in range(count):
        root = find(parent, n)
        for x in range(start[n], end[n]):
            surely[root] += matte[row[n], x] > sure
            before[root] += known[row[n], x]
    for n in range(count):
        root = find(parent, n)
        if surely[root] < least_new and before[root] < least_known:
            out[row[n], start[n] : end[n]] = real(0)
    count = find_runs(out, sure, False, 0, row, start, end, parent)
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
    for y in range(h):
        for x in range(w):
            known[y, x] = out[y, x] > haze


@compiled
def find_runs(
    matte: Field, limit: real, above: bool, reach: int, row: Ints, start: Ints, end: Ints, parent: Ints
) -> int:
    """Runs of places above the limit, or not above it, and which hang together; returns how many.

    They do when they overlap from one row to the next, or with a `reach` of 1 touch at a corner.
    """
    h, w = matte.shape
    count = last = 0
    for y in range(h):
        first, line, at, x = count, matte[y], last, 0
        while x < w:
            while x < w and (line[x] > limit) != above:
                x += 1
            if x == w:
                break
            row[count], start[count], parent[count] = y, x, count
            while x < w and (line[x] > limit) == above:
                x += 1
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
        last = first
    return count


@compiled
def find(parent: Ints, n: int) -> int:
    while parent[n] != n:
        parent[n] = parent[parent[n]]
        n = parent[n]
    return n


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    guide, matte, planes = np.zeros((2, 2, 3), np.uint8), np.eye(2, dtype=np.float32), np.zeros((4, 2, 2), np.float32)
    small, one = np.zeros((2, 2), np.float32), real(1)
    coefficients(guide, matte, one, planes)
    evaluate(guide, planes, real(0), one, small)
    unlikeness(guide, planes[:3], small)
    certain(matte, one, one, np.zeros((2, 2), np.bool_))
    renew(guide, matte, small, np.zeros((2, 2), np.bool_), (one, one, one, one, one), planes[:3], small.copy(), small)
    settle(matte, small, small.copy())
    clear(matte, np.zeros((2, 2), np.bool_), (one, one), (1.0, 1.0, 1.0), small, room_for_runs(2, 2))


def room_for_runs(height: int, width: int) -> Runs:
    most = height * (width // 2 + 1)
    return tuple(np.empty(most, np.int32) for _ in range(7))
