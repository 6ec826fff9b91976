"""Fewer looks under load: before frames are lost, the network looks at every second one alone.

The frames between take the matte before, moved with the picture. Their edges are found in it, as in every frame, and
where it jumped, or nothing is known from before, the network looks after all.
"""

import logging
from collections import deque
from collections.abc import Callable
from statistics import median

from greenscreen.picture.frame import Frame, Matte
from greenscreen.segment.newest import soon_after

log = logging.getLogger(__name__)

TIGHT, ROOMY = 0.9, 0.65
"""Share of the time from one frame to the next that one with a look may take until looks are spared, and has to be
below until they no longer are. Far apart, so that it does not go back and forth."""
FRAMES = 30
"""Frames with a look whose median is taken: one that took long, for whatever reason, changes nothing."""

SAID = "this machine is busy: the network looks at every second frame"


class Sparing:
    """Asks `look` for every frame, or for every second and in between `carry`; both are a `Segmenter`'s.

    `carry` looks by itself where the picture jumped. Used from one thread.
    """

    def __init__(self, look: Callable[[Frame], Matte], carry: Callable[[Frame], Matte]):
        self._look, self._carry = look, carry
        self.active = False
        self._last: Frame | None = None
        self._looked = self._asked = False
        self._shares: deque[float] = deque(maxlen=FRAMES)
        self._before: float | None = None

    def segment(self, frame: Frame) -> Matte:
        """The frame's own matte, or the last frame's, moved; raises what `look` and `carry` raise."""
        last, looked = self._last, self._looked
        self._asked, self._last, self._looked = True, None, False
        spared = self.active and looked and last is not None and soon_after(frame, last)
        matte = self._carry(frame) if spared else self._look(frame)
        self._last, self._looked = frame, not spared
        return matte

    def worked(self, seconds: float, time: float) -> None:
        """Tells how long the frame just asked about took in all, and when it was captured, in seconds."""
        asked, before = self._asked, self._before
        self._asked, self._before = False, time
        # Who was hidden meanwhile, or has a camera that stood still, tells nothing of load.
        if not asked or before is None or not 0 < time - before < 1:
            return
        if self._looked:
            self._shares.append(seconds / (time - before))
        if len(self._shares) < FRAMES:
            return
        share = median(self._shares)
        if (share < ROOMY) if self.active else (share > TIGHT):
            self.active = not self.active
            self._shares.clear()
            log.info(SAID if self.active else "there is time again: the network looks at every frame")
