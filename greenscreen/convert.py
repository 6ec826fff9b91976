"""Loops that make a camera's picture what the rest works on, compiled: I420 and the guide, in one pass over it.

The same as colour.to_i420, to the last bit, and as frame.Frame.guide of the picture as it came, within a level. They
stand in until these are ready, and where the guide is no mean of an even number of pixels.
"""

import numpy as np
from numpy import int32
from numpy.typing import NDArray

from greenscreen.loops import Bytes, compiled, place

Pairs = NDArray[np.uint16]
"""Two bytes each: of these, one instruction takes every other."""

SHIFT = int32(20)
HALF = int32(1 << 19)


@compiled
def convert(pixels: Bytes, factor: int, out: Bytes, guide: Bytes, channels: Bytes, first: int, last: int) -> None:
    """Rows `first` to `last` of the guide, and what of the picture belongs to them.

    `pixels` are BGR, `(H, W * 3)`. `out` is I420, `(H * 3 / 2, W)`. `guide` `(h, w * 3)` and `channels` `(3, h, w)`
    both get the means of `factor` times `factor` pixels, an even number, of which there are exactly `h` times `w`.
    """
    width, rows = out.shape[1], len(pixels) // 2
    chroma = out[2 * rows :].reshape(2 * rows, width // 2)
    # Two rows at a time, each of blue, green and red: what is worked on then stays next to the processor.
    pairs = np.empty((6, width // 2), np.uint16)
    planes = pairs.view(np.uint8)
    sums, spare = np.empty((3, width // 2), np.uint16), np.empty((3, width // 2), np.uint16)
    each = factor // 2
    for row in range(first * each, last * each):
        for k in range(2):
            separate(pixels, 2 * row + k, planes, 3 * k)
            find_luma(planes, 3 * k, out, 2 * row + k)
        find_chroma(pairs, chroma, row, rows)
        add_pairs(pairs, row % each == 0, sums)
        if row % each == each - 1:
            take_means(sums, spare, factor, row // each, guide, channels)


@compiled
def separate(pixels: Bytes, row: int, planes: Bytes, start: int) -> None:
    y, b, g, r = place(row), place(start), place(start + 1), place(start + 2)
    for x in range(place(planes.shape[1])):
        i = x * place(3)
        planes[b, x], planes[g, x], planes[r, x] = pixels[y, i], pixels[y, i + place(1)], pixels[y, i + place(2)]


# OpenCV's whole numbers, in 2^-20.


@compiled
def find_luma(planes: Bytes, start: int, out: Bytes, row: int) -> None:
    y, i, j, k = place(row), place(start), place(start + 1), place(start + 2)
    for x in range(place(out.shape[1])):
        b, g, r = int32(planes[i, x]), int32(planes[j, x]), int32(planes[k, x])
        total = b * int32(102760) + g * int32(528482) + r * int32(269484)
        out[y, x] = np.uint8((total + (int32(16 << 20) + HALF)) >> SHIFT)


@compiled
def find_chroma(pairs: Pairs, out: Bytes, row: int, rows: int) -> None:
    """A row of U, and one of V `rows` below it, from every other pixel, as OpenCV does."""
    u, v, low = place(row), place(row + rows), np.uint16(255)
    i, j, k = place(0), place(1), place(2)
    for x in range(place(out.shape[1])):
        b, g, r = int32(pairs[i, x] & low), int32(pairs[j, x] & low), int32(pairs[k, x] & low)
        blue, red = b * int32(460324) - g * int32(305135), r * int32(460324) - g * int32(385875)
        out[u, x] = np.uint8((blue - r * int32(155188) + (int32(128 << 20) + HALF)) >> SHIFT)
        out[v, x] = np.uint8((red - b * int32(74448) + (int32(128 << 20) + HALF)) >> SHIFT)


@compiled
def add_pairs(pairs: Pairs, anew: bool, sums: Pairs) -> None:
    """Adds squares of two by two to what was added of the rows above, or begins anew."""
    low, eight = np.uint16(255), np.uint16(8)
    for channel in range(3):
        k, j = place(channel), place(channel + 3)
        if anew:
            sums[k] = 0
        for x in range(place(sums.shape[1])):
            one, other = pairs[k, x], pairs[j, x]
            sums[k, x] += ((one & low) + (other & low)) + ((one >> eight) + (other >> eight))


@compiled
def take_means(sums: Pairs, spare: Pairs, factor: int, row: int, guide: Bytes, channels: Bytes) -> None:
    """A row of the guide, from the sums of columns."""
    w, y, each = channels.shape[2], place(row), factor // 2
    share = np.float32(1 / (factor * factor))
    while each % 2 == 0:
        each //= 2
        for channel in range(3):
            fold(sums, channel, w * each, spare)
        sums, spare = spare, sums
    for channel in range(3):
        k = place(channel)
        for x in range(place(w)):
            total = int32(0)
            for n in range(place(each)):
                total += int32(sums[k, x * place(each) + n])
            channels[k, y, x] = np.uint8(int32(np.float32(total) * share + np.float32(0.5)))
    for x in range(place(w)):
        i = x * place(3)
        guide[y, i], guide[y, i + place(1)] = channels[place(0), y, x], channels[place(1), y, x]
        guide[y, i + place(2)] = channels[place(2), y, x]


@compiled
def fold(sums: Pairs, channel: int, count: int, out: Pairs) -> None:
    k = place(channel)
    for x in range(place(count)):
        out[k, x] = sums[k, x + x] + sums[k, x + x + place(1)]


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    guide, channels = np.zeros((1, 3), np.uint8), np.zeros((3, 1, 1), np.uint8)
    convert(np.zeros((2, 6), np.uint8), 2, np.zeros((3, 2), np.uint8), guide, channels, 0, 1)
