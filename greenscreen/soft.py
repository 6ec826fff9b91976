"""The blurred room's loops, compiled. They equal what `background.Blur` does in OpenCV, which stands in until these are
ready.
"""

import numpy as np
from numpy import float32 as real

from greenscreen.band import Field
from greenscreen.loops import Bytes, compiled, place

PARTS = 128
"""Of a share between two pixels: sixteen bits hold their sum."""


@compiled
def blur(colour: Bytes, person: Field, reach: int, little: float, to_yuv: Field, out: Bytes) -> None:
    """A small room `(h, w, 3)` BGR, in which nothing of the `person` `(h, w)` counts, to blurred Y, U and V.

    As resize.weighted_blur, with a stack blur that reaches so far, and so `little` of the mean of all. `to_yuv` is
    `(3, 4)`, see colour.py; `out` is `(3, h, w)`.
    """
    h, w = person.shape
    row, tall = np.empty((4, w + 2 * reach), np.float32), np.empty(w + 2, np.float32)
    across, whole = np.zeros((h, 4, w), np.float32), np.zeros(4, np.float64)
    for y in range(h):
        above, below = max(y - 1, 0), min(y + 1, h - 1)
        for x in range(place(w)):
            tall[x + place(1)] = max(person[y, x], max(person[above, x], person[below, x]))
        tall[0], tall[w + 1] = tall[1], tall[w]
        at = place(reach)
        for x in range(place(w)):
            room = real(1) - max(tall[x + place(1)], max(tall[x], tall[x + place(2)]))
            for k in range(3):
                row[k, x + at] = real(colour[y, x, k]) * room
            row[3, x + at] = room
        for k in range(4):
            total = real(0)
            for x in range(at, place(w) + at):
                total += row[k, x]
            whole[k] += total
            row[k, :reach], row[k, reach + w :] = row[k, reach], row[k, reach + w - 1]
            for n in range(2 * reach + 1):
                add_row(row, k, n, real(reach + 1 - abs(n - reach)), across, y)
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
            share = real(1) / (sums[3, x] + trace[3])
            for k in range(3):
                sums[k, x] = (sums[k, x] + trace[k]) * share
        for k in range(3):
            b, g, r, more = to_yuv[k, 0], to_yuv[k, 1], to_yuv[k, 2], to_yuv[k, 3] + real(0.5)
            for x in range(place(w)):
                out[k, y, x] = np.uint8(np.int32(b * sums[0, x] + g * sums[1, x] + r * sums[2, x] + more))


@compiled
def add_row(row: Field, k: int, start: int, weight: real, out: Field, y: int) -> None:
    i, j, at = place(k), place(y), place(start)
    for x in range(place(out.shape[2])):
        out[j, i, x] += row[i, x + at] * weight


@compiled
def enlarge(small: Bytes, out: Bytes, first: int, last: int) -> None:
    """Y, U and V `(3, h, w)` to I420 `(H * 3 / 2, W)`, bilinearly: rows `first` to `last` of U, V and their luma."""
    height, width = out.shape[0] * 2 // 3, out.shape[1]
    chroma, half = out[height:].reshape(height, width // 2), height // 2
    enlarge_plane(small, 0, 2 * first, 2 * last, out, 0, height)
    enlarge_plane(small, 1, first, last, chroma, 0, half)
    enlarge_plane(small, 2, first, last, chroma, half, half)


@compiled
def enlarge_plane(small: Bytes, k: int, first: int, last: int, out: Bytes, start: int, height: int) -> None:
    """Rows of one of the planes, which begins at row `start` of `out`."""
    h, width = small.shape[1], out.shape[1]
    top, end = int(source(first, h, height)), min(int(source(last - 1, h, height)) + 2, h)
    wide = np.empty((end - top, width), np.uint8)
    widen(small, k, top, wide)
    for y in range(first, last):
        at = source(y, h, height)
        i, j = int(at), min(int(at) + 1, h - 1)
        between(wide, i - top, j - top, np.int32((at - i) * PARTS + 0.5), out, start + y)


@compiled
def source(at: int, small: int, large: int) -> float:
    """Where a pixel of the large one lies in the small one."""
    return min(max((at + 0.5) * small / large - 0.5, 0.0), small - 1.0)


@compiled
def widen(small: Bytes, k: int, top: int, out: Bytes) -> None:
    """Rows of a plane, from `top` on, as wide as `out` is."""
    w, rows, plane = small.shape[2], len(out), place(k)
    for x in range(place(out.shape[1])):
        at = source(x, w, out.shape[1])
        i, j = place(int(at)), place(min(int(at) + 1, w - 1))
        share = np.int32((at - int(at)) * PARTS + 0.5)
        for y in range(place(rows)):
            one, other = np.int32(small[plane, y + place(top), i]), np.int32(small[plane, y + place(top), j])
            out[y, x] = (one * (PARTS - share) + other * share + np.int32(PARTS // 2)) // PARTS


@compiled
def between(rows: Bytes, above: int, below: int, share: np.int32, out: Bytes, row: int) -> None:
    i, j, to, rest = place(above), place(below), place(row), np.int32(PARTS) - share
    for x in range(place(rows.shape[1])):
        total = np.int32(rows[i, x]) * rest + np.int32(rows[j, x]) * share
        out[to, x] = (total + np.int32(PARTS // 2)) >> np.int32(7)


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    small = np.zeros((3, 2, 2), np.uint8)
    blur(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.float32), 1, 0.1, np.zeros((3, 4), np.float32), small)
    enlarge(small, np.zeros((6, 4), np.uint8), 0, 2)
