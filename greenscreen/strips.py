"""Work on a picture, shared between threads: it is cut into parts, and whoever has time takes the next."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

STRIPS = 4
"""How many parts a picture is worked on in side by side; more than two, as most have more edges below than above."""
# One thread less than there are cores: whoever hands work over does some of it.
HANDS = max(1, min(STRIPS, os.cpu_count() or 1) - 1)
POOL = ThreadPoolExecutor(HANDS, "strips")


def in_strips(rows: int, work: Callable[[int, int], None]) -> None:
    """Has `work` done from row to row, by whoever has time."""
    # Those from below come first, as they take longest.
    cuts = [rows * index // STRIPS for index in range(STRIPS + 1)]
    share(lambda a=a, b=b: work(a, b) for a, b in zip(cuts[-2::-1], cuts[:0:-1], strict=True))  # type: ignore[misc]


def share(parts: Iterable[Callable[[], None]]) -> None:
    """Has all of them done, begun in this order, by whoever has time."""
    # Whoever takes one of these has it for themselves.
    left = iter(list(parts))

    def some() -> None:
        for part in left:
            part()

    others = [POOL.submit(some) for _ in range(HANDS)]
    some()
    # This thread may be one of the pool's: were all of them to wait for work not begun, they would wait for ever.
    for other in others:
        if not other.cancel():
            other.result()
