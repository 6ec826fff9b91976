"""Keying's loops, compiled: what keying.py does in NumPy and OpenCV, which stands in until these are ready."""

import math

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.compiled.loops import Bytes, compiled, place
from greenscreen.picture.band import Field

Ints = NDArray[np.int32]
Limits = tuple[int, int, float, float, float, float, float, float, float, float, float, float]
"""Radius of the window and fewest cells in it; noise, alike, apart, uneven, even, bare, shiny, near, far and haze, as
keying.py has them."""
SUMS = 15
"""How many counts there are of a cell; `count` says which."""


@compiled
def key(guide: Bytes, small: Field, lines: Field, sure: float, limits: Limits, cells: Bytes, room: Field) -> None:
    """Keys alphas `(h, w)` and the lines `(4, h, w)` that they follow, in place; `guide` is `(3, h, w)`.

    What `sure` and `limits` are, keying.py says. It works in `cells`, `(2, (h + 1) / 2, (w + 1) / 2)`, and in `room`
    for as many numbers as `room_for_keys` says.
    """
    groups, near = cells[0], cells[1]
    first, last, start, end = group(small, real(sure), groups, near)
    if first >= last:
        return
    # All that windows around the outline see.
    radius, (h, w) = limits[0], groups.shape
    top, bottom, left, right = (
        max(first - radius, 0),
        min(last + radius, h),
        max(start - radius, 0),
        min(end + radius, w),
    )
    colours = halved(guide, top, bottom, left, right)
    count = 5 * (bottom - top) * (right - left)
    keys = room[:count].reshape(5, bottom - top, right - left)
    room[:count] = real(0)
    cell_keys(colours, groups, near, top, left, limits, room[count:].view(np.int32), keys)
    mix_keys(guide, keys, top, left, small, lines)


@compiled
def group(small: Field, sure: real, groups: Bytes, near: Bytes) -> tuple[int, int, int, int]:
    """What cells are: of `groups`, 1 where a cell is person, 2 where it is room.

    And `near` where not all of one is 0 or 1, or of one beside it; returns from which row to which these are, and
    column. Odd last pixels count twice.
    """
    h, w = small.shape
    rows, columns = groups.shape
    least, most = np.empty(2 * columns, np.float32), np.empty(2 * columns, np.float32)
    outline, two = np.zeros((rows, columns), np.uint8), place(2)
    for row in range(rows):
        y, above, below = place(row), place(2 * row), place(min(2 * row + 1, h - 1))
        for x in range(place(w)):
            least[x], most[x] = min(small[above, x], small[below, x]), max(small[above, x], small[below, x])
        least[w:], most[w:] = least[w - 1], most[w - 1]
        for x in range(place(columns)):
            low, high = min(least[two * x], least[two * x + place(1)]), max(most[two * x], most[two * x + place(1)])
            groups[y, x] = np.uint8(low >= sure) + np.uint8(2) * np.uint8(high <= real(1) - sure)
            outline[y, x] = (low < real(1)) & (high > real(0))
    first, last, start, end, line = rows, 0, columns, 0, np.zeros(columns + 2, np.uint8)
    for row in range(rows):
        y, above, below = place(row), place(max(row - 1, 0)), place(min(row + 1, rows - 1))
        for x in range(place(columns)):
            line[x + place(1)] = outline[above, x] | outline[y, x] | outline[below, x]
        for x in range(place(columns)):
            near[y, x] = line[x] | line[x + place(1)] | line[x + two]
        one, other = ends(near[row])
        if one < other:
            first, last, start, end = min(first, row), row + 1, min(start, one), max(end, other)
    return first, last, start, end


@compiled
def halved(guide: Bytes, top: int, bottom: int, left: int, right: int) -> Bytes:
    """The means of cells, of these rows and columns, `(3, rows, columns)`. Odd last pixels count twice."""
    h, w = guide.shape[1:]
    out, row = np.empty((3, bottom - top, right - left), np.uint8), np.empty(2 * (right - left), np.uint16)
    for channel in range(3):
        k = place(channel)
        for cell in range(top, bottom):
            y, above, below = place(cell - top), place(2 * cell), place(min(2 * cell + 1, h - 1))
            a, count = place(2 * left), min(2 * right, w) - 2 * left
            for x in range(place(count)):
                row[x] = np.uint16(guide[k, above, a + x]) + np.uint16(guide[k, below, a + x])
            row[count:] = row[count - 1]
            for x in range(place(right - left)):
                out[k, y, x] = (row[x + x] + row[x + x + place(1)] + np.uint16(2)) >> np.uint16(2)
    return out


@compiled
def cell_keys(
    colours: Bytes, groups: Bytes, near: Bytes, top: int, left: int, limits: Limits, room: Ints, keys: Field
) -> None:
    """Of each cell that is `near`, the discriminant's lines times their share, and that share: `keys` `(5, h, w)`.

    `colours` are `(3, h, w)`; of `groups` and `near` they are what begins at row `top` and column `left`. `keys` are 0
    at first.
    """
    radius, few = limits[:2]
    h, w = keys.shape[1:]
    size, width = 2 * radius + 1, w + 2 * radius + 1
    # Whole numbers, so that nothing drifts in the running sums. Rows of counts in a row, so that one loop sums all;
    # what comes takes the place of what goes.
    rows, columns = room[: size * SUMS * width].reshape(size, SUMS * width), np.zeros(SUMS * width, np.int32)
    rows[:] = 0
    new, window = np.zeros(SUMS * width, np.int32), np.empty((SUMS, w), np.int32)
    for y in range(-radius, h):
        if y + radius < h:
            count(colours, groups, top, left, y + radius, new, radius + 1)
        else:
            new[:] = 0
        exchange(new, rows[(y + radius) % size], columns)
        if y < 0:
            continue
        first, last = ends(near[top + y, left : left + w])
        if first == last:
            continue
        for k in range(SUMS):
            slide(columns, k * width, size, window, k, first, last)
        for x in range(first, last):
            if near[top + y, left + x] and min(window[0, x], window[1, x]) >= few:
                tell_apart(window, colours, y, x, limits[2:], keys)


# Whole arrays are handed over, and places in them: to take a part of one takes longer than most loops here.


@compiled
def count(colours: Bytes, groups: Bytes, top: int, left: int, row: int, out: Ints, start: int) -> None:
    """What is summed of a row of cells: `out` has `SUMS` rows, each from `start` on, and gets in this order:

    person, room, person's blue, green and red, room's, of both the products of colours, two by two, and of the room the
    squares of all three.
    """
    w, y, i, j, width, n = colours.shape[2], place(row), place(top + row), place(left), len(out) // SUMS, 8
    person, room = place(start), place(start + width)
    for x in range(place(w)):
        out[person + x] = groups[i, j + x] == 1
    for x in range(place(w)):
        out[room + x] = groups[i, j + x] == 2
    for channel in range(3):
        k = place(channel)
        of_person, of_room = place(start + (2 + channel) * width), place(start + (5 + channel) * width)
        for x in range(place(w)):
            out[of_person + x] = out[person + x] * np.int32(colours[k, y, x])
        for x in range(place(w)):
            out[of_room + x] = out[room + x] * np.int32(colours[k, y, x])
        for other in range(channel, 3):
            m, product = place(other), place(start + n * width)
            for x in range(place(w)):
                both = (out[person + x] + out[room + x]) * np.int32(colours[k, y, x])
                out[product + x] = both * np.int32(colours[m, y, x])
            n += 1
    squares = place(start + n * width)
    for x in range(place(w)):
        b, g, r = np.int32(colours[0, y, x]), np.int32(colours[1, y, x]), np.int32(colours[2, y, x])
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
    ob, og, orr = colours[0, y, x] - qb, colours[1, y, x] - qg, colours[2, y, x] - qr
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
                    alpha += value * (real(guide[k, y, x]) if channel < 3 else real(1))
                small[y, x] = min(real(1), max(real(0), alpha))


def room_for_keys(radius: int, rows: int, columns: int) -> int:
    """How many numbers `key` needs room for, of so many cells."""
    size = 2 * radius + 1
    return 5 * rows * columns + size * SUMS * (columns + size)


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    guide, small, lines = np.zeros((3, 2, 2), np.uint8), np.zeros((2, 2), np.float32), np.zeros((4, 2, 2), np.float32)
    limits = 1, 1, *np.arange(10.0)
    room = np.empty(room_for_keys(1, 1, 1), np.float32)
    key(guide, small, lines, 1.0, limits, np.zeros((2, 1, 1), np.uint8), room)
