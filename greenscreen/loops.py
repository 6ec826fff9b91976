"""What compiled loops are made of: Numba's compiler as they all use it, and sums over windows of seven by seven.

Compiled once for a machine, then kept beside the source. Loops let go of the interpreter's lock, so that two threads
can share a picture. Rows are contiguous and each loop does one simple thing with few of them, as that is what the
compiler turns into vector instructions.
"""

import numba
import numpy as np
from numpy import float32 as real
from numpy.typing import NDArray

from greenscreen.band import Field

Bytes = NDArray[np.uint8]

REACH = 3
"""Half-width of a window."""
SIZE = (2 * REACH + 1) ** 2

compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})


@compiled
def mirrored(i: int, count: int) -> int:
    """An index beyond the border as one within, the border itself not repeated."""
    if count == 1:
        return 0
    while i < 0 or i >= count:
        i = -i if i < 0 else 2 * count - 2 - i
    return i


@compiled
def mirror(row: Field) -> None:
    """Fills the first and last `REACH` places of a row with what lies between them, mirrored."""
    width = row.size - 2 * REACH
    for x in range(REACH):
        row[x] = row[REACH + mirrored(x - REACH, width)]
        row[REACH + width + x] = row[REACH + mirrored(width + x, width)]


@compiled
def sum_rows(rows: Field, y: int, out: Field) -> None:
    """The sum of row `y` of `(h, n)` and of the three above and below it, mirrored at the border."""
    h = len(rows)
    a, b, c = rows[mirrored(y - 3, h)], rows[mirrored(y - 2, h)], rows[mirrored(y - 1, h)]
    e, f, g = rows[mirrored(y + 1, h)], rows[mirrored(y + 2, h)], rows[mirrored(y + 3, h)]
    d = rows[y]
    for x in range(out.size):
        out[x] = (a[x] + b[x]) + (c[x] + d[x]) + (e[x] + f[x]) + g[x]


@compiled
def sum_across(row: Field, share: real, out: Field) -> None:
    """`share` of the sum of each seven neighbours: `(n + 6,)` to `(n,)`."""
    for x in range(out.size):
        out[x] = ((row[x] + row[x + 1]) + (row[x + 2] + row[x + 3]) + (row[x + 4] + row[x + 5]) + row[x + 6]) * share
