"""Memory that frames are made in, kept between them."""

import ctypes
from contextlib import suppress
from functools import cache

# From glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_NEVER = 1 << 30  # bytes


@cache
def keep_memory() -> None:
    """Asks the C library not to give memory back to the system between two frames, where it is glibc.

    Otherwise every large array is new memory each time, which the system must clear page by page: a third of all the
    work at 1080p with blur. What the process holds does not grow by it, as the next frame needs the same again.
    """
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _NEVER)
        library.mallopt(_TRIM_THRESHOLD, _NEVER)
