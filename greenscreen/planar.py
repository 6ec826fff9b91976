"""Live frames go on as I420 as soon as the compiled loops are ready; until then they stay BGR, which looks the same.

Compiling takes some seconds, the first time on a machine; later it is a matter of loading. Nobody waits for either.
"""

import logging
from dataclasses import replace
from functools import cache
from threading import Event, Thread

from greenscreen.frame import Frame
from greenscreen.memory import keep_memory

log = logging.getLogger(__name__)


class Planar:
    """Turns frames into I420 once that is worth it."""

    def __init__(self) -> None:
        keep_memory()
        self._ready = ready()

    def __call__(self, frame: Frame) -> Frame:
        """The frame as I420, or as BGR: while it is too early, or where I420 would lose an odd row or column."""
        if not self._ready.is_set():
            return replace(frame, pixels=frame.image) if frame.planar else frame
        return frame.as_planar() if frame.size[0] % 2 == frame.size[1] % 2 == 0 else frame

    def wait(self, seconds: float = 180) -> bool:
        """Whether the loops are ready, at the latest after this time."""
        return self._ready.wait(seconds)


@cache
def ready() -> Event:
    """Set once the loops are ready. The first to ask has them made, aside."""
    event = Event()
    Thread(target=_prepare, args=(event,), name="compile", daemon=True).start()
    return event


def _prepare(event: Event) -> None:
    try:
        from greenscreen import kernels, soft
        from greenscreen.refine import islands_kernels, keying_kernels
        from greenscreen.refine import kernels as refine_kernels
        from greenscreen.segment import blocks

        # Calling them is what compiles them, or loads what was compiled before.
        for loops in (refine_kernels, islands_kernels, keying_kernels, soft, kernels, blocks):
            loops.warm_up()
    except Exception as error:
        # Whatever keeps a compiler from working here, there is a way without it.
        log.warning("live pictures are slower than they could be: the compiled loops cannot be had (%s)", error)
    else:
        event.set()
