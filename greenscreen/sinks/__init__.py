"""Where pictures go: virtual camera, window, video file, nowhere."""

from typing import Protocol, Self

from greenscreen.picture.frame import Picture


class Sink(Protocol):
    """Takes pictures, all of one size, in order.

    The pipeline enters it once with the size and rate it was made with, calls `send` once a frame from one thread, and
    leaves it once, also after an error. Entering and `send` raise `SinkError`. `send` returns false when the person
    closed the sink and wants the whole run to end.
    """

    name: str

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: object, error: object, trace: object) -> None: ...

    def send(self, picture: Picture) -> bool: ...
