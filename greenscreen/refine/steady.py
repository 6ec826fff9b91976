"""Steadies alphas over time: still where nothing moves, instant where something does.

What flickers in a matte is less the network than the picture's own noise, which the guided filter carries into every
edge. So it is the alpha at full size that is held, and the picture that says when to let go: a place is open as soon as
it looks unlike it did when its alpha was last taken over. Slow motion adds up until it counts; motion as such is never
averaged over. That is the one-euro filter's idea (Casiez et al., CHI 2012), with the picture as the sign of speed.
"""

from dataclasses import replace

import cv2
import numpy as np

from greenscreen.band import Field
from greenscreen.frame import Alpha, Image, Matte, Past

RATE = 0.05
"""How much of a new alpha counts where nothing moves: noise of a second or so is averaged."""
STILL, MOVED = 2.0, 4.0
"""Difference of a place's mean colour, of 255, up to which it stands still, and how much further it has moved for sure.
The first is more where the picture is noisier: twice the median difference."""
NOISIEST = 2.5
"""Median difference above which it is no longer noise but a camera that moves."""
REACH = 3
"""Half-width of a place, in pixels of the guide."""
DOUBT, DECIDED = 0.2, 0.5
"""Change of the network's mind that begins to open a place whatever the picture says, and that opens it wide."""


class Gate:
    """Says of each place how much of its new alpha counts. Remembers what places looked like."""

    def __init__(self) -> None:
        self._seen: Field | None = None
        self._believed: Matte | None = None

    def open(self, guide: Image, coarse: Matte) -> Field:
        """`(h, w)` in [RATE, 1], of the guide's size, `(h, w, 3)`; 1 everywhere at first and when that size changes.

        `coarse` is the network's matte, of any size.
        """
        now = guide.astype(np.float32)
        belief = np.asarray(cv2.resize(coarse, now.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        if self._seen is None or self._believed is None or self._seen.shape != now.shape:
            self._seen, self._believed = now, belief
            return np.ones(belief.shape, np.float32)
        size = (2 * REACH + 1, 2 * REACH + 1)
        # Where a thing leaves, there is no edge of it any more, but there was: hence the dilation.
        blue, green, red = cv2.split(np.abs(cv2.blur(now - self._seen, size)))
        unlike = cv2.dilate(cv2.max(cv2.max(blue, green), red), np.ones((3, 3), np.uint8))
        # Every third place of each direction: a median of some thousands is as good.
        still = max(STILL, 2 * min(NOISIEST, float(np.median(unlike[::3, ::3]))))
        moved = (unlike - np.float32(still)) * np.float32(1 / MOVED)
        decided = (np.abs(belief - self._believed) - DOUBT) * np.float32(1 / (DECIDED - DOUBT))
        rate: Field = np.clip(np.maximum(moved, decided), RATE, 1).astype(np.float32)
        self._seen += (now - self._seen) * rate[..., None]
        self._believed += (belief - self._believed) * rate
        return rate

    def reset(self) -> None:
        self._seen = self._believed = None


class Steady:
    """Gives alphas their past. One frame's picture size after the other's starts afresh."""

    def __init__(self) -> None:
        self._gate = Gate()
        self._last: Alpha | None = None

    def steady(self, alpha: Alpha, coarse: Matte) -> Alpha:
        """The alpha, held where nothing moves; `coarse` is the network's matte, of any size."""
        rate = self._gate.open(alpha.frame.guide, coarse)
        size, last = alpha.frame.size[::-1], self._last
        if last is None or last.past is None or last.past.after.shape != size:
            past = Past(np.ones_like(rate), alpha.kind, *np.zeros((2, *size), np.float32))
            small = alpha.small
        else:
            past = Past(rate, last.kind, last.past.after, last.past.before)
            small = _settled(last.small + (alpha.small - last.small) * rate)
        self._last = replace(alpha, small=small, past=past)
        return self._last

    def reset(self) -> None:
        self._gate.reset()
        self._last = None


def _settled(small: Matte) -> Matte:
    """What has come within half a level of 0 or 1 is there, so that it leaves the unknown band."""
    small[small < 1 / 512] = 0
    small[small > 1 - 1 / 512] = 1
    return small
