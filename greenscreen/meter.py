"""Where the time goes: durations by stage, the rate, and how old a picture is when it leaves."""

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

_RECENT = 2.0
"""Seconds over which rate and latency are measured."""


class Meter:
    """Keeps the last durations of each stage, and counts what is sent. Used from one thread."""

    def __init__(self, keep: int = 1000):
        self.stages: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=keep))
        self.frames = 0
        self.rested = 0
        """Frames on which the network rested: nothing new was to be seen, or the machine was busy."""
        self._sent: deque[tuple[float, float | None, int]] = deque()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times what runs inside it."""
        start = time.perf_counter()
        yield
        self.stages[name].append(time.perf_counter() - start)

    def sent(self, captured: float | None) -> None:
        """Counts a picture that every sink has taken; `captured` is of `time.perf_counter`, None for files."""
        now = time.perf_counter()
        self.frames += 1
        self._sent.append((now, None if captured is None else now - captured, self.rested))
        while self._sent[0][0] < now - _RECENT:
            self._sent.popleft()

    @property
    def fps(self) -> float:
        """Recent pictures a second."""
        if len(self._sent) < 2:
            return 0.0
        return (len(self._sent) - 1) / max(1e-6, self._sent[-1][0] - self._sent[0][0])

    @property
    def resting(self) -> float:
        """Share of the recent pictures on which the network rested, in [0, 1]."""
        if len(self._sent) < 2:
            return 0.0
        return (self._sent[-1][2] - self._sent[0][2]) / (len(self._sent) - 1)

    @property
    def latency_ms(self) -> float | None:
        """Recent median milliseconds from capture to sending; None where nothing was captured."""
        latencies = [latency for _, latency, _ in self._sent if latency is not None]
        return 1e3 * median(latencies) if latencies else None

    def medians(self) -> dict[str, float]:
        """Median milliseconds by stage, in the order in which the stages first ran."""
        return {name: 1e3 * median(times) for name, times in self.stages.items()}
