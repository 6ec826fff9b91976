"""Light wrap's loops, compiled: the backdrop's light on the person, found on half the guide.

They find what light.py finds for photos, but for rounding.
"""

import math

import numpy as np
from numpy import float32 as real

from greenscreen.compiled.loops import Bytes, compiled, place
from greenscreen.composite.soft import add_rows
from greenscreen.picture.band import Field
from greenscreen.picture.colour import TO_YUV

REACH = 2
"""Half-width of the window that the person's colour is looked for in."""
FEW = real(0.1)
"""Of a window's weights, 81 together, those that are too few to know a colour by."""
DARK = real(1e-4)
"""Linear light that changes nothing."""


@compiled
def shine(
    linear: Field,
    strength: float,
    taps: Field,
    colour: Bytes,
    alpha: Field,
    tables: tuple[Field, Field],
    to_yuv: Field,
    across: Field,
    kind: Bytes,
    out: Field,
) -> None:
    """What a backdrop's light adds to the person's Y, U and V, `(h, w, 3)`: see light.wrapped_light.

    `linear` `(3, h, w)` is the backdrop's light, of which so much falls, blurred by the weights `taps`. `colour`
    `(h, w, 3)` BGR and `alpha` `(h, w)` are the picture's. `tables` are light.py's LINEAR and ENCODED, `to_yuv` is
    `(3, 4)`, see colour.py; `across` is room, `(h, 3, w)`. Of `kind`, which is larger, 1 becomes 3 where light falls.
    """
    (h, w), (high, wide), (to_linear, encoded) = alpha.shape, kind.shape, tables
    blur_across(linear, strength, taps, alpha, across)
    light, own, added = np.empty((3, w), np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    most = real(encoded.size - 1)
    for y in range(h):
        light[:] = real(0)
        for n in range(taps.size):
            add_line(across, min(max(y + n - taps.size // 2, 0), h - 1), taps[n], light)
        for x in range(w):
            # The person's alone is lit, and away from the edge no light comes.
            if alpha[y, x] == real(0) or light[0, x] + light[1, x] + light[2, x] <= DARK:
                out[y, x, 0] = out[y, x, 1] = out[y, x, 2] = real(0)
                continue
            find_person(colour, alpha, y, x, own)
            for c in range(3):
                # In this order, so that what is not a number is 0, and no place outside of the tables.
                before = to_linear[int(min(real(255), max(real(0), own[c])) + real(0.5))]
                lit = before + light[c, x] * (real(1) - before)
                at = math.sqrt(min(real(1), max(real(0), lit)))
                added[c] = max(real(0), encoded[int(at * most + real(0.5))] - own[c])
            for k in range(3):
                out[y, x, k] = added[0] * to_yuv[k, 0] + added[1] * to_yuv[k, 1] + added[2] * to_yuv[k, 2]
            for j in range(-(-y * high // h), -(-(y + 1) * high // h)):
                for i in range(-(-x * wide // w), -(-(x + 1) * wide // w)):
                    if kind[j, i] == 1:
                        kind[j, i] = 3


@compiled
def blur_across(linear: Field, strength: float, taps: Field, alpha: Field, out: Field) -> None:
    """So much of the light that is seen, blurred along rows: `(h, 3, w)`."""
    (h, w), reach = alpha.shape, taps.size // 2
    row, room = np.empty((3, w + 2 * reach), np.float32), np.empty(w, np.float32)
    out[:] = real(0)
    for y in range(h):
        for x in range(place(w)):
            room[x] = (real(1) - alpha[place(y), x]) * real(strength)
        for k in range(3):
            for x in range(place(w)):
                row[k, x + place(reach)] = linear[k, place(y), x] * room[x]
            row[k, :reach], row[k, reach + w :] = row[k, reach], row[k, reach + w - 1]
        for n in range(reach):
            add_rows(row, n, 2 * reach - n, taps[n], out, y)
        add_rows(row, reach, reach, taps[reach] / real(2), out, y)


@compiled
def add_line(lines: Field, y: int, weight: real, out: Field) -> None:
    """Adds one of `lines` `(h, 3, w)`, weighted."""
    j = place(y)
    for k in range(place(3)):
        for x in range(place(out.shape[1])):
            out[k, x] += lines[j, k, x] * weight


@compiled
def find_person(colour: Bytes, alpha: Field, y: int, x: int, out: Field) -> None:
    """The person's colour around a place: a mean weighted by alpha, and by nearness as a stack blur does it."""
    h, w = alpha.shape
    b = g = r = ab = ag = ar = whole = real(0)
    for n in range(-REACH, REACH + 1):
        j = place(min(max(y + n, 0), h - 1))
        for m in range(-REACH, REACH + 1):
            i, near = place(min(max(x + m, 0), w - 1)), real((REACH + 1 - abs(n)) * (REACH + 1 - abs(m)))
            blue, green, red = real(colour[j, i, 0]) * near, real(colour[j, i, 1]) * near, real(colour[j, i, 2]) * near
            a = alpha[j, i]
            b, g, r, whole = b + blue, g + green, r + red, whole + a * near
            ab, ag, ar = ab + a * blue, ag + a * green, ar + a * red
    # Where there is next to nothing of the person, the mean of all stands in.
    some, share = FEW / real((REACH + 1) ** 4), real(1) / (whole + FEW)
    out[0], out[1], out[2] = (ab + some * b) * share, (ag + some * g) * share, (ar + some * r) * share


def warm_up() -> None:
    """Calls them all, which is what compiles them, or loads what was compiled before."""
    colour, alpha, taps = np.zeros((2, 2, 3), np.uint8), np.eye(2, dtype=np.float32), np.ones(3, np.float32)
    linear, across, table = np.ones((3, 2, 2), np.float32), np.zeros((2, 3, 2), np.float32), np.zeros(256, np.float32)
    kind, out = np.ones((4, 4), np.uint8), np.empty((2, 2, 3), np.float32)
    shine(linear, 1.0, taps, colour, alpha, (table, table), TO_YUV, across, kind, out)
