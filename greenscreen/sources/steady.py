"""A camera that may come and go, behind a stream of frames that does not."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Condition, Event, Thread
from typing import Self

from greenscreen.errors import CameraBusyError, SourceError
from greenscreen.picture.frame import Frame
from greenscreen.picture.placeholder import QUIET, placeholder
from greenscreen.sources import Camera, Source
from greenscreen.sources.trouble import silent

log = logging.getLogger(__name__)

_FIRST = 8.0  # seconds until a camera must have opened and given a frame, or failed
_LOST = 0.7  # seconds without a frame after which it is as if there were no camera
_SLOWEST = 2.0  # seconds between two frames that are still a camera's: some give one a second where it is dark
_ALONE = 10.0  # seconds since somebody took a frame, after which none need be decoded: no frame takes that long
_RETRY = 1.0  # seconds between two attempts to open
_LOOK = 0.25  # seconds between two looks whether the camera is wanted
_PATIENCE = 0.7  # seconds to wait, on leaving, for a read that is still going on


def always() -> bool:
    return True


class Steady(Source):
    """Reads a camera in a thread of its own and hands out the newest frame; those in between are dropped.

    Iterating never ends and raises nothing. While no frame comes, for `_LOST` seconds (or twice as long as the one
    before took) or because the camera is lost, busy or not wanted, there are stand-ins (`Frame.stand_in`), and the
    camera is opened again and again until it gives frames, the first of them `fresh`. While nobody takes frames, as
    while the person is hidden, none is decoded.

    `find` returns the source to open and may raise `SourceError`; `switch` names another while it runs; `wanted` says
    whether the camera should be open now; `tell` hears, in that thread, when the camera goes and comes.

    Entering waits for the first frame, or not at all if `wanted` is given. It raises what `find` and opening raise,
    except that it waits for a busy camera too. `size` and `fps` are the camera's if it is open by then; frames may
    come in other sizes when it is opened later. `dropped` counts the frames that nobody took, `message` says why there
    is no camera. Leaving ends the thread; where a read is stuck, as soon as that read ends.
    """

    live = True

    def __init__(
        self,
        name: str,
        find: Callable[[], Camera],
        size: tuple[int, int],
        fps: float,
        wanted: Callable[[], bool] | None = None,
        tell: Callable[[str], None] = log.info,
    ):
        self.name, self.size, self.fps = name, size, fps
        self.note = ""
        self.message = ""
        self.dropped = 0
        self._find, self._tell = find, tell
        self._wanted, self._waits = wanted or always, wanted is None
        self._slot: Frame | None = None
        self._error: SourceError | None = None
        self._begun = self._entered = False
        self._taken = time.perf_counter()
        self._changed = Condition()
        self._leaving = Event()
        self._thread = Thread(target=self._work, name=f"reads {name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if self._waits:
            self._await_first()
        self._entered = True
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join(_PATIENCE)

    def __iter__(self) -> Iterator[Frame]:
        # A camera of a frame a second is not lost between two of them, whether it promised that or more.
        lost = promised = max(_LOST, 2 / self.fps)
        index, patience, last = 0, lost, -math.inf
        while True:
            frame = self._take(patience)
            if frame:
                now = time.perf_counter()
                lost = max(promised, 2 * (now - last)) if now - last < _SLOWEST else promised
                last = now
            patience = lost if frame else QUIET
            if frame is None:
                frame = Frame(placeholder(*self.size), time.perf_counter(), index, stand_in=True)
            yield replace(frame, index=index)
            index += 1

    def switch(self, name: str, find: Callable[[], Camera]) -> None:
        """Goes on with another camera, under this name, after the frame that is being read."""
        with self._changed:
            self.name, self._find = name, find

    def _await_first(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._begun or self._error, _FIRST)
            if self._begun or isinstance(self._error, CameraBusyError):
                return
            error = self._error or silent(self.name)
        self.__exit__()
        raise error

    def _take(self, seconds: float) -> Frame | None:
        with self._changed:
            self._taken = math.inf  # Who waits for a frame is about to take one.
            self._changed.wait_for(lambda: self._slot is not None, seconds)
            frame, self._slot = self._slot, None
            self._taken = time.perf_counter()
            return frame

    def _alone(self) -> bool:
        """Whether frames may pass undecoded; the last one goes, as it would be an old one by the time it is taken."""
        if self._leaving.is_set() or not self._wanted():
            return False
        with self._changed:
            # Entering waits for the first.
            alone = self._begun and time.perf_counter() - self._taken > _ALONE
            if alone:
                self._slot = None
            return alone

    def _work(self) -> None:
        while not self._leaving.is_set():
            try:
                if self._wanted():
                    self._read()
                else:
                    self.message = "nobody is watching"
                    self._leaving.wait(_LOOK)
            except SourceError as error:
                self._fail(error)
            except Exception as error:
                # A thread that died would leave the person with the placeholder and without a word.
                log.exception("reading %s", self.name)
                self._fail(SourceError(f"{self.name} fails: {error}"))

    def _read(self) -> None:
        """The camera from its opening to its end; raises what it raises."""
        # Closed by the thread that reads: a camera must not be released under a read that is going on.
        find = self._find
        camera = find()
        camera.passes = lambda: self._find is find and self._alone()
        with camera as source:
            for frame in source:
                if self._leaving.is_set() or not self._wanted() or self._find is not find:
                    break
                self._put(source, frame)
        with self._changed:
            self._slot = None

    def _put(self, source: Source, frame: Frame) -> None:
        with self._changed:
            if not self._begun:
                self.name, self.note = source.name, source.note
                if self._waits and not self._error:
                    self.size, self.fps = source.size, source.fps
            if self._slot is not None:
                self.dropped += 1
                # What is dropped must not take the news of a cut with it.
                frame = replace(frame, fresh=frame.fresh or self._slot.fresh)
            self._slot, self._begun, self.message = frame, True, ""
            self._changed.notify_all()
        if self._error:
            self._error = None
            self._tell(f"{source.name} gives pictures again")

    def _fail(self, error: SourceError) -> None:
        if self._leaving.is_set():
            return
        with self._changed:
            # What entering raises needs no second word.
            told = self._entered or isinstance(error, CameraBusyError)
            news = told and (self._error is None or self._error.message != error.message)
            self._slot, self._error, self.message = None, error, error.message
            self._changed.notify_all()
        if news:
            self._tell(f"waiting: {error.message}" + (f" ({error.hint})" if error.hint else ""))
        self._leaving.wait(_RETRY)
