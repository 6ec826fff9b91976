"""The two inner loops that run on every frame, compiled by Numba: once for a machine, then kept beside this file.

Both equal what refine/guided.py and composite.py do in NumPy and OpenCV, which stands in until these are ready. They
let go of the interpreter's lock, so that two threads can share a picture.

Float sums of small whole numbers are exact below 2^24, which is why nothing drifts in the running sums.
"""

import math

import numba
import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.band import Field

Bytes = NDArray[np.uint8]

STEPS = 1024
"""To how many levels a coarse matte is rounded: its products with colours, summed over a window, stay below 2^24."""

FEW = real(0.05)
"""Pixels of a window that are too few to know a colour by."""

compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})


@compiled
def coefficients(guide: Bytes, matte: Field, edges: Bytes, radius: int, epsilon: float, out: Field) -> None:
    """The colour guided filter's `a` and `b`, averaged over all windows a pixel is in.

    `guide` is `(h, w, 3)` uint8, `matte` `(h, w)` in [0, 1], `epsilon` in levels squared. `edges` `(h, w)` is not 0
    where the matte is not the same throughout the window; elsewhere there is nothing to be found. `out` is `(4, h, w)`
    and gets `a` for each level of blue, green and red, and `b`. Windows beyond the picture's border are mirrored.
    """
    h, w = matte.shape
    size = real((2 * radius + 1) ** 2)
    columns, window = np.zeros((w, 16), np.float32), np.empty(16, np.float32)
    lines, found = np.zeros((h, w, 4), np.float32), np.zeros((h, w), np.uint8)
    # The row around which a column's sums were taken last.
    row_of = np.full(w, -2, np.int64)
    for y in range(h):
        x = 0
        while x < w:
            if not edges[y, x]:
                lines[y, x, 3] = matte[y, x]
                x += 1
                continue
            end = x + 1
            while end < w and edges[y, end]:
                end += 1
            for i in range(max(x - radius, 0), min(end + radius, w)):
                sum_column(guide, matte, radius, y, i, row_of, columns[i])
            start(columns, radius, x, window)
            for i in range(x, end):
                solve(window, size, real(epsilon), lines[y, i])
                slide(columns, radius, i, window)
            for j in range(max(y - radius, 0), min(y + radius + 1, h)):
                found[j, max(x - radius, 0) : end + radius] = 1
            x = end

    share = real(1) / size
    columns, window, row_of = np.zeros((w, 4), np.float32), np.empty(4, np.float32), np.full(w, -2, np.int64)
    for y in range(h):
        x = 0
        while x < w:
            if not found[y, x]:
                for k in range(4):
                    out[k, y, x] = lines[y, x, k]
                x += 1
                continue
            end = x + 1
            while end < w and found[y, end]:
                end += 1
            for i in range(max(x - radius, 0), min(end + radius, w)):
                sum_lines(lines, radius, y, i, row_of, columns[i])
            start(columns, radius, x, window)
            for i in range(x, end):
                for k in range(4):
                    out[k, y, i] = window[k] * share
                slide(columns, radius, i, window)
            x = end


@compiled
def sum_lines(lines: Field, radius: int, y: int, x: int, row_of: NDArray[np.int64], column: Field) -> None:
    """Brings the sums of a column of `(h, w, 4)` lines to row `y`, as `sum_column` does."""
    h = len(lines)
    if row_of[x] == y - 1:
        old, new = lines[mirrored(y - 1 - radius, h), x], lines[mirrored(y + radius, h), x]
        for k in range(4):
            column[k] += new[k] - old[k]
    elif row_of[x] != y:
        column[:] = 0
        for j in range(y - radius, y + radius + 1):
            line = lines[mirrored(j, h), x]
            for k in range(4):
                column[k] += line[k]
    row_of[x] = y


@compiled
def sum_column(
    guide: Bytes, matte: Field, radius: int, y: int, x: int, row_of: NDArray[np.int64], column: Field
) -> None:
    """Brings the sums of a column to row `y`: from the row before, if that is where they are, or from nothing."""
    h = len(matte)
    if row_of[x] == y - 1:
        add(guide, matte, real(-1), mirrored(y - 1 - radius, h), x, column)
        add(guide, matte, real(1), mirrored(y + radius, h), x, column)
    elif row_of[x] != y:
        column[:] = 0
        for j in range(y - radius, y + radius + 1):
            add(guide, matte, real(1), mirrored(j, h), x, column)
    row_of[x] = y


@compiled
def mirrored(i: int, count: int) -> int:
    """An index beyond the border as one within, the border itself not repeated."""
    if count == 1:
        return 0
    while i < 0 or i >= count:
        i = -i if i < 0 else 2 * count - 2 - i
    return i


@compiled
def add(guide: Bytes, matte: Field, sign: real, y: int, x: int, column: Field) -> None:
    """Adds a pixel's colour, matte and their products to the sums of its column."""
    b, g, r = real(guide[y, x, 0]), real(guide[y, x, 1]), real(guide[y, x, 2])
    p = real(math.floor(matte[y, x] * real(STEPS) + real(0.5)))
    column[0] += sign * b
    column[1] += sign * g
    column[2] += sign * r
    column[3] += sign * p
    column[4] += sign * b * b
    column[5] += sign * g * g
    column[6] += sign * r * r
    column[7] += sign * b * g
    column[8] += sign * b * r
    column[9] += sign * g * r
    column[10] += sign * b * p
    column[11] += sign * g * p
    column[12] += sign * r * p


@compiled
def start(columns: Field, radius: int, x: int, window: Field) -> None:
    """The sums of the window around pixel `x` of a row."""
    window[:] = 0
    for i in range(x - radius, x + radius + 1):
        column = columns[mirrored(i, len(columns))]
        for k in range(window.size):
            window[k] += column[k]


@compiled
def slide(columns: Field, radius: int, x: int, window: Field) -> None:
    """The sums of the window one pixel further."""
    old, new = columns[mirrored(x - radius, len(columns))], columns[mirrored(x + radius + 1, len(columns))]
    for i in range(window.size):
        window[i] += new[i] - old[i]


@compiled
def solve(s: Field, size: real, epsilon: real, line: Field) -> None:
    """From the sums of one window to `alpha = line[:3] . colour + line[3]`."""
    if s[3] <= real(0) or s[3] >= size * real(STEPS):
        line[0] = line[1] = line[2] = real(0)
        line[3] = real(1) if s[3] > real(0) else real(0)
        return
    share = real(1) / size
    mb, mg, mr, mp = s[0] * share, s[1] * share, s[2] * share, s[3] * share
    bb, gg, rr = s[4] * share - mb * mb + epsilon, s[5] * share - mg * mg + epsilon, s[6] * share - mr * mr + epsilon
    bg, br, gr = s[7] * share - mb * mg, s[8] * share - mb * mr, s[9] * share - mg * mr
    cb, cg, cr = s[10] * share - mb * mp, s[11] * share - mg * mp, s[12] * share - mr * mp
    # The symmetric 3x3 system is solved by its adjugate.
    ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - gg * br
    igg, igr, irr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    scale = real(1 / STEPS) / (bb * ibb + bg * ibg + br * ibr)
    line[0] = (ibb * cb + ibg * cg + ibr * cr) * scale
    line[1] = (ibg * cb + igg * cg + igr * cr) * scale
    line[2] = (ibr * cb + igr * cg + irr * cr) * scale
    line[3] = mp * real(1 / STEPS) - line[0] * mb - line[1] * mg - line[2] * mr


@compiled
def edge_fields(
    guide: Bytes, small: Field, lines: Field, near: Bytes, radius: int, to_bgr: Field, to_yuv: Field, fields: Field
) -> None:
    """What `render` must know of the places in `near`, `(h, w)` not 0: see there.

    Person's and room's colours are means of the guide `(h, w, 3)` in a window, weighted by `small`, the alpha in
    [0, 1], and by what it leaves. `lines` `(4, h, w)` gives alpha by blue, green, red; `fields` `(h, w, 16)` is
    written. `to_bgr` and `to_yuv` are `(3, 4)`, see colour.py.
    """
    h, w = small.shape
    for y in range(h):
        for x in range(w):
            if not near[y, x]:
                continue
            count = whole = pb = pg = pr = ab = ag = ar = real(0)
            for j in range(max(y - radius, 0), min(y + radius + 1, h)):
                for i in range(max(x - radius, 0), min(x + radius + 1, w)):
                    a, b, g, r = small[j, i], real(guide[j, i, 0]), real(guide[j, i, 1]), real(guide[j, i, 2])
                    count += real(1)
                    whole += a
                    pb, pg, pr = pb + a * b, pg + a * g, pr + a * r
                    ab, ag, ar = ab + b, ag + g, ar + r
            # Where there is next to nothing of one, the mean of both stands in.
            person, room, some = real(1) / (whole + FEW), real(1) / (count - whole + FEW), FEW / count
            rb, rg, rr = (ab - pb + some * ab) * room, (ag - pg + some * ag) * room, (ar - pr + some * ar) * room
            pb, pg, pr = (pb + some * ab) * person, (pg + some * ag) * person, (pr + some * ar) * person
            field = fields[y, x]
            for c in range(4):
                field[c] = lines[0, y, x] * to_bgr[0, c] + lines[1, y, x] * to_bgr[1, c] + lines[2, y, x] * to_bgr[2, c]
            field[3] += lines[3, y, x]
            for c in range(3):
                t = to_yuv[c]
                field[4 + c] = pb * t[0] + pg * t[1] + pr * t[2] + t[3]
                field[7 + c] = rb * t[0] + rg * t[1] + rr * t[2] + t[3]
                field[13 + c] = real(0)


@compiled
def render(
    frame: Bytes,
    behind: Bytes,
    kind: Bytes,
    fields: Field,
    cut: bool,
    past: tuple[Bytes, Field, Field],
    out: Bytes,
    alpha: Bytes,
    first: int,
    last: int,
) -> None:
    """Rows `first` to `last` of the chroma planes, and the luma they belong to, of a person before a backdrop.

    `frame`, `behind` and `out` are I420, `(H * 3 / 2, W)`. `kind` `(h, w)` is 0 where there is room, 1 where there is
    person and 2 in between. `fields` `(h, w, 16)` says how alpha follows from Y, U and V (three slopes and a
    constant), then what Y, U and V of the person and of the room are there, how much of a new alpha counts, the least
    and greatest it may be, and how much light falls on the person's Y, U and V, which is all that counts where `kind`
    is 3: person, and light on it. `past` is a steadied alpha's (see frame.Past): kind and alpha
    before, and where this one is written to; all empty without. With `cut`, the person's own colours are not blended.
    `alpha` `(H, W)` gets the alpha, unless it is empty.
    """
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    rows, columns = height // 2, width // 2
    h, w = kind.shape
    line = np.zeros((w, 16), np.float32)
    known, before, after = past
    place = (np.arange(columns) + 0.5) * w / columns - 0.5
    left, share = np.floor(place).astype(np.int32), (place - np.floor(place)).astype(np.float32)
    chroma = frame[height:].reshape(2, rows, columns)
    chroma_behind, chroma_out = behind[height:].reshape(2, rows, columns), out[height:].reshape(2, rows, columns)
    for row in range(first, last):
        y, j = 2 * row, row * h // rows
        v = (row + 0.5) * h / rows - 0.5
        above = math.floor(v)
        up, down, t = max(above, 0), min(above + 1, h - 1), real(v - above)
        i = 0
        while i < w:
            what, end = kind[j, i], i + 1
            while end < w and kind[j, end] == what:
                end += 1
            a, b = i * columns // w, end * columns // w
            if what < 2:
                source, colours = (frame, chroma) if what == 1 else (behind, chroma_behind)
                for k in range(2):
                    copy(source[y + k, 2 * a : 2 * b], out[y + k, 2 * a : 2 * b])
                    copy(colours[k, row, a:b], chroma_out[k, row, a:b])
                    if alpha.size:
                        alpha[y + k, 2 * a : 2 * b] = 255 * what
            else:
                for x in range(max(i - 1, 0), min(end + 1, w)):
                    upper, lower, between = fields[up, x], fields[down, x], line[x]
                    for c in range(16):
                        between[c] = upper[c] + (lower[c] - upper[c]) * t
                luma, colour = slice(2 * a, 2 * b), slice(a, b)
                if what == 3:
                    add_light(
                        (frame[y : y + 2, luma], out[y : y + 2, luma]),
                        (chroma[:, row, colour], chroma_out[:, row, colour]),
                        line,
                        left[colour],
                        share[colour],
                    )
                    if alpha.size:
                        alpha[y : y + 2, luma] = 255
                    i = end
                    continue
                edge(
                    (frame[y : y + 2, luma], behind[y : y + 2, luma], out[y : y + 2, luma]),
                    (chroma[:, row, colour], chroma_behind[:, row, colour], chroma_out[:, row, colour]),
                    alpha[y : y + 2, luma],
                    (known[j : j + 1], before[y : y + 2, luma], after[y : y + 2, luma]),
                    line,
                    left[colour],
                    share[colour],
                    cut,
                )
            i = end


@compiled
def copy(source: Bytes, target: Bytes) -> None:
    for x in range(target.size):
        target[x] = source[x]


@compiled
def edge(
    luma: tuple[Bytes, Bytes, Bytes],
    chroma: tuple[Bytes, Bytes, Bytes],
    alpha: Bytes,
    past: tuple[Bytes, Field, Field],
    line: Field,
    left: NDArray[np.int32],
    share: Field,
    cut: bool,
) -> None:
    """A run of pixels in between: two rows of luma, `(2, 2 n)`, and one of U and V, `(2, n)`.

    Of each the frame's, the backdrop's and the result's; of `past` the row and the rows that belong here. `line` has
    the fields in a row, to be read at `left`, and to its right as far as `share` says.
    """
    y, y_behind, y_out = luma
    c, c_behind, c_out = chroma
    known, before, after = past
    at, last = np.empty(16, np.float32), len(line) - 1
    for x in range(left.size):
        one, other, t = line[max(left[x], 0)], line[min(left[x] + 1, last)], share[x]
        for i in range(16):
            at[i] = one[i] + (other[i] - one[i]) * t
        base, mean = at[1] * real(c[0, x]) + at[2] * real(c[1, x]) + at[3], real(0)
        for k in range(2):
            for i in range(2):
                seen = real(y[k, 2 * x + i])
                # In this order, so that what is not a number becomes 0: the backdrop, not the room.
                there = min(real(1), max(real(0), at[0] * seen + base))
                if known.size:
                    was = real(known[0, min(max(left[x] + (t >= real(0.5)), 0), last)])
                    if was == real(2):
                        was = before[k, 2 * x + i]
                    there = was + (there - was) * at[10]
                    after[k, 2 * x + i] = there
                there = min(max(there, at[11]), at[12])
                mean += there * real(0.25)
                y_out[k, 2 * x + i] = blend(
                    seen, real(y_behind[k, 2 * x + i]), there, at[4], at[7], at[13], cut, real(235)
                )
                if alpha.size:
                    alpha[k, 2 * x + i] = np.uint8(np.int32(there * real(255) + real(0.5)))
        for k in range(2):
            behind = real(c_behind[k, x])
            c_out[k, x] = blend(real(c[k, x]), behind, mean, at[5 + k], at[8 + k], at[14 + k], cut, real(240))


@compiled
def add_light(
    luma: tuple[Bytes, Bytes],
    chroma: tuple[Bytes, Bytes],
    line: Field,
    left: NDArray[np.int32],
    share: Field,
) -> None:
    """A run of the person with light on it: as `edge`, of the frame and the result."""
    y, y_out = luma
    c, c_out = chroma
    last = len(line) - 1
    for x in range(left.size):
        one, other, t = line[max(left[x], 0)], line[min(left[x] + 1, last)], share[x]
        light = one[13] + (other[13] - one[13]) * t + real(0.5)
        for k in range(2):
            for i in range(2):
                y_out[k, 2 * x + i] = np.uint8(min(real(y[k, 2 * x + i]) + light, real(235)))
            tint = one[14 + k] + (other[14 + k] - one[14 + k]) * t + real(0.5)
            c_out[k, x] = np.uint8(min(max(real(c[k, x]) + tint, real(16)), real(240)))


@compiled
def blend(
    seen: real, behind: real, share: real, person: real, room: real, light: real, cut: bool, top: real
) -> np.uint8:
    """The person's own colour, freed of the room's (see composite.person_colours) and lit, over the backdrop's."""
    own = person + share * (seen - room - share * (person - room)) + light
    own = min(max(own, real(16)), top)
    if cut and share > real(0):
        share = real(1)
    return np.uint8(np.int32(behind + (own - behind) * share + real(0.5)))
