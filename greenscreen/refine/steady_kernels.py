"""The gate and the alphas it holds, compiled. They equal steady.py in NumPy and OpenCV, which stands in until these are
ready.
"""

import numpy as np
from numpy import float32 as real

from greenscreen.compiled.loops import REACH, SIZE, Bytes, compiled, mirror, number, place
from greenscreen.picture.band import Field
from greenscreen.refine.steady import SAMPLED
from greenscreen.refine.windows import BLOCK, RING, Mask, around, end_of, find_sure, open_blocks, sum_windows, whole


@compiled
def open_gate(
    guide: Bytes,
    belief: Field,
    limits: tuple[real, real, real, real, real],
    quiet: tuple[real, real],
    certain: tuple[real, real],
    seen: Field,
    believed: Field,
    rate: Field,
    room: Field,
) -> None:
    """How much of a new alpha counts, `(h, w)`; and takes over as much of what is seen and believed now.

    `guide` is `(3, h, w)`, `belief` `(h, w)`; `seen` `(3, h, w)` and `believed` are what they were. Where all of a
    place is believed to be at most `certain[0]`, or at least `certain[1]`, all counts: how places have changed is only
    found for blocks in which there is another. `limits` are what still stands, how much further has moved, from which
    change of mind on a place opens, how much further it is open wide, and the least rate. What changes less than
    `quiet[0]` times the picture's noise stands still as well; more noise than `quiet[1]` is none. All this is done in
    a `room` as `room_for_gate` has it, whatever is in it.
    """
    h, w = rate.shape
    # As many bytes as `find_sure` needs, and then floats.
    a, wide = h * whole(w) // 2, w + 2 * REACH
    b, c = a + h * w, a + (h + 4) * w
    d, e = c + RING * 3 * wide, c + (RING + 2) * 3 * wide
    unlike, worst = room[a:b].reshape(h, w), room[b:c].reshape(4, w)
    change, sums = room[c:d].reshape(RING, 3, wide), room[d:e].reshape(2, 3, wide)
    sure = find_sure(belief, certain[0], certain[1], room[:a].view(np.uint8))
    ask = open_blocks(sure)
    sample = h // 2 % SAMPLED
    ask[sample::SAMPLED] = True
    find_unlike(guide, seen, ask, change, sums, worst, unlike)
    still, moved, doubt, decided, least = limits
    still = max(still, quiet[0] * min(quiet[1], real(np.median(unlike[sample::SAMPLED, ::3]))))
    for y in range(h):
        block = number(0)
        while block < ask.shape[1]:
            first, block = block, end_of(ask, y, block)
            start, end = first * BLOCK, min(block * BLOCK, w)
            if ask[y, first]:
                limit = still, moved, doubt, decided, least
                renew(guide, belief, unlike, sure, limit, y, start, end, seen, believed, rate)
            else:
                take_over(guide, belief, y, start, end, seen, believed, rate)


@compiled
def find_unlike(guide: Bytes, seen: Field, ask: Mask, change: Field, sums: Field, worst: Field, out: Field) -> None:
    """How far each place's mean colour is from what it was, `(3, h, w)`: the greatest of the channels.

    And of the places around, as where a thing leaves there is no edge of it any more, but there was. `out` is `(h, w)`
    and found in the blocks `ask`; `change`, `sums` and `worst` are room, of `RING` rows and 4.
    """
    h, w = out.shape
    wanted, row = around(ask, number(1)), np.empty(w + 2, np.float32)
    looked = around(wanted, number(REACH))
    # Each row as soon as those below that it looks at are there.
    for y in range(h + REACH + 1):
        if y < h:
            find_change(guide, seen, looked, y, change)
        if REACH <= y < h + REACH:
            find_worst(change, wanted, y - REACH, h, sums, worst)
        if y > REACH:
            find_around(worst, ask, y - REACH - 1, row, out)


@compiled
def find_change(guide: Bytes, seen: Field, looked: Mask, y: int, change: Field) -> None:
    """How row `y` has changed, in blocks that are `looked` at."""
    w, j, block = guide.shape[2], place(y % RING), number(0)
    while block < looked.shape[1]:
        first, block = block, end_of(looked, y, block)
        if looked[y, first]:
            for k in range(3):
                for x in range(place(first * BLOCK), place(min(block * BLOCK, w))):
                    change[j, k, x + place(REACH)] = real(guide[k, y, x]) - seen[k, y, x]
    for k in range(3):
        mirror(change[j, k])


@compiled
def find_worst(change: Field, wanted: Mask, y: int, h: int, sums: Field, worst: Field) -> None:
    """The greatest change of a mean colour in row `y` of `h`, in blocks that are `wanted`."""
    w, j, block, total, mean = worst.shape[1], place(y % 4), number(0), sums[0], sums[1]
    while block < wanted.shape[1]:
        first, block = block, end_of(wanted, y, block)
        start, end = first * BLOCK, min(block * BLOCK, w)
        if wanted[y, first]:
            sum_windows(change, y, h, start, end, total, mean)
            for x in range(place(start), place(end)):
                worst[j, x] = max(abs(mean[0, x]), max(abs(mean[1, x]), abs(mean[2, x]))) * real(1 / SIZE)


@compiled
def find_around(worst: Field, ask: Mask, y: int, row: Field, out: Field) -> None:
    """And in the places around each of row `y`, in blocks that are asked for; `row` is room, `(w + 2,)`."""
    h, w, block = len(out), out.shape[1], number(0)
    above, here, below = place(max(y - 1, 0) % 4), place(y % 4), place(min(y + 1, h - 1) % 4)
    while block < ask.shape[1]:
        first, block = block, end_of(ask, y, block)
        start, end = max(first * BLOCK - 1, 0), min(block * BLOCK + 1, w)
        if ask[y, first]:
            for x in range(place(start), place(end)):
                row[x + place(1)] = max(worst[here, x], max(worst[above, x], worst[below, x]))
            row[0], row[w + 1] = row[1], row[w]
            for x in range(place(first * BLOCK), place(min(block * BLOCK, w))):
                out[y, x] = max(row[x + place(1)], max(row[x], row[x + place(2)]))


@compiled
def renew(
    guide: Bytes,
    belief: Field,
    unlike: Field,
    sure: Bytes,
    limits: tuple[real, real, real, real, real],
    row: int,
    first: int,
    last: int,
    seen: Field,
    believed: Field,
    rate: Field,
) -> None:
    """A part of a row of `open_gate`."""
    still, moved, doubt, decided, least = limits
    y, start, end = place(row), place(first), place(last)
    for x in range(start, end):
        by_picture, by_mind = (unlike[y, x] - still) / moved, (abs(belief[y, x] - believed[y, x]) - doubt) / decided
        share = min(real(1), max(least, max(by_picture, by_mind)))
        rate[y, x] = real(1) if sure[y, x] else share
    for x in range(start, end):
        believed[y, x] += (belief[y, x] - believed[y, x]) * rate[y, x]
    for k in range(3):
        for x in range(start, end):
            seen[k, y, x] += (real(guide[k, y, x]) - seen[k, y, x]) * rate[y, x]


@compiled
def take_over(
    guide: Bytes, belief: Field, row: int, first: int, last: int, seen: Field, believed: Field, rate: Field
) -> None:
    """The same where all of it is sure."""
    y, start, end = place(row), place(first), place(last)
    for x in range(start, end):
        rate[y, x] = real(1)
    for x in range(start, end):
        believed[y, x] = belief[y, x]
    for k in range(3):
        for x in range(start, end):
            seen[k, y, x] = real(guide[k, y, x])


@compiled
def settle(last: Field, rate: Field, small: Field, out: Field) -> None:
    """Brings an alpha `(h, w)` only so far from the last; within half a level of 0 or 1 it is there."""
    h, w = small.shape
    for y in range(place(h)):
        for x in range(place(w)):
            now = last[y, x] + (small[y, x] - last[y, x]) * rate[y, x]
            now = real(0) if now < real(1 / 512) else now
            out[y, x] = real(1) if now > real(1 - 1 / 512) else now


def room_for_gate(height: int, width: int) -> int:
    """How many numbers `open_gate` needs room for."""
    blocks = -(-width // BLOCK) * BLOCK
    return (height + 4) * width + 3 * (RING + 2) * (width + 2 * REACH) + height * blocks // 2


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    guide, matte, seen = np.zeros((3, 2, 2), np.uint8), np.eye(2, dtype=np.float32), np.zeros((3, 2, 2), np.float32)
    rate, room, one = np.zeros((2, 2), np.float32), np.empty(room_for_gate(2, 2), np.float32), real(1)
    limits = one, one, one, one, one
    open_gate(guide, matte, limits, (one, one), (real(0), one), seen, rate.copy(), rate, room)
    settle(matte, rate, matte, rate.copy())
