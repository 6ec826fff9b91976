"""Keying's loops, compiled: what keying.py does in NumPy and OpenCV, which stands in until these are ready."""

import math

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.band import Field
from greenscreen.loops import Bytes, compiled, place

Ints = NDArray[np.int32]
Limits = tuple[int, int, float, float, float, float, float, float, float, float, float, float]
"""Radius of the window and fewest cells in it; noise, alike, apart, uneven, even, bare, shiny, near, far and haze, as
keying.py has them."""
SUMS = 15
"""How many counts there are of a cell; `count` says which."""


@compiled
def cell_keys(colours: Bytes, groups: Bytes, near: Bytes, limits: Limits, keys: Field) -> None:
    """Of each cell that is `near`, the discriminant's lines times their share, and that share: `keys` `(5, h, w)`.

    `colours` are `(h, w, 3)`, `groups` `(h, w)`: 1 where a cell is person, 2 where it is room. `keys` are 0 at first;
    what `limits` are, keying.py says.
    """
    radius, few = limits[:2]
    h, w = groups.shape
    size, width = 2 * radius + 1, w + 2 * radius + 1
    # Whole numbers, so that nothing drifts in the running sums. Rows of counts in a row, so that one loop sums all;
    # what comes takes the place of what goes.
    rows, columns = np.zeros((size, SUMS * width), np.int32), np.zeros(SUMS * width, np.int32)
    new, window, planes = np.zeros(SUMS * width, np.int32), np.empty((SUMS, w), np.int32), np.empty((3, w), np.int32)
    for y in range(-radius, h):
        if y + radius < h:
            count(colours, groups, y + radius, planes, new, radius + 1)
        else:
            new[:] = 0
        exchange(new, rows[(y + radius) % size], columns)
        first, last = ends(near[max(y, 0)])
        if y < 0 or first == last:
            continue
        for k in range(SUMS):
            slide(columns, k * width, size, window, k, first, last)
        for x in range(first, last):
            if near[y, x] and min(window[0, x], window[1, x]) >= few:
                tell_apart(window, colours, y, x, limits[2:], keys)


@compiled
def group(small: Field, sure: real, groups: Bytes, outline: Bytes) -> None:
    """What cells are: `groups` as above, and `outline` where not all of one is 0 or 1. Odd last pixels count twice."""
    h, w = small.shape
    least, most = np.empty(w, np.float32), np.empty(w, np.float32)
    for y in range(len(groups)):
        above, below = small[2 * y], small[min(2 * y + 1, h - 1)]
        for x in range(place(w)):
            least[x], most[x] = min(above[x], below[x]), max(above[x], below[x])
        for x in range(groups.shape[1]):
            a, b = 2 * x, min(2 * x + 1, w - 1)
            low, high = min(least[a], least[b]), max(most[a], most[b])
            groups[y, x] = 1 if low >= sure else 2 if high <= real(1) - sure else 0
            outline[y, x] = (low < real(1)) & (high > real(0))


# Whole arrays are handed over, and places in them: to take a part of one takes longer than most loops here.


@compiled
def count(colours: Bytes, groups: Bytes, row: int, planes: Ints, out: Ints, start: int) -> None:
    """What is summed of a row of cells: `out` has `SUMS` rows, each from `start` on, and gets in this order:

    person, room, person's blue, green and red, room's, of both the products of colours, two by two, and of the room the
    squares of all three.
    """
    w, y, width, n = groups.shape[1], place(row), len(out) // SUMS, 8
    person, room = place(start), place(start + width)
    for x in range(place(w)):
        out[person + x] = groups[y, x] == 1
    for x in range(place(w)):
        out[room + x] = groups[y, x] == 2
    for c in range(3):
        k = place(c)
        for x in range(place(w)):
            planes[k, x] = colours[y, x, k]
        of_person, of_room = place(start + (2 + c) * width), place(start + (5 + c) * width)
        for x in range(place(w)):
            out[of_person + x] = out[person + x] * planes[k, x]
        for x in range(place(w)):
            out[of_room + x] = out[room + x] * planes[k, x]
    for c in range(3):
        for other in range(c, 3):
            i, j, product = place(c), place(other), place(start + n * width)
            for x in range(place(w)):
                out[product + x] = (out[person + x] + out[room + x]) * planes[i, x] * planes[j, x]
            n += 1
    squares = place(start + n * width)
    for x in range(place(w)):
        b, g, r = planes[place(0), x], planes[place(1), x], planes[place(2), x]
        out[squares + x] = out[room + x] * (b * b + g * g + r * r)


@compiled
def exchange(new: Ints, old: Ints, total: Ints) -> None:
    for x in range(place(total.size)):
        total[x] += new[x] - old[x]
        old[x] = new[x]


@compiled
def ends(row: Bytes | Field) -> tuple[int, int]:
    """The first place that is not 0, and the next after the last; the same two where there is none."""
    first, last = 0, row.size
    while first < last and not row[first]:
        first += 1
    while last > first and not row[last - 1]:
        last -= 1
    return first, last


@compiled
def slide(columns: Ints, start: int, size: int, out: Ints, k: int, first: int, last: int) -> None:
    """The sums of `size` neighbours, for places `first` to `last` of the row that begins a place after `start`."""
    gone, come, i = place(start), place(start + size), place(k)
    total = np.int32(0)
    for x in range(place(start + first + 1), place(start + first + size)):
        total += columns[x]
    total += columns[gone + place(first)]
    for x in range(place(first), place(last)):
        total += columns[come + x] - columns[gone + x]
        out[i, x] = total


@compiled
def tell_apart(s: Ints, colours: Bytes, y: int, x: int, limits: tuple[float, ...], keys: Field) -> None:
    """The key of a cell, from the sums over its window, `s` `(SUMS, w)`."""
    noise, alike, apart, uneven, even, bare, shiny, near, far, haze = limits
    # In double precision, as small differences of large products are looked for.
    n, m = float(s[0, x]), float(s[1, x])
    pb, pg, pr, qb, qg, qr = s[2, x] / n, s[3, x] / n, s[4, x] / n, s[5, x] / m, s[6, x] / m, s[7, x] / m
    scale = 2 / (n + m)
    bb = (s[8, x] - n * pb * pb - m * qb * qb) * scale + noise
    bg = (s[9, x] - n * pb * pg - m * qb * qg) * scale
    br = (s[10, x] - n * pb * pr - m * qb * qr) * scale
    gg = (s[11, x] - n * pg * pg - m * qg * qg) * scale + noise
    gr = (s[12, x] - n * pg * pr - m * qg * qr) * scale
    rr = (s[13, x] - n * pr * pr - m * qr * qr) * scale + noise
    ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - gg * br
    igg, igr, irr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    det = bb * ibb + bg * ibg + br * ibr
    db, dg, dr = pb - qb, pg - qg, pr - qr
    vb, vg, vr = ibb * db + ibg * dg + ibr * dr, ibg * db + igg * dg + igr * dr, ibr * db + igr * dg + irr * dr
    distance = (vb * db + vg * dg + vr * dr) / det
    if distance <= alike * alike / 4:
        return
    vb, vg, vr = vb / (det * distance), vg / (det * distance), vr / (det * distance)
    ob, og, orr = colours[y, x, 0] - qb, colours[y, x, 1] - qg, colours[y, x, 2] - qr
    place = vb * ob + vg * og + vr * orr
    spread = s[14, x] / m - qb * qb - qg * qg - qr * qr + 3 * noise
    wall = (math.sqrt((db * db + dg * dg + dr * dr) / spread) - uneven) / (even - uneven)
    wall = min(1.0, max(0.0, wall)) * min(1.0, max(0.0, (shiny - place) / (shiny - bare)))
    alike, apart = alike * (1 - wall / 2), apart * (1 - wall / 2)
    alpha = min(1.0, max(0.0, place))
    own = ob * (ibb * ob + ibg * og + ibr * orr) + og * (ibg * ob + igg * og + igr * orr)
    own += orr * (ibr * ob + igr * og + irr * orr)
    beside = math.sqrt(max(0.0, own / (det * distance) + alpha * (alpha - 2 * place)))
    share = min(1.0, max(0.0, (math.sqrt(distance) - alike) / (apart - alike)))
    share *= min(1.0, (far - beside) / (far - near))
    if share > 0:
        scale = share / (1 - 2 * haze)
        keys[0, y, x], keys[1, y, x], keys[2, y, x] = vb * scale, vg * scale, vr * scale
        keys[3, y, x] = -(vb * qb + vg * qg + vr * qr + haze) * scale
        keys[4, y, x] = share


@compiled
def mix_keys(guide: Bytes, keys: Field, top: int, left: int, small: Field, lines: Field) -> None:
    """Brings cells' `keys`, interpolated, into the `lines` `(4, h, w)` and to the alphas they give.

    The first cell is at row `top` and column `left`; beyond them, there is nothing to be brought.
    """
    h, w = small.shape
    rows, columns = keys.shape[1:]
    # A row of them, between two of cells; one more at either end.
    line = np.zeros((5, columns + 2), np.float32)
    one, share = place(1), place(4)
    for row in range(2 * top, min(2 * (top + rows), h)):
        y, i, first, last = place(row), row // 2 - top, columns, 0
        j = min(max(i + (1 if row % 2 else -1), 0), rows - 1)
        here, there = place(i), place(j)
        for column in range(columns):
            if keys[share, here, column] + keys[share, there, column]:
                first, last = min(first, column), column + 1
        if first >= last:
            continue
        for channel in range(5):
            k = place(channel)
            for cell in range(place(columns)):
                line[k, cell + one] = real(0.75) * keys[k, here, cell] + real(0.25) * keys[k, there, cell]
            line[k, 0], line[k, columns + 1] = line[k, 1], line[k, columns]
        for column in range(max(2 * (left + first) - 1, 0), min(2 * (left + last) + 1, w)):
            x, m, n = place(column), place(column // 2 - left + 1), place(column // 2 - left + 2 * (column % 2))
            part = real(0.75) * line[share, m] + real(0.25) * line[share, n]
            if part > real(0):
                alpha = real(0)
                for channel in range(4):
                    k = place(channel)
                    value = real(0.75) * line[k, m] + real(0.25) * line[k, n]
                    value += lines[k, y, x] * (real(1) - part)
                    lines[k, y, x] = value
                    alpha += value * (real(guide[y, x, k]) if channel < 3 else real(1))
                small[y, x] = min(real(1), max(real(0), alpha))


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    colours, groups = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 2), np.uint8)
    small, keys, lines = np.zeros((2, 2), np.float32), np.zeros((5, 2, 2), np.float32), np.zeros((4, 2, 2), np.float32)
    group(small, real(1), groups[0], groups[1])
    cell_keys(colours, groups[0], groups[1], (1, 1, *np.arange(10.0)), keys)
    mix_keys(colours, keys, 0, 0, small, lines)
