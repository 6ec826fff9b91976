"""What compiled loops are made of: Numba's compiler as they all use it, and windows of seven by seven.

Compiled once for a machine, then kept beside the source. Loops let go of the interpreter's lock, so that two threads
can share a picture. Rows are contiguous and each loop does one simple thing with few of them, as that is what the
compiler turns into vector instructions.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from greenscreen.band import Field

Bytes = NDArray[np.uint8]

REACH = 3
"""Half-width of a window."""
SIZE = (2 * REACH + 1) ** 2

place = np.uintp
"""An index in a loop: unsigned, so that the compiler need not think of those that count from the end."""

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
