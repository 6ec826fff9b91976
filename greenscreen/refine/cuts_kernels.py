"""The blocks by which cuts are seen, compiled. They are found by cuts.py in OpenCV until these are ready."""

import numpy as np
from numpy import float32 as real

from greenscreen.compiled.loops import Bytes, compiled, place
from greenscreen.picture.band import Field


@compiled
def shrink(plane: Bytes, out: Field) -> None:
    """The means of a plane's blocks, as many as `out` has places, of every second row."""
    h, w = plane.shape
    rows, columns, sums = len(out), out.shape[1], np.empty(w, np.int32)
    for row in range(rows):
        top, end = row * h // rows, max((row + 1) * h // rows, row * h // rows + 1)
        sums[:] = 0
        for line in range(top, end, 2):
            y = place(line)
            for x in range(place(w)):
                sums[x] += np.int32(plane[y, x])
        for column in range(columns):
            left, right = column * w // columns, max((column + 1) * w // columns, column * w // columns + 1)
            total = np.int32(0)
            for x in range(place(left), place(right)):
                total += sums[x]
            out[row, column] = real(total) / real((end - top + 1) // 2 * (right - left))


def warm_up() -> None:
    """Calls it, which is what compiles it, or loads what was compiled before."""
    shrink(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.float32))
