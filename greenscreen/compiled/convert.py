"""Loops that make a camera's picture what the rest works on, compiled: I420 and the guide, in one pass over it.

The same as colour.to_i420, to the last bit, and as frame.Frame.guide of the picture as it came, within a level, of I420
within three, as what is rounded is Y, U and V. They stand in until these are ready, and where the guide is no mean of
an even number of pixels.
"""

import numpy as np
from numpy import int32
from numpy.typing import NDArray

from greenscreen.compiled.loops import Bytes, compiled, place
from greenscreen.picture.colour import TO_BGR

Pairs = NDArray[np.uint16]
"""Two bytes each: of these, one instruction takes every other."""

(B_Y, B_U, B_V, B), (G_Y, G_U, G_V, G), (R_Y, R_U, R_V, R) = (list(map(np.float32, row)) for row in TO_BGR)

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
            take_means(sums, spare, factor, row // each, channels)
            interleave(channels, row // each, guide)


@compiled
def shrink(pixels: Bytes, factor: int, guide: Bytes, channels: Bytes, first: int, last: int) -> None:
    """The same rows of the guide alone, of I420, `(H * 3 / 2, W)`."""
    rows, width = len(pixels) * 2 // 3, pixels.shape[1]
    chroma, each = pixels[rows:].reshape(rows, width // 2), factor // 2
    luma = np.empty((1, width), np.uint16)
    sums, spare = np.empty((3, width // 2), np.uint16), np.empty((3, width // 2), np.uint16)
    for row in range(first, last):
        add_rows(pixels, row * factor, factor, 1, luma, 0)
        fold(luma, 0, width // 2, sums)
        # As if there were a colour for each pixel.
        add_rows(chroma, row * each, each, 4, sums, 1)
        add_rows(chroma, rows // 2 + row * each, each, 4, sums, 2)
        take_means(sums, spare, factor, row, channels)
        paint(channels, row)
        interleave(channels, row, guide)


@compiled
def unpack(sent: Bytes, out: Bytes, first: int, last: int) -> None:
    """I420 of YUYV, `(H, W * 2)`: rows `first` to `last` of U and V, each the mean of two, and their luma."""
    rows, width = len(sent), out.shape[1]
    chroma, half = out[rows:].reshape(rows, width // 2), place(rows // 2)
    for row in range(first, last):
        u, upper = place(row), place(2 * row)
        lower, v = upper + place(1), u + half
        for x in range(place(width)):
            out[upper, x] = sent[upper, x + x]
        for x in range(place(width)):
            out[lower, x] = sent[lower, x + x]
        for x in range(place(width // 2)):
            i, j = x * place(4) + place(1), x * place(4) + place(3)
            chroma[u, x] = np.uint8((int32(sent[upper, i]) + int32(sent[lower, i]) + int32(1)) >> int32(1))
            chroma[v, x] = np.uint8((int32(sent[upper, j]) + int32(sent[lower, j]) + int32(1)) >> int32(1))


@compiled
def add_rows(plane: Bytes, first: int, count: int, times: int, sums: Pairs, channel: int) -> None:
    k, share = place(channel), np.uint16(times)
    for x in range(place(plane.shape[1])):
        sums[k, x] = 0
    for row in range(first, first + count):
        y = place(row)
        for x in range(place(plane.shape[1])):
            sums[k, x] += share * np.uint16(plane[y, x])


@compiled
def paint(channels: Bytes, row: int) -> None:
    """A row of Y, U and V becomes blue, green and red."""
    i, one, two, three = place(row), place(0), place(1), place(2)
    for x in range(place(channels.shape[2])):
        y, u, v = np.float32(channels[one, i, x]), np.float32(channels[two, i, x]), np.float32(channels[three, i, x])
        channels[one, i, x] = byte(y * B_Y + u * B_U + v * B_V + B)
        channels[two, i, x] = byte(y * G_Y + u * G_U + v * G_V + G)
        channels[three, i, x] = byte(y * R_Y + u * R_U + v * R_V + R)


@compiled
def byte(value: np.float32) -> np.uint8:
    return np.uint8(int32(np.float32(0.5) + min(max(value, np.float32(0)), np.float32(255))))


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
def take_means(sums: Pairs, spare: Pairs, factor: int, row: int, channels: Bytes) -> None:
    """A row of the guide, from the sums of columns of two pixels each."""
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


@compiled
def interleave(channels: Bytes, row: int, guide: Bytes) -> None:
    y = place(row)
    for x in range(place(channels.shape[2])):
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
    shrink(np.zeros((3, 2), np.uint8), 2, guide, channels, 0, 1)
    unpack(np.zeros((2, 4), np.uint8), np.zeros((3, 2), np.uint8), 0, 1)
