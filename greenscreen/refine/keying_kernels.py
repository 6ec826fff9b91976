"""Keying's loops, compiled: what keying.py does in NumPy and OpenCV, which stands in until these are ready."""

import math

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.band import Field
from greenscreen.loops import Bytes, compiled, place

Ints = NDArray[np.int32]
Limits = tuple[int, int, float, float, float, float, float, float]
"""Radius of the window and fewest cells in it; noise, alike, apart, near, far and haze, as keying.py has them."""


@compiled
def cell_keys(colours: Bytes, groups: Bytes, near: Bytes, limits: Limits, keys: Field) -> None:
    """Of each cell that is `near`, the discriminant's lines times their share, and that share: `keys` `(5, h, w)`.

    `colours` are `(h, w, 3)`, `groups` `(h, w)`: 1 where a cell is person, 2 where it is room. `keys` are 0 at first;
    what `limits` are, keying.py says.
    """
    radius, few = limits[:2]
    h, w = groups.shape
    size, width = 2 * radius + 1, w + 2 * radius + 1
    # Whole numbers, so that nothing drifts in the running sums. Rows of 14 counts in a row, so that one loop sums all;
    # what comes takes the place of what goes.
    rows, columns = np.zeros((size, 14 * width), np.int32), np.zeros(14 * width, np.int32)
    new, window, planes = np.zeros(14 * width, np.int32), np.empty((14, w), np.int32), np.empty((5, w), np.int32)
    for y in range(-radius, h):
        if y + radius < h:
            count(colours[y + radius], groups[y + radius], planes, new.reshape(14, width)[:, radius + 1 :])
        else:
            new[:] = 0
        exchange(new, rows[(y + radius) % size], columns)
        first, last = ends(near[max(y, 0)])
        if y < 0 or first == last:
            continue
        for k in range(14):
            slide(columns[k * width + first : k * width + last + size], size, window[k, first:last])
        for x in range(first, last):
            if near[y, x] and min(window[0, x], window[1, x]) >= few:
                tell_apart(window[:, x], colours[y, x], limits[2:], keys[:, y, x])


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


@compiled
def count(colours: Bytes, groups: Bytes, planes: Ints, out: Ints) -> None:
    """What is summed of a row of cells: `out` is `(14, w)`, or wider, and gets in this order:

    person, room, person's blue, green and red, room's, and of both the products of colours, two by two.
    """
    w = groups.size
    person, room = out[0], out[1]
    for x in range(place(w)):
        person[x] = groups[x] == 1
    for x in range(place(w)):
        room[x] = groups[x] == 2
    for k in range(3):
        for x in range(place(w)):
            planes[k, x] = colours[x, k]
        multiply(person, planes[k], out[2 + k])
        multiply(room, planes[k], out[5 + k])
    n, either = 8, planes[3]
    for x in range(place(w)):
        either[x] = person[x] + room[x]
    for i in range(3):
        multiply(either, planes[i], planes[4])
        for k in range(i, 3):
            multiply(planes[4], planes[k], out[n])
            n += 1


@compiled
def multiply(one: Ints, other: Ints, out: Ints) -> None:
    for x in range(place(other.size)):
        out[x] = one[x] * other[x]


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
def slide(row: Ints, size: int, out: Ints) -> None:
    """The sums of `size` neighbours: of `(size + n,)`, whose first is not used, to `(n,)`."""
    total = row[0]
    for x in range(1, size):
        total += row[x]
    gone, come = row[: out.size], row[size : size + out.size]
    for x in range(place(out.size)):
        total += come[x] - gone[x]
        out[x] = total


@compiled
def tell_apart(s: Ints, colour: Ints, limits: tuple[float, ...], key: Field) -> None:
    """The key of a cell of this colour, from the sums over its window."""
    noise, alike, apart, near, far, haze = limits
    # In double precision, as small differences of large products are looked for.
    n, m = float(s[0]), float(s[1])
    pb, pg, pr, qb, qg, qr = s[2] / n, s[3] / n, s[4] / n, s[5] / m, s[6] / m, s[7] / m
    scale = 2 / (n + m)
    bb = (s[8] - n * pb * pb - m * qb * qb) * scale + noise
    bg = (s[9] - n * pb * pg - m * qb * qg) * scale
    br = (s[10] - n * pb * pr - m * qb * qr) * scale
    gg = (s[11] - n * pg * pg - m * qg * qg) * scale + noise
    gr = (s[12] - n * pg * pr - m * qg * qr) * scale
    rr = (s[13] - n * pr * pr - m * qr * qr) * scale + noise
    ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - gg * br
    igg, igr, irr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    det = bb * ibb + bg * ibg + br * ibr
    db, dg, dr = pb - qb, pg - qg, pr - qr
    vb, vg, vr = ibb * db + ibg * dg + ibr * dr, ibg * db + igg * dg + igr * dr, ibr * db + igr * dg + irr * dr
    distance = (vb * db + vg * dg + vr * dr) / det
    if distance <= alike * alike:
        return
    vb, vg, vr = vb / (det * distance), vg / (det * distance), vr / (det * distance)
    ob, og, orr = colour[0] - qb, colour[1] - qg, colour[2] - qr
    place = vb * ob + vg * og + vr * orr
    alpha = min(1.0, max(0.0, place))
    own = ob * (ibb * ob + ibg * og + ibr * orr) + og * (ibg * ob + igg * og + igr * orr)
    own += orr * (ibr * ob + igr * og + irr * orr)
    beside = math.sqrt(max(0.0, own / (det * distance) + alpha * (alpha - 2 * place)))
    share = min(1.0, (math.sqrt(distance) - alike) / (apart - alike)) * min(1.0, (far - beside) / (far - near))
    if share > 0:
        scale = share / (1 - 2 * haze)
        key[0], key[1], key[2] = vb * scale, vg * scale, vr * scale
        key[3] = -(vb * qb + vg * qg + vr * qr + haze) * scale
        key[4] = share


@compiled
def mix_keys(guide: Bytes, keys: Field, top: int, left: int, small: Field, lines: Field) -> None:
    """Brings cells' `keys`, interpolated, into the `lines` `(4, h, w)` and to the alphas they give.

    The first cell is at row `top` and column `left`; beyond them, there is nothing to be brought.
    """
    h, w = small.shape
    rows, columns = keys.shape[1:]
    # A row of them, between two of cells; one more at either end.
    mixed = np.zeros((5, columns + 2), np.float32)
    kb, kg, kr, kc, share = mixed[0], mixed[1], mixed[2], mixed[3], mixed[4]
    for y in range(2 * top, min(2 * (top + rows), h)):
        cell, aside = y // 2 - top, 1 if y % 2 else -1
        here, there = keys[:, cell], keys[:, min(max(cell + aside, 0), rows - 1)]
        first, last = ends(here[4] + there[4])
        if first == last:
            continue
        for k in range(5):
            one, other, line = here[k], there[k], mixed[k]
            for x in range(place(columns)):
                line[x + place(1)] = real(0.75) * one[x] + real(0.25) * other[x]
            line[0], line[columns + 1] = line[1], line[columns]
        for x in range(max(2 * (left + first) - 1, 0), min(2 * (left + last) + 1, w)):
            i = x // 2 - left + 1
            j = i + 2 * (x % 2) - 1
            part = real(0.75) * share[i] + real(0.25) * share[j]
            if part > real(0):
                rest = real(1) - part
                b = lines[0, y, x] * rest + real(0.75) * kb[i] + real(0.25) * kb[j]
                g = lines[1, y, x] * rest + real(0.75) * kg[i] + real(0.25) * kg[j]
                r = lines[2, y, x] * rest + real(0.75) * kr[i] + real(0.25) * kr[j]
                c = lines[3, y, x] * rest + real(0.75) * kc[i] + real(0.25) * kc[j]
                lines[0, y, x], lines[1, y, x], lines[2, y, x], lines[3, y, x] = b, g, r, c
                alpha = b * real(guide[y, x, 0]) + g * real(guide[y, x, 1]) + r * real(guide[y, x, 2]) + c
                small[y, x] = min(real(1), max(real(0), alpha))


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    colours, groups = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 2), np.uint8)
    small, keys, lines = np.zeros((2, 2), np.float32), np.zeros((5, 2, 2), np.float32), np.zeros((4, 2, 2), np.float32)
    group(small, real(1), groups[0], groups[1])
    cell_keys(colours, groups[0], groups[1], (1, 1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), keys)
    mix_keys(colours, keys, 0, 0, small, lines)
