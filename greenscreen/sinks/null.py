"""Nowhere: for benchmarks, and for tests that need a sink but no file, window or device."""

from typing import Self

from greenscreen.picture.frame import Picture


class NullSink:
    """Counts pictures and forgets them."""

    name = "nowhere"

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, picture: Picture) -> bool:
        self.count += 1
        return True
