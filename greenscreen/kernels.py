"""The compositor's loops, compiled. They equal what composite.py does in NumPy and OpenCV, which stands in until these
are ready.
"""

import math

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.band import Field
from greenscreen.colour import TO_BGR, TO_YUV
from greenscreen.loops import REACH, Bytes, compiled, number, place, prefetch
from greenscreen.soft import Gaps, between, widened

Row = Bytes | Field
Room = tuple[Field, Field, Bytes]
"""What a strip of a picture is worked on in: a line of fields, `(w, 16)`; `FLOATS`; and three planes as high
as a soft backdrop, and a block wider than the picture."""

FEW = real(0.05)
"""Pixels of a window that are too few to know a colour by."""

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


@compiled
def render(
    frame: Bytes,
    behind: Bytes,
    soft: Bytes,
    kind: Bytes,
    fields: Field,
    cut: bool,
    past: tuple[Bytes, Field, Field],
    out: Bytes,
    alpha: Bytes,
    room: Room,
    first: int,
    last: int,
) -> None:
    """Rows `first` to `last` of the chroma planes, and the luma they belong to, of a person before a backdrop.

    `frame`, `behind` and `out` are I420, `(H * 3 / 2, W)`. With `soft`, the backdrop's Y, U and V at a small size
    `(3, h, w)`, these are enlarged into `out` where there is not the person alone, and `behind` is `out`. `kind`
    `(h, w)` is 0 where there is room, 1 where there is person and 2 in between. `fields` `(h, w, 16)` says how alpha
    follows from Y, U and V (three slopes and a constant), then what Y, U and V of the person and of the room are there,
    how much of a new alpha counts, the least and greatest it may be, and how much light falls on the person's Y, U and
    V, which is all that counts where `kind` is 3: person, and light on it. `past` is a steadied alpha's (see
    frame.Past): kind and alpha before, and where this one is written to; all empty without. With `cut`, the person's
    own colours are not blended. `alpha` `(H, W)` gets the alpha, unless it is empty. What is in the `room` is nothing.
    """
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    rows, columns = height // 2, width // 2
    h, w = kind.shape
    known, before, after = past
    at_guide = (np.arange(columns) + 0.5) * w / columns - 0.5
    left, share = np.floor(at_guide).astype(np.int32), (at_guide - np.floor(at_guide)).astype(np.float32)
    nearest = np.minimum(np.maximum(left + (share >= real(0.5)), 0), w - 1)
    # The rows of U, then those of V.
    chroma = frame[height:].reshape(2 * rows, columns)
    chroma_behind, chroma_out = behind[height:].reshape(2 * rows, columns), out[height:].reshape(2 * rows, columns)
    line, floats, wide = room
    luma, blue, red = wide[0], wide[1], wide[2]
    line[:] = real(0)
    flat, flat_line = fields.reshape(h, 16 * w), line.reshape(16 * w)
    high = soft.shape[1]
    if high:
        widened(soft, number(0), 2 * first, 2 * last, height, width, luma)
        widened(soft, number(1), first, last, rows, columns, blue)
        widened(soft, number(2), first, last, rows, columns, red)
    # Several rows of chroma belong to each of `kind`.
    ends, spans, scanned = np.empty(w, np.int32), 0, -1
    gaps, seen = np.empty((w, 2), np.int64), 0
    # What lies in between is put side by side, so that loops over it are long: parts of a row, from a column to
    # another, and from which place on.
    parts, n, count = np.empty((MOST, 4), np.int64), number(0), number(0)
    at, made = np.empty((MOST, 16), np.float32), np.empty((6, 2 * MOST), np.uint8)
    for row in range(first, last):
        y, j = 2 * row, row * h // rows
        v = (row + 0.5) * h / rows - 0.5
        above = math.floor(v)
        up, down, t = max(above, 0), min(above + 1, h - 1), real(v - above)
        if j != scanned:
            scanned, spans = j, find_spans(kind, j, ends)
            seen = find_gaps(kind, j, ends, spans, columns, gaps) if high else 0
        if seen:
            for k in range(2):
                between(luma, high, 2 * first, y + k, height, gaps, seen, number(2), out, y + k)
            between(blue, high, first, row, rows, gaps, seen, number(1), chroma_out, row)
            between(red, high, first, row, rows, gaps, seen, number(1), chroma_out, rows + row)
        for span in range(spans):
            i, end = ends[span - 1] if span else 0, ends[span]
            what = kind[j, i]
            a, b = i * columns // w, end * columns // w
            if what == 1:
                copy(frame, chroma, row, a, b, out, chroma_out)
            elif what == 0 and not high:
                copy(behind, chroma_behind, row, a, b, out, chroma_out)
            if what > 1:
                mix(flat, up, down, t, 16 * max(i - 1, 0), 16 * min(end + 1, w), flat_line)
            if what == 3:
                add_light(frame, chroma, row, a, b, line, left, share, out, chroma_out)
            if what != 2 and alpha.size:
                fill(alpha, y, 2 * a, 2 * b, np.uint8(255 * min(what, 1)))
                fill(alpha, y + 1, 2 * a, 2 * b, np.uint8(255 * min(what, 1)))
            while what == 2 and a < b:
                m = min(n + b - a, MOST)
                end_of = a + m - n
                spread(line, left, share, a, end_of, at, n)
                for k in range(2):
                    widen(frame, y + k, 2 * a, 2 * end_of, floats, SEEN + k, 2 * n)
                    widen(behind, y + k, 2 * a, 2 * end_of, floats, BEHIND + k, 2 * n)
                    widen(chroma, k * rows + row, a, end_of, floats, SEEN + 2 + k, n)
                    widen(chroma_behind, k * rows + row, a, end_of, floats, BEHIND + 2 + k, n)
                    if known.size:
                        widen(before, y + k, 2 * a, 2 * end_of, floats, BEFORE + k, 2 * n)
                if y + 3 < height:
                    foresee(frame, y + 2, 2 * a, 2 * end_of, 64)
                    if known.size:
                        foresee(before, y + 2, 2 * a, 2 * end_of, 16)
                        foresee(after, y + 2, 2 * a, 2 * end_of, 16)
                if known.size:
                    recall(known, j, nearest, a, end_of, floats, 2 * n)
                parts[count] = row, a, end_of, n
                a, n, count = end_of, m, count + 1
                if n == MOST:
                    edge(at, n, floats, known.size > 0, cut, made)
                    put(parts, count, floats, made, out, chroma_out, after, alpha)
                    n = count = number(0)
    edge(at, n, floats, known.size > 0, cut, made)
    put(parts, count, floats, made, out, chroma_out, after, alpha)


# From here on, whole arrays are handed over, and nothing but their items is asked for: whoever takes a part of one is
# counted as its holder for as long, which takes longer than most loops here.


@compiled
def find_spans(kind: Bytes, row: int, ends: NDArray[np.int32]) -> int:
    """Where each span of one kind ends in a row, from left to right; returns how many there are."""
    j, x, count = place(row), place(1), place(0)
    width = place(kind.shape[1])
    while x < width:
        if kind[j, x] != kind[j, x - place(1)]:
            ends[count] = x
            count += place(1)
        x += place(1)
    ends[count] = width
    return int(count) + 1


@compiled
def find_gaps(kind: Bytes, row: int, ends: NDArray[np.int32], spans: int, columns: int, gaps: Gaps) -> int:
    """Where not the person alone is seen, from which of a row's `columns` to which; returns how many such parts."""
    count, open_still, w = 0, False, kind.shape[1]
    for span in range(spans):
        start = ends[span - 1] if span else 0
        if kind[row, start] == 1:
            open_still = False
            continue
        if not open_still:
            gaps[count, 0] = start * columns // w
            count += 1
        gaps[count - 1, 1] = ends[span] * columns // w
        open_still = True
    return count


@compiled
def copy(source: Bytes, colours: Bytes, row: int, a: int, b: int, out: Bytes, out_colours: Bytes) -> None:
    """Columns `a` to `b` of the rows of luma and chroma that belong together."""
    rows = len(colours) // 2
    for k in range(2):
        copy_row(source, 2 * row + k, 2 * a, 2 * b, out, 2 * row + k, 2 * a)
        copy_row(colours, k * rows + row, a, b, out_colours, k * rows + row, a)


@compiled
def copy_row(source: Row, row: int, first: int, last: int, out: Row, line: int, start: int) -> None:
    i, j, a, b = place(row), place(line), place(first), place(start)
    for x in range(place(last - first)):
        out[j, b + x] = source[i, a + x]


@compiled
def fill(out: Bytes, row: int, first: int, last: int, value: np.uint8) -> None:
    i = place(row)
    for x in range(place(first), place(last)):
        out[i, x] = value


@compiled
def mix(fields: Field, up: int, down: int, t: real, first: int, last: int, line: Field) -> None:
    """Numbers `first` to `last` of a row between two of `fields`, at `t` in [0, 1]."""
    i, j = place(up), place(down)
    for x in range(place(first), place(last)):
        line[x] = fields[i, x] + (fields[j, x] - fields[i, x]) * t


@compiled
def spread(line: Field, left: NDArray[np.int32], share: Field, first: int, last: int, out: Field, start: int) -> None:
    """A row of fields `(w, 16)` as it is at `left`, and to its right as far as `share` says: `(n, 16)`."""
    end, a, b = len(line) - 1, place(first), place(start)
    # Not range(16): a known length is unrolled before it could become vector instructions.
    count = place(line.shape[1])
    for x in range(place(last - first)):
        i, t, to = left[a + x], share[a + x], b + x
        one, other = place(max(i, 0)), place(min(i + 1, end))
        for c in range(count):
            out[to, c] = line[one, c] + (line[other, c] - line[one, c]) * t


@compiled
def widen(values: Row, row: int, first: int, last: int, floats: Field, line: int, start: int) -> None:
    """A part of a row as floats, and a little more behind it if there is more: whole blocks are faster."""
    count = (last - first + BLOCK - 1) // BLOCK * BLOCK
    if first + count > values.shape[1]:
        count = last - first
    i, j, a, b = place(row), place(line), place(first), place(start)
    for x in range(place(count)):
        floats[j, b + x] = real(values[i, a + x])


@compiled
def foresee(values: Row, row: int, first: int, last: int, line: int) -> None:
    """Has a part of a row, and of the one below, brought from memory: most edges go on there, and it takes long.

    So many values are a `line` of the caches.
    """
    for y in range(row, row + 2):
        for x in range(first, min(last + line - 1, values.shape[1]), line):
            prefetch(values, y, x)


@compiled
def recall(
    known: Bytes, row: int, nearest: NDArray[np.int32], first: int, last: int, floats: Field, start: int
) -> None:
    """Of each place the nearest of a row of `known`, twice, as luma has it."""
    i, j, a, b = place(row), place(KNOWN), place(first), place(start)
    for x in range(place(last - first)):
        kind = real(known[i, place(nearest[a + x])])
        floats[j, b + x + x] = kind
        floats[j, b + x + x + place(1)] = kind


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


@compiled
def put(
    parts: NDArray[np.int64],
    count: int,
    floats: Field,
    made: Bytes,
    luma: Bytes,
    chroma: Bytes,
    after: Field,
    alpha: Bytes,
) -> None:
    """What `edge` made, and the alphas to be remembered, at their places."""
    rows = len(chroma) // 2
    for i in range(count):
        row, a, b, n = parts[i, 0], parts[i, 1], parts[i, 2], parts[i, 3]
        m = n + b - a
        for k in range(2):
            y = 2 * row + k
            copy_row(made, k, 2 * n, 2 * m, luma, y, 2 * a)
            copy_row(made, 2 + k, n, m, chroma, k * rows + row, a)
            if after.size:
                copy_row(floats, BEFORE + k, 2 * n, 2 * m, after, y, 2 * a)
            if alpha.size:
                copy_row(made, 4 + k, 2 * n, 2 * m, alpha, y, 2 * a)


@compiled
def add_light(
    frame: Bytes,
    chroma: Bytes,
    row: int,
    first: int,
    last: int,
    line: Field,
    left: NDArray[np.int32],
    share: Field,
    out: Bytes,
    chroma_out: Bytes,
) -> None:
    """Columns `first` to `last` of a row of chroma, and of luma what belongs to it: person, with light on it."""
    end, rows = len(line) - 1, len(chroma) // 2
    for x in range(first, last):
        one, other, t = max(left[x], 0), min(left[x] + 1, end), share[x]
        light = line[one, 13] + (line[other, 13] - line[one, 13]) * t + real(0.5)
        for k in range(2):
            for i in range(2):
                y, z = 2 * row + k, 2 * x + i
                out[y, z] = np.uint8(min(real(frame[y, z]) + light, real(235)))
            tint = line[one, 14 + k] + (line[other, 14 + k] - line[one, 14 + k]) * t + real(0.5)
            chroma_out[k * rows + row, x] = np.uint8(
                min(max(real(chroma[k * rows + row, x]) + tint, real(16)), real(240))
            )


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    guide, matte, near = np.zeros((2, 2, 3), np.uint8), np.eye(2, dtype=np.float32), np.ones((2, 2), np.uint8)
    lines, fields = np.zeros((4, 2, 2), np.float32), np.zeros((2, 2, 16), np.float32)
    find_band(matte, near.copy(), near.copy(), np.empty((2, 2, 2), np.uint8))
    edge_fields(guide, matte, lines, near, (matte, matte, matte), TO_BGR, TO_YUV, fields, 0, 2)
    pixels, kind, values = np.zeros((6, 4), np.uint8), np.full((2, 2), 2, np.uint8), np.zeros((4, 4), np.uint8)
    past = np.empty((0, 0), np.uint8), np.empty((0, 0), np.float32), np.empty((0, 0), np.float32)
    room = np.empty((2, 16), np.float32), np.empty(FLOATS, np.float32), values[None, :0]
    render(pixels, pixels, values[None, :0], kind, fields, False, past, pixels.copy(), values, room, 0, 2)
