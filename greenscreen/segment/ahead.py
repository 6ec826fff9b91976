"""Mattes of files, in which the next frame is there already: the network looks at it while the last is composited.

Every frame gets its own matte, the same as without; only the two cores are busy at once.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from greenscreen.picture.frame import Frame, Matte

Look = Callable[[Frame], Matte]


class Ahead:
    """Asks `look`, such as `Segmenter.segment`, in a thread of its own, one frame ahead. Close it when done."""

    def __init__(self, look: Look):
        self._look = look
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="segment")
        self._coming: dict[int, Future[Matte]] = {}

    def frames(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames; each is handed on once the one after it has been read."""
        last: Frame | None = None
        for frame in frames:
            self._coming[frame.index] = self._hand.submit(self._look, frame)
            if last:
                yield last
            last = frame
        if last:
            yield last

    def segment(self, frame: Frame) -> Matte:
        """The matte of a frame that `frames` has handed on; raises what `look` raises."""
        return self._coming.pop(frame.index).result()

    def close(self) -> None:
        self._hand.shutdown(cancel_futures=True)
