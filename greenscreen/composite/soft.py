"""The blurred room's loops, compiled. They equal what `background.Blur` does in OpenCV, which stands in until these are
ready. The compositor's loop enlarges it, where it is seen alone.
"""

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.compiled.loops import Bytes, compiled, place
from greenscreen.picture.band import Field

PARTS = 128
"""Of a share between two pixels: sixteen bits hold the sum of both."""
BLOCK = 32
"""Places that are found at once."""
Gaps = NDArray[np.int64]


@compiled
def blur(colour: Bytes, person: Field, reach: int, little: float, to_yuv: Field, across: Field, out: Bytes) -> None:
    """A small room `(h, w * 3)` BGR, in which nothing of the `person` `(h, w)` counts, to blurred Y, U and V.

    As resize.weighted_blur, with a stack blur that reaches so far, and so `little` of the mean of all. `to_yuv` is
    `(3, 4)`, see colour.py; `across` is room, `(h, 4, w)`; `out` is `(3, h, w)`.
    """
    h, w = person.shape
    across[:] = real(0)
    row, tall = np.empty((4, w + 2 * reach), np.float32), np.empty(w + 2, np.float32)
    whole = np.zeros(4, np.float64)
    for y in range(h):
        above, below = max(y - 1, 0), min(y + 1, h - 1)
        for x in range(place(w)):
            tall[x + place(1)] = max(person[y, x], max(person[above, x], person[below, x]))
        tall[0], tall[w + 1] = tall[1], tall[w]
        at, j, room = place(reach), place(y), place(3)
        for x in range(place(w)):
            row[room, x + at] = real(1) - max(tall[x + place(1)], max(tall[x], tall[x + place(2)]))
        for channel in range(3):
            i = place(channel)
            for x in range(place(w)):
                row[i, x + at] = real(colour[j, x * place(3) + i]) * row[room, x + at]
        for k in range(4):
            total = real(0)
            for x in range(at, place(w) + at):
                total += row[k, x]
            whole[k] += total
            row[k, :reach], row[k, reach + w :] = row[k, reach], row[k, reach + w - 1]
        for n in range(reach):
            add_rows(row, n, 2 * reach - n, real(n + 1), across, y)
        add_rows(row, reach, reach, real(reach + 1) / real(2), across, y)
    # A trace of the whole picture's mean, which is all there is where nothing of weight is near.
    for k in range(4):
        whole[k] = whole[k] / (h * w) + 1e-6
    trace = (whole * (little / whole[3])).astype(np.float32)
    norm, sums = real(1 / (reach + 1) ** 4), np.empty((4, w), np.float32)
    for y in range(h):
        sums[:] = real(0)
        for n in range(2 * reach + 1):
            j = place(min(max(y + n - reach, 0), h - 1))
            weight = real(reach + 1 - abs(n - reach)) * norm
            for k in range(4):
                for x in range(place(w)):
                    sums[k, x] += across[j, k, x] * weight
        for x in range(place(w)):
            sums[3, x] = real(1) / (sums[3, x] + trace[3])
        for k in range(3):
            for x in range(place(w)):
                sums[k, x] = (sums[k, x] + trace[k]) * sums[3, x]
        for k in range(3):
            b, g, r, more = to_yuv[k, 0], to_yuv[k, 1], to_yuv[k, 2], to_yuv[k, 3] + real(0.5)
            for x in range(place(w)):
                out[k, y, x] = np.uint8(np.int32(b * sums[0, x] + g * sums[1, x] + r * sums[2, x] + more))


@compiled
def add_rows(rows: Field, one: int, other: int, weight: real, out: Field, y: int) -> None:
    """Adds to each place of a row of some planes the places so far to its right, weighted."""
    j, a, b = place(y), place(one), place(other)
    for k in range(place(len(rows))):
        for x in range(place(out.shape[2])):
            out[j, k, x] += (rows[k, x + a] + rows[k, x + b]) * weight


@compiled
def widened(small: Bytes, k: int, first: int, last: int, height: int, width: int, out: Bytes) -> None:
    """The rows of a plane of `small` that rows `first` to `last` of the large one, `height` by `width`, lie between.

    They are as wide as that; `out` has as many rows as `small`, if not all of them are used, and `BLOCK` more columns.
    """
    h, w = small.shape[1:]
    top, end = int(source(first, h, height)), min(int(source(last - 1, h, height)) + 2, h)
    # Where what lies between one column and the next begins.
    begins, shares, columns = np.zeros(w + 1, np.int64), np.zeros(width + BLOCK, np.uint16), np.empty(width, np.int32)
    scale, most = w / width, w - 1.0
    for x in range(place(width)):
        at = min(max((np.int32(x) + 0.5) * scale - 0.5, 0.0), most)
        columns[x] = np.int32(at)
        shares[x] = np.uint16(np.int32((at - columns[x]) * PARTS + 0.5))
    for i in range(width):
        begins[columns[i] + 1] = i + 1
    for i in range(1, w + 1):
        begins[i] = max(begins[i], begins[i - 1])
    blocks = (begins[1:] - begins[:-1] + BLOCK - 1) // BLOCK * BLOCK
    plane, full, half = place(k), np.uint16(PARTS), np.uint16(PARTS // 2)
    for row in range(place(end - top)):
        y = row + place(top)
        for i in range(place(w)):
            one, other = np.uint16(small[plane, y, i]), np.uint16(small[plane, y, min(i + place(1), place(w - 1))])
            start = place(begins[i])
            # What is too much of a block is written over by the next.
            for n in range(place(blocks[i])):
                share = shares[start + n]
                left, right = np.uint16(one * np.uint16(full - share)), np.uint16(other * share)
                out[row, start + n] = np.uint8(np.uint16(np.uint16(left + right) + half) >> np.uint16(7))


@compiled
def source(at: int, small: int, large: int) -> float:
    """Where a pixel of the large one lies in the small one."""
    return min(max((at + 0.5) * small / large - 0.5, 0.0), small - 1.0)


@compiled
def between(
    rows: Bytes, h: int, start: int, y: int, height: int, gaps: Gaps, count: int, times: int, out: Bytes, row: int
) -> None:
    """Of row `y` of a plane of `height`, what is `widened` from row `start` on, where there are so many `gaps`.

    The plane was `h` high. `out` gets it as its row `row`. `gaps` are from which place to which, `times` as far.
    """
    at = source(y, h, height)
    top, i = int(source(start, h, height)), int(at)
    above, below, to = place(i - top), place(min(i + 1, h - 1) - top), place(row)
    share = np.uint16((at - i) * PARTS + 0.5)
    rest = np.uint16(PARTS - share)
    for n in range(place(count)):
        for x in range(place(times * gaps[n, 0]), place(times * gaps[n, 1])):
            one, other = np.uint16(np.uint16(rows[above, x]) * rest), np.uint16(np.uint16(rows[below, x]) * share)
            out[to, x] = np.uint8(np.uint16(np.uint16(one + other) + np.uint16(PARTS // 2)) >> np.uint16(7))


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    small, person, wide = np.zeros((3, 2, 2), np.uint8), np.zeros((2, 2), np.float32), np.zeros((2, 36), np.uint8)
    to_yuv, across = np.zeros((3, 4), np.float32), np.zeros((2, 4, 2), np.float32)
    blur(np.zeros((2, 6), np.uint8), person, 1, 0.1, to_yuv, across, small)
    widened(small, 0, 0, 4, 4, 4, wide)
    between(wide, 2, 0, 0, 4, np.zeros((1, 2), np.int64), 1, 1, np.zeros((4, 4), np.uint8), 0)
