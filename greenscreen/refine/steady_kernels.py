"""The gate and the alphas it holds, compiled. They equal steady.py in NumPy and OpenCV, which stands in until these are
ready.
"""

import numpy as np
from numpy import float32 as real

from greenscreen.band import Field
from greenscreen.loops import REACH, SIZE, Bytes, compiled, mirror, number, place
from greenscreen.refine.steady import SAMPLED
from greenscreen.refine.windows import BLOCK, Mask, around, end_of, find_sure, open_blocks, sum_windows, whole


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
    b, c = a + h * w, a + 2 * h * w
    d, e = c + h * 3 * wide, c + (h + 2) * 3 * wide
    unlike, worst = room[a:b].reshape(h, w), room[b:c].reshape(h, w)
    change, sums = room[c:d].reshape(h, 3, wide), room[d:e].reshape(2, 3, wide)
    sure = find_sure(belief, certain[0], certain[1], room[:a].view(np.uint8))
    ask = open_blocks(sure)
    sample = h // 2 % SAMPLED
    ask[sample::SAMPLED] = True
    find_unlike(guide, seen, ask, change, sums, worst, unlike)
    still, moved, doubt, decided, least = limits
    still = max(still, quiet[0] * min(quiet[1], real(np.median(unlike[sample::SAMPLED, ::3]))))
    for y in range(h):
        renew(guide, belief, unlike, sure, (still, moved, doubt, decided, least), y, seen, believed, rate)


@compiled
def find_unlike(guide: Bytes, seen: Field, ask: Mask, change: Field, sums: Field, worst: Field, out: Field) -> None:
    """How far each place's mean colour is from what it was, `(3, h, w)`: the greatest of the channels.

    And of the places around, as where a thing leaves there is no edge of it any more, but there was. `out` is `(h, w)`
    and found in the blocks `ask`, else 0; `change`, `sums` and `worst` are room.
    """
    h, w = out.shape
    worst[:] = out[:] = real(0)
    for y in range(h):
        for k in range(3):
            for x in range(place(w)):
                change[y, k, x + place(REACH)] = real(guide[k, y, x]) - seen[k, y, x]
            mirror(change[y, k])
    wanted, total, mean = around(ask, number(1)), sums[0], sums[1]
    for y in range(h):
        block = number(0)
        while block < wanted.shape[1]:
            first, block = block, end_of(wanted, y, block)
            start, end = first * BLOCK, min(block * BLOCK, w)
            if wanted[y, first]:
                sum_windows(change, y, start, end, total, mean)
                for x in range(place(start), place(end)):
                    worst[y, x] = max(abs(mean[0, x]), max(abs(mean[1, x]), abs(mean[2, x]))) * real(1 / SIZE)
    row = np.empty(w + 2, np.float32)
    for y in range(h):
        above, below, block = max(y - 1, 0), min(y + 1, h - 1), number(0)
        while block < ask.shape[1]:
            first, block = block, end_of(ask, y, block)
            start, end = max(first * BLOCK - 1, 0), min(block * BLOCK + 1, w)
            if ask[y, first]:
                for x in range(place(start), place(end)):
                    row[x + place(1)] = max(worst[y, x], max(worst[above, x], worst[below, x]))
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
    y: int,
    seen: Field,
    believed: Field,
    rate: Field,
) -> None:
    """One row of `open_gate`."""
    still, moved, doubt, decided, least = limits
    for x in range(rate.shape[1]):
        by_picture, by_mind = (unlike[y, x] - still) / moved, (abs(belief[y, x] - believed[y, x]) - doubt) / decided
        share = min(real(1), max(least, max(by_picture, by_mind)))
        rate[y, x] = real(1) if sure[y, x] else share
    for x in range(rate.shape[1]):
        believed[y, x] += (belief[y, x] - believed[y, x]) * rate[y, x]
    for k in range(3):
        for x in range(rate.shape[1]):
            seen[k, y, x] += (real(guide[k, y, x]) - seen[k, y, x]) * rate[y, x]


@compiled
def settle(last: Field, rate: Field, small: Field) -> None:
    """Brings an alpha `(h, w)` only so far from the last; within half a level of 0 or 1 it is there."""
    h, w = small.shape
    for y in range(h):
        for x in range(w):
            now = last[y, x] + (small[y, x] - last[y, x]) * rate[y, x]
            now = real(0) if now < real(1 / 512) else now
            small[y, x] = real(1) if now > real(1 - 1 / 512) else now


def room_for_gate(height: int, width: int) -> int:
    """How many numbers `open_gate` needs room for."""
    blocks = -(-width // BLOCK) * BLOCK
    return 2 * height * width + 3 * (height + 2) * (width + 2 * REACH) + height * blocks // 2


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    guide, matte, seen = np.zeros((3, 2, 2), np.uint8), np.eye(2, dtype=np.float32), np.zeros((3, 2, 2), np.float32)
    rate, room, one = np.zeros((2, 2), np.float32), np.empty(room_for_gate(2, 2), np.float32), real(1)
    limits = one, one, one, one, one
    open_gate(guide, matte, limits, (one, one), (real(0), one), seen, rate.copy(), rate, room)
    settle(matte, rate, rate.copy())
