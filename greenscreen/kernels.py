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

compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})


@compiled
def coefficients(guide: Bytes, matte: Field, radius: int, epsilon: float, out: Field) -> None:
    """The colour guided filter's `a` and `b`, averaged over all windows a pixel is in.

    `guide` is `(h, w, 3)` uint8, `matte` `(h, w)` in [0, 1], `epsilon` in levels squared. `out` is `(4, h, w)` and
    gets `a` for each level of blue, green and red, and `b`. Windows beyond the picture's border are mirrored.
    """
    h, w = matte.shape
    size = real((2 * radius + 1) ** 2)
    columns, window = np.zeros((w, 16), np.float32), np.empty(16, np.float32)
    lines = np.empty((h, w, 4), np.float32)
    for y in range(-radius, radius + 1):
        row = mirrored(y, h)
        add_row(guide[row], matte[row], real(1), columns)
    for y in range(h):
        start(columns, radius, window)
        for x in range(w):
            solve(window, size, real(epsilon), lines[y, x])
            slide(columns, radius, x, window)
        old, new = mirrored(y - radius, h), mirrored(y + radius + 1, h)
        add_row(guide[old], matte[old], real(-1), columns)
        add_row(guide[new], matte[new], real(1), columns)

    columns, window = np.zeros((w, 4), np.float32), np.empty(4, np.float32)
    for y in range(-radius, radius + 1):
        columns += lines[mirrored(y, h)]
    for y in range(h):
        start(columns, radius, window)
        for x in range(w):
            for i in range(4):
                out[i, y, x] = window[i] / size
            slide(columns, radius, x, window)
        old, new = mirrored(y - radius, h), mirrored(y + radius + 1, h)
        for x in range(w):
            for i in range(4):
                columns[x, i] += lines[new, x, i] - lines[old, x, i]


@compiled
def mirrored(i: int, count: int) -> int:
    """An index beyond the border as one within, the border itself not repeated."""
    if count == 1:
        return 0
    while i < 0 or i >= count:
        i = -i if i < 0 else 2 * count - 2 - i
    return i


@compiled
def add_row(guide: Bytes, matte: Field, sign: real, columns: Field) -> None:
    """Adds a row's colours, matte and their products to the sums of each column."""
    for x in range(matte.size):
        b, g, r = real(guide[x, 0]), real(guide[x, 1]), real(guide[x, 2])
        p = real(math.floor(matte[x] * real(STEPS) + real(0.5)))
        c = columns[x]
        c[0] += sign * b
        c[1] += sign * g
        c[2] += sign * r
        c[3] += sign * p
        c[4] += sign * b * b
        c[5] += sign * g * g
        c[6] += sign * r * r
        c[7] += sign * b * g
        c[8] += sign * b * r
        c[9] += sign * g * r
        c[10] += sign * b * p
        c[11] += sign * g * p
        c[12] += sign * r * p


@compiled
def start(columns: Field, radius: int, window: Field) -> None:
    """The sums of the window around the first pixel of a row."""
    window[:] = 0
    for x in range(-radius, radius + 1):
        column = columns[mirrored(x, len(columns))]
        for i in range(window.size):
            window[i] += column[i]


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
def render(
    frame: Bytes,
    behind: Bytes,
    kind: Bytes,
    fields: Field,
    cut: bool,
    out: Bytes,
    alpha: Bytes,
    first: int,
    last: int,
) -> None:
    """Rows `first` to `last` of the chroma planes, and the luma they belong to, of a person before a backdrop.

    `frame`, `behind` and `out` are I420, `(H * 3 / 2, W)`. `kind` `(h, w)` is 0 where there is room, 1 where there is
    person and 2 in between. `fields` `(10, h, w)` says how alpha follows from Y, U and V (three slopes and a
    constant), then what Y, U and V of the person and of the room are there. With `cut`, the person's own colours are
    not blended. `alpha` `(H, W)` gets the alpha, unless it is empty.
    """
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    rows, columns = height // 2, width // 2
    h, w = kind.shape
    line = np.zeros((w, 16), np.float32)
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
            if what != 2:
                source, colours = (frame, chroma) if what == 1 else (behind, chroma_behind)
                for k in range(2):
                    copy(source[y + k, 2 * a : 2 * b], out[y + k, 2 * a : 2 * b])
                    copy(colours[k, row, a:b], chroma_out[k, row, a:b])
                    if alpha.size:
                        alpha[y + k, 2 * a : 2 * b] = 255 * what
            else:
                for c in range(10):
                    upper, lower = fields[c, up], fields[c, down]
                    for x in range(max(i - 1, 0), min(end + 1, w)):
                        line[x, c] = upper[x] + (lower[x] - upper[x]) * t
                luma, colour = slice(2 * a, 2 * b), slice(a, b)
                edge(
                    (frame[y : y + 2, luma], behind[y : y + 2, luma], out[y : y + 2, luma]),
                    (chroma[:, row, colour], chroma_behind[:, row, colour], chroma_out[:, row, colour]),
                    alpha[y : y + 2, luma],
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
    line: Field,
    left: NDArray[np.int32],
    share: Field,
    cut: bool,
) -> None:
    """A run of pixels in between: two rows of luma, `(2, 2 n)`, and one of U and V, `(2, n)`.

    Of each the frame's, the backdrop's and the result's. `line` has the fields in a row, to be read at `left`, and
    to its right as far as `share` says.
    """
    y, y_behind, y_out = luma
    c, c_behind, c_out = chroma
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
                mean += there * real(0.25)
                y_out[k, 2 * x + i] = blend(seen, real(y_behind[k, 2 * x + i]), there, at[4], at[7], cut, real(235))
                if alpha.size:
                    alpha[k, 2 * x + i] = np.uint8(np.int32(there * real(255) + real(0.5)))
        for k in range(2):
            behind = real(c_behind[k, x])
            c_out[k, x] = blend(real(c[k, x]), behind, mean, at[5 + k], at[8 + k], cut, real(240))


@compiled
def blend(seen: real, behind: real, share: real, person: real, room: real, cut: bool, top: real) -> np.uint8:
    """The person's own colour, freed of the room's (see composite.person_colours), over the backdrop's."""
    own = person + share * (seen - room - share * (person - room))
    own = min(max(own, real(16)), top)
    if cut and share > real(0):
        share = real(1)
    return np.uint8(np.int32(behind + (own - behind) * share + real(0.5)))
