"""Work on a picture, shared between threads: it is cut into strips, and whichever thread has time takes the next."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

STRIPS = 4
"""How many strips a picture is cut into; more than two, as most pictures have more edges below than above."""
# One thread less than there are cores: whoever hands work over does some of it.
HANDS = max(1, min(STRIPS, os.cpu_count() or 1) - 1)
POOL = ThreadPoolExecutor(HANDS, "strips")


def in_strips(rows: int, work: Callable[[int, int], None]) -> None:
    """Has `work(first, last)` done for all rows, by whichever threads have time."""
    beside(rows, work, lambda: None)


def beside(rows: int, work: Callable[[int, int], None], other: Callable[[], Result]) -> Result:
    """The same beside `other` work, which the caller does first; returns what that returns."""
    # Whoever takes one of these has it for themselves. Those from below come first, as they take longest.
    parts = iter([(rows * index // STRIPS, rows * (index + 1) // STRIPS) for index in reversed(range(STRIPS))])

    def some() -> None:
        for part in parts:
            work(*part)

    others = [POOL.submit(some) for _ in range(HANDS)]
    result = other()
    some()
    # This thread may be one of the pool's: were all of them to wait for work not begun, they would wait for ever.
    for hand in others:
        if not hand.cancel():
            hand.result()
    return result
