"""Where the time goes: durations by stage, for the summary, the bench and the preview."""

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median


class Meter:
    """Keeps the last durations of each stage. Used from one thread."""

    def __init__(self, keep: int = 1000):
        self.stages: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=keep))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times what runs inside it."""
        start = time.perf_counter()
        yield
        self.stages[name].append(time.perf_counter() - start)

    def medians(self) -> dict[str, float]:
        """Median milliseconds by stage, in the order in which the stages first ran."""
        return {name: 1e3 * median(times) for name, times in self.stages.items()}
