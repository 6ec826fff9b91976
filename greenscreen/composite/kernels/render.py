"""The compositor: a person before a backdrop, row by row.

What is plainly person or room is copied by runs; what lies in between is put side by side for edge.py.
"""

import math

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.compiled.loops import Bytes, compiled, number, place, prefetch
from greenscreen.composite.kernels.edge import BEFORE, BEHIND, BLOCK, FLOATS, KNOWN, MOST, SEEN, edge
from greenscreen.composite.soft import Gaps, between, widened
from greenscreen.picture.band import Field

Row = Bytes | Field
Room = tuple[Field, Field, Bytes]
"""What a strip of a picture is worked on in: a line of fields, `(w, 16)`; `FLOATS`; and three planes as high
as a soft backdrop, and a block wider than the picture."""


@compiled
def render(
    frame: Bytes,
    behind: Bytes,
    soft: Bytes,
    kind: Bytes,
    fields: Field,
    light: Field,
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
    how much of a new alpha counts, the least and greatest it may be, and three zeros. `light` `(h, w, 3)`, of any size
    or empty, is what falls on the person's Y, U and V; where `kind` is 3, person, nothing else counts. `past` is a
    steadied alpha's (see frame.Past): kind and alpha before, and where this one is written to; all empty without. With
    `cut`, the person's own colours are not blended. `alpha` `(H, W)` gets the alpha, unless it is empty. What is in the
    `room` is nothing.
    """
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    rows, columns = height // 2, width // 2
    h, w = kind.shape
    known, before, after = past
    left, share = find_places(columns, w)
    left_of_light, share_of_light = find_places(columns, light.shape[1])
    nearest = np.minimum(np.maximum(left + (share >= real(0.5)), 0), w - 1)
    # The rows of U, then those of V.
    chroma = frame[height:].reshape(2 * rows, columns)
    chroma_behind, chroma_out = behind[height:].reshape(2 * rows, columns), out[height:].reshape(2 * rows, columns)
    line, floats, wide = room
    luma, blue, red = wide[0], wide[1], wide[2]
    line[:] = real(0)
    flat, flat_line = fields.reshape(h, 16 * w), line.reshape(16 * w)
    flat_light, light_line = light.reshape(len(light), 3 * light.shape[1]), np.empty(light.shape[1:], np.float32)
    flat_light_line = light_line.reshape(light_line.size)
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
        if light.size:
            mix(flat_light, row, rows, 0, light_line.size, flat_light_line)
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
            if what == 2:
                mix(flat, row, rows, 16 * max(i - 1, 0), 16 * min(end + 1, w), flat_line)
            elif what == 3:
                add_light(frame, chroma, row, a, b, light_line, left_of_light, share_of_light, out, chroma_out)
            if what != 2 and alpha.size:
                fill(alpha, y, 2 * a, 2 * b, np.uint8(255 * min(what, 1)))
                fill(alpha, y + 1, 2 * a, 2 * b, np.uint8(255 * min(what, 1)))
            while what == 2 and a < b:
                m = min(n + b - a, MOST)
                end_of = a + m - n
                spread(line, left, share, a, end_of, at, n, number(0))
                if light.size:
                    spread(light_line, left_of_light, share_of_light, a, end_of, at, n, number(13))
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


# As in edge.py, whole arrays are handed over, and nothing but their items is asked for.


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
def find_places(columns: int, w: int) -> tuple[NDArray[np.int32], Field]:
    """Between which places of `w` each of so many columns lies: the left one, and how far to the right of it."""
    at = (np.arange(columns) + 0.5) * w / columns - 0.5
    left = np.floor(at).astype(np.int32)
    return left, (at - left).astype(np.float32)


@compiled
def mix(fields: Field, row: int, rows: int, first: int, last: int, line: Field) -> None:
    """Numbers `first` to `last` of `fields` at a row of so many, which lies between two of theirs."""
    h = len(fields)
    v = (row + 0.5) * h / rows - 0.5
    above = math.floor(v)
    i, j, t = place(max(above, 0)), place(min(above + 1, h - 1)), real(v - above)
    for x in range(place(first), place(last)):
        line[x] = fields[i, x] + (fields[j, x] - fields[i, x]) * t


@compiled
def spread(
    line: Field, left: NDArray[np.int32], share: Field, first: int, last: int, out: Field, start: int, column: int
) -> None:
    """A row of fields as it is at `left`, and to its right as far as `share` says: into `(n, 16)`, from a column on."""
    end, a, b, to_column = len(line) - 1, place(first), place(start), place(column)
    # Not range(16): a known length is unrolled before it could become vector instructions.
    count = place(line.shape[1])
    for x in range(place(last - first)):
        i, t, to = left[a + x], share[a + x], b + x
        one, other = place(max(i, 0)), place(min(i + 1, end))
        for c in range(count):
            out[to, to_column + c] = line[one, c] + (line[other, c] - line[one, c]) * t


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
        light = line[one, 0] + (line[other, 0] - line[one, 0]) * t + real(0.5)
        for k in range(2):
            for i in range(2):
                y, z = 2 * row + k, 2 * x + i
                out[y, z] = np.uint8(min(real(frame[y, z]) + light, real(235)))
            tint = line[one, 1 + k] + (line[other, 1 + k] - line[one, 1 + k]) * t + real(0.5)
            chroma_out[k * rows + row, x] = np.uint8(
                min(max(real(chroma[k * rows + row, x]) + tint, real(16)), real(240))
            )


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    fields, light = np.zeros((2, 2, 16), np.float32), np.zeros((1, 1, 3), np.float32)
    pixels, kind, values = np.zeros((6, 4), np.uint8), np.full((2, 2), 2, np.uint8), np.zeros((4, 4), np.uint8)
    past = np.empty((0, 0), np.uint8), np.empty((0, 0), np.float32), np.empty((0, 0), np.float32)
    room = np.empty((2, 16), np.float32), np.empty(FLOATS, np.float32), values[None, :0]
    render(pixels, pixels, values[None, :0], kind, fields, light, False, past, pixels.copy(), values, room, 0, 2)
