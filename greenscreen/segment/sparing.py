"""Fewer looks under load: before frames are lost, the network looks at every second one alone.

The frames between take the matte before. Their edges are found in the picture, as in every frame, and where the picture
jumped, or nothing is known from before, the network looks after all.
"""

import logging
from collections import deque
from collections.abc import Callable
from statistics import median

from greenscreen.frame import Frame, Matte
from greenscreen.segment.newest import follows

log = logging.getLogger(__name__)

TIGHT, ROOMY = 0.9, 0.65
"""Share of the time from one frame to the next that one with a look may take until looks are spared, and has to be
below until they no longer are. Far apart, so that it does not go back and forth."""
FRAMES = 30
"""Frames with a look whose median is taken: one that took long, for whatever reason, changes nothing."""

SAID = "this machine is busy: the network looks at every second frame"


class Sparing:
    """Asks `look`, such as `Segmenter.segment`, for every frame or for every second. Used from one thread."""

    def __init__(self, look: Callable[[Frame], Matte]):
        self._look = look
        self.active = False
        self.spared = 0
        """Frames for which the network was not asked, since the start."""
        self._found: tuple[Frame, Matte] | None = None
        self._looked = self._asked = False
        self._shares: deque[float] = deque(maxlen=FRAMES)
        self._before: float | None = None

    def segment(self, frame: Frame) -> Matte:
        """The frame's own matte, or the last frame's; raises what `look` raises."""
        self._asked = True
        if self.active and self._looked and self._found and follows(frame, self._found[0]):
            self._looked = False
            self.spared += 1
            return self._found[1]
        self._found, self._looked = None, False
        matte = self._look(frame)
        self._found, self._looked = (frame, matte), True
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
