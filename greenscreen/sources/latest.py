"""The newest frame of a live source, whoever is slow."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Condition, Thread
from types import TracebackType
from typing import Self

from greenscreen.frame import Frame
from greenscreen.sources import Source

_PATIENCE = 2.0  # seconds to wait, on leaving, for a read that is still going on


class Latest:
    """Reads a live source in a thread of its own and hands out the newest frame; those in between are dropped.

    Iterating waits for a frame that was not handed out yet, and raises what the source raised. `dropped` counts the
    frames that nobody took; `note` is the source's own. Leaving the `with` block stops the thread; where a read is
    stuck, the thread ends, and closes the source, as soon as that read does.
    """

    live = True

    def __init__(self, source: Source):
        self.name = source.name
        self.size = source.size
        self.fps = source.fps
        self.note = ""
        self.dropped = 0
        self._source = source
        self._slot: Frame | None = None
        self._error: Exception | None = None
        self._ended = False
        self._leaving = False
        self._changed = Condition()
        self._thread = Thread(target=self._read, name=f"reads {source.name}", daemon=True)

    def __enter__(self) -> Self:
        source = self._source.__enter__()
        self.name, self.size, self.fps = source.name, source.size, source.fps
        self.note = getattr(source, "note", "")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        self._thread.join(_PATIENCE)

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self._take()) is not None:
            yield frame

    def _take(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._slot is not None or self._ended)
            frame, self._slot = self._slot, None
            if frame is None and self._error is not None:
                raise self._error
            return frame

    def _read(self) -> None:
        try:
            with ExitStack() as closing:
                # Closed by the thread that reads: a camera must not be released under a read that is going on.
                closing.push(self._source)
                for frame in self._source:
                    if self._leaving:
                        break
                    self._put(frame)
        except Exception as error:
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _put(self, frame: Frame) -> None:
        with self._changed:
            if self._slot is not None:
                self.dropped += 1
                # What is dropped must not take the news of a cut with it.
                frame = dataclasses.replace(frame, fresh=frame.fresh or self._slot.fresh)
            self._slot = frame
            self._changed.notify()
