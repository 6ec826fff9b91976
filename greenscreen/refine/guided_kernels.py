"""The colour guided filter, compiled. It equals guided.py in NumPy and OpenCV, which stands in until this is ready."""

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.compiled.loops import REACH, SIZE, Bytes, compiled, mirror, mirrored, number, place
from greenscreen.picture.band import Field
from greenscreen.refine.windows import (
    BLOCK,
    RING,
    Mask,
    around,
    end_of,
    find_sure,
    open_blocks,
    sum_sevens,
    sum_windows,
    whole,
)

STEPS = 1024
"""To how many levels a coarse matte is rounded: its products with colours, summed over a window, stay below 2^24, where
floats are exact, so that nothing drifts in the running sums."""


@compiled
def clamp(matte: Field, out: Field) -> None:
    """A matte `(h, w)` in [0, 1]; what is not a number becomes 0."""
    h, w = matte.shape
    for y in range(place(h)):
        for x in range(place(w)):
            out[y, x] = min(real(1), max(real(0), matte[y, x]))


@compiled
def outline(
    guide: Bytes,
    matte: Field,
    doubt: real,
    epsilon: real,
    spread: tuple[real, real],
    stretch: tuple[real, real],
    lines: Field,
    small: Field,
    room: Field,
    first: int,
    last: int,
) -> None:
    """The colour guided filter's `a` and `b`, averaged over all windows a pixel is in, and the guide's own alpha.

    Of rows `first` to `last`: it looks at what windows of these, and windows of those in turn, hold.
    `guide` is `(3, h, w)` uint8, `matte` `(h, w)` in [0, 1], of which what is within `doubt` of either counts as that;
    `epsilon` is in levels squared, `spread` in levels: where the colours of a window are spread up to the first, the
    matte stays, and from the second on the filter's alpha counts alone. `lines` is `(4, h, w)` and gets `a` for each
    level of blue, green and red, and `b`; of `small` `(h, w)`, the alphas that they give, the two levels of `stretch`
    become 0 and 1. Windows beyond the picture's border are mirrored. One that holds nothing but room, or nothing but
    person, says exactly that: only blocks of windows in which there is another are looked at. All this is done in a
    `room` as `room_for_outline` has it, whatever is in it.
    """
    top, end = max(first - 2 * REACH, 0), min(last + 2 * REACH, len(matte))
    h, width = end - top, whole(matte.shape[1]) + BLOCK
    a, b, c = RING * 4 * width, 2 * RING * 4 * width, (2 * RING * 4 + 30) * width
    planes, found = room[:a].reshape(RING, 4, width), room[a:b].reshape(RING, 4, width)
    d = c + RING * width
    sums, trust, marks = room[b:c].reshape(30, width), room[c:d].reshape(RING, width), room[d:].view(np.uint8)
    mixed = open_blocks(find_sure(matte[top:end], doubt, real(1) - doubt, marks))
    near = around(mixed, number(REACH))
    wanted = around(near, number(REACH))
    # The row at which a block was summed last.
    summed = np.full(mixed.shape[1] + 1, -2, np.int64)
    # From here on, rows are counted from `top`. Of lines a row is made when the last window that looks at it wants it.
    row, bottom = max(first - top - REACH, 0), min(last - top + REACH, h)
    for y in range(row, row + 2 * REACH):
        pad(guide, matte, top, h, y, doubt, planes)
    for y in range(first - top, last - top):
        while row < min(y + REACH + 1, bottom):
            pad(guide, matte, top, h, row + 2 * REACH, doubt, planes)
            find_lines(planes, mixed, wanted, epsilon, spread, row, summed, sums, found, trust)
            for k in range(4):
                mirror(found[row % RING, k, : matte.shape[1] + 2 * REACH])
            row += 1
        average(guide, matte, found, trust, near, doubt, stretch, y, top, sums, lines, small)


@compiled
def pad(guide: Bytes, matte: Field, top: int, h: int, row: int, doubt: real, planes: Field) -> None:
    """Blue, green, red and the matte in steps, of row `row` as windows see it, mirrored at the border.

    They begin `REACH` above row `top`, from which `h` rows are looked at. `planes` is `(RING, 4, n)`.
    """
    w, j, y = matte.shape[1], place(row % RING), place(top + mirrored(row - REACH, h))
    for k in range(3):
        i = place(k)
        for x in range(place(w)):
            planes[j, i, x + place(REACH)] = real(guide[i, y, x])
    for x in range(place(w)):
        share = without_doubt(matte[y, x], doubt)
        planes[j, place(3), x + place(REACH)] = real(np.int32(share * real(STEPS) + real(0.5)))
    for k in range(4):
        mirror(planes[j, k, : w + 2 * REACH])
        planes[j, k, w + 2 * REACH :] = real(0)


@compiled
def without_doubt(share: real, doubt: real) -> real:
    """The network's faint doubts are none: where all around agrees, nothing need be looked for."""
    return min(real(1), max(real(0), (share - doubt) / (real(1) - real(2) * doubt)))


@compiled
def find_lines(
    planes: Field,
    mixed: Mask,
    near: Mask,
    epsilon: real,
    spread: tuple[real, real],
    y: int,
    summed: NDArray[np.int64],
    sums: Field,
    found: Field,
    trust: Field,
) -> None:
    """Of row `y` the lines of each window in blocks that are `mixed`, and how much to `trust` its colours.

    Beside, what the matte says.
    """
    count, block = mixed.shape[1], number(0)
    # Of blue, green, red, matte and their products, two by two.
    columns, window = sums[:13], sums[13:26]
    while block < count:
        first, block = block, end_of(mixed, y, block)
        if not mixed[y, first]:
            for c in range(first, block):
                if near[y, c]:
                    stay(planes, y, c * BLOCK, found, trust)
            continue
        start = c = first
        while start <= block:
            on = summed[start] == y - 1
            while c <= block and (summed[c] == y - 1) == on:
                summed[c] = y
                c += 1
            roll(planes, y, start * BLOCK, c * BLOCK, on, columns)
            start = c
        sum_sevens(columns, first * BLOCK, block * BLOCK, window)
        solve(window, first * BLOCK, block * BLOCK, epsilon, spread, found, trust, y)


@compiled
def stay(planes: Field, y: int, first: int, found: Field, trust: Field) -> None:
    """A block's lines where the matte is the same all around."""
    j, i, end = place(y % RING), place((y + REACH) % RING), place(first + BLOCK + REACH)
    for x in range(place(first + REACH), end):
        found[j, 0, x] = found[j, 1, x] = found[j, 2, x] = real(0)
    for x in range(place(first + REACH), end):
        found[j, 3, x] = planes[i, 3, x] * real(1 / STEPS)
    for x in range(place(first), place(first + BLOCK)):
        trust[j, x] = real(1)


@compiled
def average(
    guide: Bytes,
    matte: Field,
    found: Field,
    trust: Field,
    near: Mask,
    doubt: real,
    stretch: tuple[real, real],
    row: int,
    top: int,
    sums: Field,
    lines: Field,
    small: Field,
) -> None:
    """A row's means of the lines over windows in the blocks that are `near` one that is mixed; elsewhere they stand.

    It is row `row` of `found` and `near`, and lies `top` lower in the picture.
    """
    w, y, block = small.shape[1], top + row, number(0)
    window, total = sums[13:17], sums[26:30]
    while block < near.shape[1]:
        first, block = block, end_of(near, row, block)
        start, end = first * BLOCK, min(block * BLOCK, w)
        if near[row, first]:
            sum_windows(found, row, len(near), start, end, total, window)
            draw(guide, matte, window, trust[row % RING], y, start, end, doubt, stretch, lines, small)
        else:
            stand(matte, y, start, end, stretch, lines, small)


@compiled
def roll(planes: Field, y: int, first: int, last: int, on: bool, columns: Field) -> None:
    """The sums of columns over seven rows of `padded`, from `y`: from those of the row before, or anew."""
    n = number(4)
    for i in range(4):
        add(planes, y, first, last, on, i, columns)
        for j in range(i, 4 if i < 3 else 3):
            add_product(planes, y, first, last, on, i, j, columns, n)
            n += 1


@compiled
def add(planes: Field, y: int, first: int, last: int, on: bool, i: int, columns: Field) -> None:
    k = place(i)
    if on:
        old, new = place((y - 1) % RING), place((y + 2 * REACH) % RING)
        for x in range(place(first), place(last)):
            columns[k, x] += planes[new, k, x] - planes[old, k, x]
        return
    for x in range(place(first), place(last)):
        total = real(0)
        for j in range(2 * REACH + 1):
            total += planes[place((y + j) % RING), k, x]
        columns[k, x] = total


@compiled
def add_product(
    planes: Field, y: int, first: int, last: int, on: bool, i: int, by: int, columns: Field, n: int
) -> None:
    k, m, to = place(i), place(by), place(n)
    if on:
        old, new = place((y - 1) % RING), place((y + 2 * REACH) % RING)
        for x in range(place(first), place(last)):
            columns[to, x] += planes[new, k, x] * planes[new, m, x] - planes[old, k, x] * planes[old, m, x]
        return
    for x in range(place(first), place(last)):
        total = real(0)
        for j in range(2 * REACH + 1):
            row = place((y + j) % RING)
            total += planes[row, k, x] * planes[row, m, x]
        columns[to, x] = total


@compiled
def solve(
    s: Field, first: int, last: int, epsilon: real, spread: tuple[real, real], found: Field, trust: Field, y: int
) -> None:
    """From a row's sums over windows, in the order of `roll`, to `alpha = lines[:3] . colour + lines[3]`.

    And how much each window's colours are to be trusted.
    """
    flat, steep = spread[0], real(1) / (spread[1] - spread[0])
    share, most, j = real(1 / SIZE), real(SIZE * STEPS), place(y % RING)
    for x in range(place(first), place(last)):
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
        known = (s[3, x] <= real(0)) | (s[3, x] >= most)
        scale = real(0) if known else real(1 / STEPS) / (bb * ibb + bg * ibg + br * ibr)
        ab, ag, ar = ibb * cb + ibg * cg + ibr * cr, ibg * cb + igg * cg + igr * cr, ibr * cb + igr * cg + irr * cr
        ab, ag, ar = ab * scale, ag * scale, ar * scale
        i = x + place(REACH)
        found[j, 0, i], found[j, 1, i], found[j, 2, i] = ab, ag, ar
        found[j, 3, i] = mp * real(1 / STEPS) - ab * mb - ag * mg - ar * mr
        wide = np.sqrt(max(bb + gg + rr - real(3) * epsilon, real(0)))
        trust[j, x] = min(real(1), max(real(0), (wide - flat) * steep))


@compiled
def draw(
    guide: Bytes,
    matte: Field,
    s: Field,
    trust: Field,
    y: int,
    first: int,
    last: int,
    doubt: real,
    stretch: tuple[real, real],
    lines: Field,
    small: Field,
) -> None:
    """A part of a row of `outline`'s answer, from sums over windows; what is not a number is no person."""
    black, white = stretch
    scale, j = real(1) / (white - black), place(y)
    share = scale * real(1 / SIZE)
    for x in range(place(first), place(last)):
        # As far as colours do not count, the matte does.
        weight = share * trust[x]
        other = (real(1) - trust[x]) * without_doubt(matte[j, x], doubt) - black
        b, g, r, c = s[0, x] * weight, s[1, x] * weight, s[2, x] * weight, s[3, x] * weight + other * scale
        lines[0, j, x], lines[1, j, x], lines[2, j, x], lines[3, j, x] = b, g, r, c
    for x in range(place(first), place(last)):
        b, g, r, c = lines[0, j, x], lines[1, j, x], lines[2, j, x], lines[3, j, x]
        alpha = b * real(guide[0, j, x]) + g * real(guide[1, j, x]) + r * real(guide[2, j, x]) + c
        small[j, x] = min(real(1), max(real(0), alpha))


@compiled
def stand(matte: Field, y: int, first: int, last: int, stretch: tuple[real, real], lines: Field, small: Field) -> None:
    """The same where there is room or person all around."""
    black, white = stretch
    scale, j = real(1) / (white - black), place(y)
    for k in range(3):
        for x in range(place(first), place(last)):
            lines[k, j, x] = real(0)
    for x in range(place(first), place(last)):
        alpha = real(1) if matte[j, x] > real(0.5) else real(0)
        lines[3, j, x] = (alpha - black) * scale
        small[j, x] = alpha


def room_for_outline(rows: int, width: int) -> int:
    """How many numbers `outline` needs room for, where it looks at so many rows of a guide."""
    blocks = -(-width // BLOCK) * BLOCK
    return (RING * 9 + 30) * (blocks + BLOCK) + rows * blocks // 2


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    guide, matte, lines = np.zeros((3, 2, 2), np.uint8), np.eye(2, dtype=np.float32), np.zeros((4, 2, 2), np.float32)
    small, room, one = np.zeros((2, 2), np.float32), np.empty(room_for_outline(2, 2), np.float32), real(1)
    clamp(matte, small)
    outline(guide, matte, real(0), one, (real(0), one), (real(0), one), lines, small, room, 0, 2)
