"""What the compositor must know around edges: the band, and how alpha and colours go there, at the guide's size."""

import numpy as np
from numpy import float32 as real

from greenscreen.compiled.loops import REACH, Bytes, compiled, place
from greenscreen.picture.band import Field
from greenscreen.picture.colour import TO_BGR, TO_YUV

FEW = real(0.05)
"""Pixels of a window that are too few to know a colour by."""


@compiled
def find_band(small: Field, kind: Bytes, near: Bytes, room: Bytes) -> None:
    """Of an alpha `(h, w)` frame.Alpha's `kind`; and what is `near`, 1 there and up to a place beside it, else 0.

    `room` is `(2, h, w)`.
    """
    h, w = small.shape
    row, one, two = np.zeros(w + 4, np.uint8), room[0], room[1]
    for y in range(place(h)):
        for x in range(place(w)):
            row[x + place(2)] = (small[y, x] > real(0)) & (small[y, x] < real(1))
        for x in range(place(w)):
            one[y, x] = row[x + place(1)] | row[x + place(2)] | row[x + place(3)]
            two[y, x] = one[y, x] | row[x] | row[x + place(4)]
    for y in range(h):
        a, b, c, d, e = (
            place(max(y - 2, 0)),
            place(max(y - 1, 0)),
            place(y),
            place(min(y + 1, h - 1)),
            place(min(y + 2, h - 1)),
        )
        for x in range(place(w)):
            known = np.uint8(small[c, x] > real(0.5))
            kind[c, x] = np.uint8(2) if one[b, x] | one[c, x] | one[d, x] else known
        for x in range(place(w)):
            near[c, x] = (two[a, x] | two[b, x]) | two[c, x] | (two[d, x] | two[e, x])


@compiled
def edge_fields(
    guide: Bytes,
    small: Field,
    lines: Field,
    near: Bytes,
    held: tuple[Field, Field, Field],
    to_bgr: Field,
    to_yuv: Field,
    fields: Field,
    first: int,
    last: int,
) -> None:
    """What `render` must know of the places in `near`, `(h, w)` not 0, of rows `first` to `last`: see there.

    Person's and room's colours are means of the guide `(h, w, 3)` in a window, weighted by `small`, the alpha in
    [0, 1], and by what it leaves. `lines` `(4, h, w)` gives alpha by blue, green, red; `held` is how much of a new
    alpha counts and its least and greatest, each `(h, w)`, or empty for 1, 0 and 1. `fields` `(h, w, 16)` is written.
    `to_bgr` and `to_yuv` are `(3, 4)`, see colour.py.
    """
    h, w = small.shape
    rate, low, most = held
    # Sums down the columns of a window: blue, green, red, alpha and alpha's products with them.
    sums = np.empty((w, 7), np.float32)
    for y in range(first, last):
        top, end = max(y - REACH, 0), min(y + REACH + 1, h)
        x = 0
        while x < w:
            if not near[y, x]:
                x += 1
                continue
            start = x
            while x < w and near[y, x]:
                x += 1
            sum_columns(guide, small, top, end, max(start - REACH, 0), min(x + REACH, w), sums)
            for i in range(start, x):
                find_field(sums, end - top, y, i, lines, rate, low, most, to_bgr, to_yuv, fields)


@compiled
def sum_columns(guide: Bytes, small: Field, top: int, end: int, first: int, last: int, sums: Field) -> None:
    for x in range(place(first), place(last)):
        b = g = r = a = ab = ag = ar = real(0)
        for y in range(place(top), place(end)):
            blue, green, red = real(guide[y, x, place(0)]), real(guide[y, x, place(1)]), real(guide[y, x, place(2)])
            alpha = small[y, x]
            b, g, r, a = b + blue, g + green, r + red, a + alpha
            ab, ag, ar = ab + alpha * blue, ag + alpha * green, ar + alpha * red
        sums[x, place(0)], sums[x, place(1)], sums[x, place(2)], sums[x, place(3)] = b, g, r, a
        sums[x, place(4)], sums[x, place(5)], sums[x, place(6)] = ab, ag, ar


@compiled
def find_field(
    sums: Field,
    high: int,
    y: int,
    x: int,
    lines: Field,
    rate: Field,
    low: Field,
    most: Field,
    to_bgr: Field,
    to_yuv: Field,
    fields: Field,
) -> None:
    """One place of `edge_fields`, from the sums of the columns around, each of so many places."""
    first, last = max(x - REACH, 0), min(x + REACH + 1, len(sums))
    count = real(high * (last - first))
    ab = ag = ar = whole = pb = pg = pr = real(0)
    for n in range(place(first), place(last)):
        ab, ag, ar = ab + sums[n, place(0)], ag + sums[n, place(1)], ar + sums[n, place(2)]
        pb, pg, pr = pb + sums[n, place(4)], pg + sums[n, place(5)], pr + sums[n, place(6)]
        whole += sums[n, place(3)]
    # Where there is next to nothing of one, the mean of both stands in.
    person, room, some = real(1) / (whole + FEW), real(1) / (count - whole + FEW), FEW / count
    rb, rg, rr = (ab - pb + some * ab) * room, (ag - pg + some * ag) * room, (ar - pr + some * ar) * room
    pb, pg, pr = (pb + some * ab) * person, (pg + some * ag) * person, (pr + some * ar) * person
    j, i = place(y), place(x)
    lb, lg, lr, constant = lines[place(0), j, i], lines[place(1), j, i], lines[place(2), j, i], lines[place(3), j, i]
    for k in range(4):
        c = place(k)
        fields[j, i, c] = lb * to_bgr[place(0), c] + lg * to_bgr[place(1), c] + lr * to_bgr[place(2), c]
    fields[j, i, place(3)] += constant
    for k in range(3):
        fields[j, i, place(4 + k)] = pb * to_yuv[k, 0] + pg * to_yuv[k, 1] + pr * to_yuv[k, 2] + to_yuv[k, 3]
        fields[j, i, place(7 + k)] = rb * to_yuv[k, 0] + rg * to_yuv[k, 1] + rr * to_yuv[k, 2] + to_yuv[k, 3]
        fields[j, i, place(13 + k)] = real(0)
    fields[j, i, place(10)] = rate[j, i] if rate.size else real(1)
    fields[j, i, place(11)] = low[j, i] if low.size else real(0)
    fields[j, i, place(12)] = most[j, i] if most.size else real(1)


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    guide, matte, near = np.zeros((2, 2, 3), np.uint8), np.eye(2, dtype=np.float32), np.ones((2, 2), np.uint8)
    lines, fields = np.zeros((4, 2, 2), np.float32), np.zeros((2, 2, 16), np.float32)
    find_band(matte, near.copy(), near.copy(), np.empty((2, 2, 2), np.uint8))
    edge_fields(guide, matte, lines, near, (matte, matte, matte), TO_BGR, TO_YUV, fields, 0, 2)
