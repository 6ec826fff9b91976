"""Mattes that nobody waits for: the network looks at the newest frame beside the loop, which takes what is there.

So the network never delays a picture, but the matte is a frame or more older. Where the person moved since, it goes
along, once the loops that follow motion are compiled. After a cut or a pause, from which no matte can be taken over,
the picture waits for its own.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from greenscreen.picture.frame import Frame, Matte
from greenscreen.segment.motion import Motion
from greenscreen.segment.segmenter import network_input
from greenscreen.segment.stillness import blocks_of, has_jumped

OLDEST = 0.2
"""Seconds that a matte may be older than the frame it is used for."""

Look = Callable[[Frame], Matte]
Found = tuple[Frame, Matte]


class Newest:
    """Asks `look`, such as `Segmenter.segment`, in a thread of its own, for one frame at a time. Close it when done."""

    def __init__(self, look: Look):
        self._look = look
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="segment")
        self._coming: Future[Found] | None = None
        self._found: Found | None = None
        self._motion = Motion()

    def segment(self, frame: Frame) -> Matte:
        """The newest matte there is, of this frame or of one shortly before; raises what `look` raises."""
        if self._coming and self._coming.done():
            done, self._coming, self._found = self._coming, None, None
            self._found = done.result()
            self._set_out(*self._found)
        if self._found is None or not follows(frame, self._found[0]):
            return self._wait(frame)
        self._coming = self._coming or self._hand.submit(self._ask, frame)
        return self._brought(frame, self._found[1])

    def close(self) -> None:
        self._hand.shutdown(cancel_futures=True)

    def _wait(self, frame: Frame) -> Matte:
        """The frame's own matte. What is being looked for comes to its end first, and is of no use any more."""
        self._found = self._coming = None
        self._found = self._hand.submit(self._ask, frame).result()
        self._set_out(*self._found)
        return self._found[1]

    def _set_out(self, frame: Frame, matte: Matte) -> None:
        """From now on, this matte of this frame is what is brought along."""
        self._motion.reset()
        if frame.planar:
            self._motion.bring(network_input(frame, *matte.shape[::-1]))
            self._motion.keep(matte)

    def _brought(self, frame: Frame, matte: Matte) -> Matte:
        """The matte that was set out with, moved to where its parts are now."""
        if not frame.planar:
            return matte
        self._motion.bring(network_input(frame, *matte.shape[::-1]))
        carried = self._motion.carry()
        return matte if carried is None else carried

    def _ask(self, frame: Frame) -> Found:
        return frame, self._look(frame)


def follows(frame: Frame, before: Frame) -> bool:
    """Whether a frame shows what the one before did, so that its matte is of use."""
    return soon_after(frame, before) and not has_jumped(blocks_of(frame.guide), blocks_of(before.guide))


def soon_after(frame: Frame, before: Frame) -> bool:
    """Whether a frame is of the same stream and shape as the one before, without a pause."""
    return not frame.fresh and frame.size == before.size and 0 <= frame.time - before.time <= OLDEST
