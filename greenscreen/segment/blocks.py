"""Loops that find and follow motion, compiled: of blocks of a picture, from where in the last one they come.

Pictures, and mattes that are looked up, have a border of `PAD` on all sides, in which their outermost places are
repeated, so that no window has to be cut. No block waits for another, so that a GPU can do the same.
"""

import math

import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.compiled.loops import Bytes, compiled, number, place
from greenscreen.picture.band import Field
from greenscreen.segment.motion import (
    ALIKE,
    BLOCK,
    DOUBT,
    FIRST_STEP,
    LIKE,
    MARGIN,
    OUTLINE,
    PAD,
    REACH,
    ROWS,
    SHARE,
    STILL,
    STRANGE,
    UNLIKE,
    WINDOW,
)

Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]
Vector = tuple[int, int]
"""Down and across, in pixels, to where in the last picture something was."""

EVERYTHING = 1 << 30


@compiled
def shades(pixels: Bytes, whole: Bytes, half: Bytes) -> None:
    """Of a picture `(h, w * 3)` BGR, of even sides, its gray and that at half the size, both with their borders.

    To the last bit as OpenCV has them.
    """
    h, w, inner = len(pixels), pixels.shape[1] // 3, place(PAD)
    shift, one = np.int32(15), place(1)
    for row in range(h):
        y, to = place(row), place(row + PAD)
        for x in range(place(w)):
            i = x * place(3)
            b, g, r = np.int32(pixels[y, i]), np.int32(pixels[y, i + one]), np.int32(pixels[y, i + place(2)])
            gray = b * np.int32(3735) + g * np.int32(19235) + r * np.int32(9798)
            whole[to, x + inner] = np.uint8((gray + np.int32(1 << 14)) >> shift)
    for row in range(h // 2):
        y, to = place(2 * row + PAD), place(row + PAD)
        for x in range(place(w // 2)):
            i = inner + x + x
            upper = np.uint16(whole[y, i]) + np.uint16(whole[y, i + one])
            lower = np.uint16(whole[y + one, i]) + np.uint16(whole[y + one, i + one])
            half[to, x + inner] = np.uint8((upper + lower + np.uint16(2)) >> np.uint16(2))
    surround(whole)
    surround(half)


@compiled
def surround(plane: Bytes) -> None:
    """Repeats a plane's outermost places in its border."""
    h, w = plane.shape
    for y in range(PAD, h - PAD):
        plane[y, :PAD] = plane[y, PAD]
        plane[y, w - PAD :] = plane[y, w - PAD - 1]
    for y in range(PAD):
        plane[y] = plane[PAD]
        plane[h - PAD + y] = plane[h - PAD - 1]


@compiled
def means(pixels: Bytes, out: Field) -> None:
    """The mean colours, in whole levels, of blocks of `BLOCK` by `BLOCK`: `(h, w * 3)` to `(h / 8, w / 8 * 3)`."""
    sums, side = np.empty(pixels.shape[1], np.uint16), place(3 * BLOCK)
    for row in range(len(out)):
        to = place(row)
        sums[:] = np.uint16(0)
        for n in range(BLOCK):
            y = place(row * BLOCK + n)
            for x in range(place(sums.size)):
                sums[x] += np.uint16(pixels[y, x])
        for x in range(place(out.shape[1] // 3)):
            for channel in range(place(3)):
                total = np.int32(0)
                for n in range(place(BLOCK)):
                    total += np.int32(sums[x * side + n * place(3) + channel])
                out[to, x * place(3) + channel] = np.rint(real(total) * real(1 / BLOCK**2))


@compiled
def cost_of(now: Bytes, before: Bytes, at: Vector, vector: Vector, most: int) -> int:
    """How unlike the windows `at` this place and a vector from it are; some number from `most` on if that much."""
    y, x = at
    dy, dx = vector
    total = 0
    for row in range(0, WINDOW, ROWS):
        one, other = now[y + row, x : x + WINDOW], before[y + dy + row, x + dx : x + dx + WINDOW]
        part = np.int32(0)
        # Not range(WINDOW): a known length is unrolled before it could become vector instructions.
        for column in range(one.size):
            part += abs(np.int32(one[column]) - np.int32(other[column]))
        total += int(part)
        if total >= most:
            break
    return total


@compiled
def better(now: Bytes, before: Bytes, at: Vector, candidate: Vector, best: int, vector: Vector) -> tuple[int, Vector]:
    """The candidate if it is better than the vector that costs `best`, which else stays."""
    if candidate == vector:
        return best, vector
    cost = cost_of(now, before, at, candidate, best)
    return (cost, candidate) if cost < best else (best, vector)


@compiled
def around(now: Bytes, before: Bytes, at: Vector, step: int, best: int, vector: Vector) -> tuple[int, Vector]:
    """The best of a vector and of the eight a step away from it, in a half-size picture."""
    dy, dx = vector
    for i in range(dy - step, dy + step + 1, step):
        for j in range(dx - step, dx + step + 1, step):
            corner = i != dy and j != dx
            if (step == 1 or not corner) and abs(i) <= REACH // 2 and abs(j) <= REACH // 2:
                best, vector = better(now, before, at, (i, j), best, vector)
    return best, vector


@compiled
def follow(now: Bytes, before: Bytes, last: Ints, vectors: Ints, moves: Mask) -> tuple[int, int]:
    """Finds the `vectors` of all blocks of half-size pictures, given the `last`, of a frame ago: `(rows, columns, 2)`.

    `moves` `(rows, columns)` gets which of them move at all. Returns how many, and how many are found nowhere.
    """
    rows, columns = moves.shape
    moving, strange = 0, 0
    for r in range(rows):
        for c in range(columns):
            at = PAD + r * BLOCK - MARGIN, PAD + c * BLOCK - MARGIN
            vector = number(0), number(0)
            best = cost_of(now, before, at, vector, number(EVERYTHING))
            moves[r, c] = best > STILL
            if moves[r, c]:
                moving += 1
                for k in range(5):
                    i, j = r + (k == 1) - (k == 2), c + (k == 3) - (k == 4)
                    if 0 <= i < rows and 0 <= j < columns:
                        guess = number(last[i, j, 0]), number(last[i, j, 1])
                        best, vector = better(now, before, at, guess, best, vector)
                step, first = number(1), True
                while step:
                    best, vector = around(now, before, at, step, best, vector)
                    # What goes on as it went, or hardly at all, is found at once.
                    step = (FIRST_STEP if best > ALIKE else 0) if first else step // 2
                    first = False
                strange += best > STRANGE
            vectors[r, c, 0], vectors[r, c, 1] = vector
    return moving, strange


@compiled
def bring(now: Bytes, before: Bytes, matte: Field, coarse: Ints, moves: Mask, vectors: Field, moved: Field) -> None:
    """Brings the last matte, which `moved` `(h, w)` is already, to where its parts are in this picture.

    `coarse` and `moves` are what `follow` found at half the size. `vectors` `(rows, columns, 2)` gets where each block
    comes from, to fractions of a pixel where the outline is.
    """
    h, w = moved.shape
    near = np.empty((3, 3), np.int32)
    for r in range(len(vectors)):
        for c in range(vectors.shape[1]):
            vectors[r, c, 0] = vectors[r, c, 1] = real(0)
            # The four blocks of the half-size picture in which this one lies, or which are next to it.
            i, j = min(r // 2, len(moves) - 1), min(c // 2, moves.shape[1] - 1)
            k, m = i + 2 * (r % 2) - 1, j + 2 * (c % 2) - 1
            k, m = min(max(k, 0), len(moves) - 1), min(max(m, 0), moves.shape[1] - 1)
            if not (moves[i, j] or moves[i, m] or moves[k, j] or moves[k, m]):
                continue
            top, left = r * BLOCK, c * BLOCK
            at, vector = (PAD + top - MARGIN, PAD + left - MARGIN), (number(0), number(0))
            best = cost_of(now, before, at, vector, number(EVERYTHING))
            if best <= STILL:
                continue
            for n in range(4):
                p, q = (i if n < 2 else k), (j if n % 2 == 0 else m)
                guess = 2 * number(coarse[p, q, 0]), 2 * number(coarse[p, q, 1])
                best, vector = better(now, before, at, guess, best, vector)
            down, across = real(0), real(0)
            if outlined(matte, at, vector):
                y, x = vector
                for p in range(-1, 2):
                    for q in range(-1, 2):
                        near[p + 1, q + 1] = cost_of(now, before, at, (y + p, x + q), number(EVERYTHING))
                        if near[p + 1, q + 1] < best:
                            best, vector = near[p + 1, q + 1], (y + p, x + q)
                p, q = vector[0] - y + 1, vector[1] - x + 1
                # At the rim of what was looked at, a fraction cannot be told.
                down = least(near[0, q], near[1, q], near[2, q]) if p == 1 else down
                across = least(near[p, 0], near[p, 1], near[p, 2]) if q == 1 else across
            down, across = down + real(vector[0]), across + real(vector[1])
            vectors[r, c, 0], vectors[r, c, 1] = down, across
            for n in range(top, min(top + BLOCK, h)):
                line = moved[n, left : min(left + BLOCK, w)]
                read(matte, PAD + n, PAD + left, down, across, line)


@compiled
def outlined(matte: Field, at: Vector, vector: Vector) -> bool:
    """Whether the matte changes within the window a vector from this place."""
    y, x = at[0] + vector[0], at[1] + vector[1]
    low, high = real(1), real(0)
    for i in range(y, y + WINDOW, 2):
        for j in range(x, x + WINDOW, 2):
            low, high = min(low, matte[i, j]), max(high, matte[i, j])
    return bool(high - low > real(OUTLINE))


@compiled
def least(left: int, here: int, right: int) -> real:
    """Where the least of three costs lies, in [-0.5, 0.5]: that of the parabola through them."""
    bend = left + right - 2 * here
    return min(real(0.5), max(real(-0.5), real(left - right) / real(2 * bend))) if bend > 0 else real(0)


@compiled
def read(plane: Field | Bytes, y: int, x: int, down: real, across: real, line: Field) -> None:
    """A line of places from `(y, x)` on, each as it is a vector from there, between places linearly."""
    top, left = math.floor(down), math.floor(across)
    down, across = down - real(top), across - real(left)
    n = line.size
    upper = plane[y + top, x + left : x + left + n + 1]
    lower = plane[y + top + 1, x + left : x + left + n + 1]
    for k in range(n):
        a = real(upper[k]) + (real(upper[k + 1]) - real(upper[k])) * across
        b = real(lower[k]) + (real(lower[k + 1]) - real(lower[k])) * across
        line[k] = a + (b - a) * down


@compiled
def mix(now: Bytes, before: Bytes, vectors: Field, moved: Field, matte: Field) -> None:
    """Mixes into the network's matte `(h, w)` the last one, `moved`: in blocks that have moved, where the picture looks
    like where it comes from, and as far as the network is in doubt."""
    h, w = matte.shape
    side = BLOCK + 4
    unlike, columns = np.empty((side, side), np.float32), np.empty(side, np.float32)
    for r in range(len(vectors)):
        for c in range(vectors.shape[1]):
            down, across = vectors[r, c, 0], vectors[r, c, 1]
            if down == 0 and across == 0:
                continue
            top, left = r * BLOCK, c * BLOCK
            bottom, right = min(top + BLOCK, h), min(left + BLOCK, w)
            change = real(0)
            for i in range(top, bottom):
                for j in range(left, right):
                    change = max(change, abs(matte[i, j] - moved[i, j]))
            if change < real(1 / 512):
                continue
            y, x = PAD + top - 2, PAD + left - 2
            for i in range(side):
                read(before, y + i, x, down, across, unlike[i])
                for j in range(side):
                    unlike[i, j] = abs(unlike[i, j] - real(now[y + i, x + j]))
            for i in range(top, bottom):
                k = i - top
                for j in range(side):
                    near = (unlike[k, j] + unlike[k + 1, j]) + (unlike[k + 2, j] + unlike[k + 3, j])
                    columns[j] = near + unlike[k + 4, j]
                for j in range(left, right):
                    k = j - left
                    mean = (columns[k] + columns[k + 1]) + (columns[k + 2] + columns[k + 3]) + columns[k + 4]
                    like = (real(UNLIKE) - mean * real(1 / 25)) * real(1 / (UNLIKE - LIKE))
                    mind = matte[i, j]
                    doubt = min(mind, real(1) - mind) * real(1 / DOUBT)
                    share = real(SHARE) * min(real(1), max(real(0), like)) * min(real(1), max(real(0), doubt))
                    matte[i, j] = mind + (moved[i, j] - mind) * share


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    picture = np.zeros((2 * PAD + BLOCK, 2 * PAD + BLOCK), np.uint8)
    vectors, moves, matte = np.zeros((1, 1, 2), np.int32), np.zeros((1, 1), np.bool_), np.zeros((8, 8), np.float32)
    follow(picture, picture, vectors, vectors, moves)
    shades(np.zeros((2, 6), np.uint8), np.zeros((2 + 2 * PAD, 2 + 2 * PAD), np.uint8), picture[: 1 + 2 * PAD].copy())
    means(np.zeros((8, 24), np.uint8), np.zeros((1, 3), np.float32))
    padded = picture.astype(np.float32)
    bring(picture, picture, padded, vectors, moves, np.zeros((1, 1, 2), np.float32), matte)
    mix(picture, picture, np.zeros((1, 1, 2), np.float32), matte, matte.copy())
