"""The compositor's loops, compiled. They equal what composite.py does in NumPy and OpenCV, which stands in until these
are ready.
"""

import math

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.band import Field
from greenscreen.loops import REACH, Bytes, compiled, sum_across

FEW = real(0.05)
"""Pixels of a window that are too few to know a colour by."""


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
    rate, low, high = held
    left, right = reach_of(near)
    if left >= right:
        return
    # Each row holds blue, green, red, alpha and alpha's products with them, only as far as they are asked for.
    wide = right - left + 2 * REACH
    rows, made = np.empty((h, 7 * wide), np.float32), 0
    total, sums = np.empty(7 * wide, np.float32), np.empty((7, right - left), np.float32)
    for y in range(first, last):
        if not near[y, left:right].any():
            continue
        top, end = max(y - REACH, 0), min(y + REACH + 1, h)
        for j in range(max(made, top), end):
            gather(guide[j], small[j], left, rows[j])
        made = max(made, end)
        total[:] = rows[top]
        for j in range(top + 1, end):
            add(total, rows[j])
        for k in range(7):
            sum_across(total[k * wide : (k + 1) * wide], real(1), sums[k])
        for x in range(left, right):
            if not near[y, x]:
                continue
            count = real((end - top) * (min(x + REACH + 1, w) - max(x - REACH, 0)))
            i = x - left
            ab, ag, ar, whole = sums[0, i], sums[1, i], sums[2, i], sums[3, i]
            pb, pg, pr = sums[4, i], sums[5, i], sums[6, i]
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
            field[10] = rate[y, x] if rate.size else real(1)
            field[11] = low[y, x] if low.size else real(0)
            field[12] = high[y, x] if high.size else real(1)


@compiled
def reach_of(near: Bytes) -> tuple[int, int]:
    """The first column in which something of `near` is not 0, and the one after the last."""
    h, w = near.shape
    left, right = w, 0
    for y in range(h):
        row, x = near[y], 0
        while x < left and not row[x]:
            x += 1
        left, x = x, w
        while x > right and not row[x - 1]:
            x -= 1
        right = x
    return left, right


@compiled
def gather(guide: Bytes, alpha: Field, left: int, row: Field) -> None:
    """A row of `edge_fields`: of the guide's and alpha's from `REACH` places left of `left`, nothing beyond borders."""
    wide = row.size // 7
    for i in range(wide):
        x = left - REACH + i
        there = 0 <= x < alpha.size
        x = min(max(x, 0), alpha.size - 1)
        a = alpha[x] if there else real(0)
        row[3 * wide + i] = a
        for k in range(3):
            colour = real(guide[x, k]) if there else real(0)
            row[k * wide + i] = colour
            row[(4 + k) * wide + i] = a * colour


@compiled
def add(total: Field, row: Field) -> None:
    for x in range(total.size):
        total[x] += row[x]


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
