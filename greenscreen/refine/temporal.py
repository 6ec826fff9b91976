"""Steadies coarse mattes over time: still where nothing changes, instant where something does."""

import numpy as np

from greenscreen.frame import Matte


class TemporalSmoother:
    """An exponential average whose rate grows with the change, per pixel.

    The one-euro filter's idea (Casiez et al., CHI 2012): noise is slow and small, motion is fast and large. Changes up
    to `noise` are averaged at `rate`; from `motion` on the new value counts in full, so nothing trails behind.
    """

    def __init__(self, rate: float = 0.25, noise: float = 0.05, motion: float = 0.35):
        self.rate, self.noise, self.motion = rate, noise, motion
        self._last: Matte | None = None

    def smooth(self, matte: Matte) -> Matte:
        """`(h, w)` float32 in [0, 1] to the same; a changed size starts afresh."""
        if self._last is None or self._last.shape != matte.shape:
            self._last = matte.copy()
            return self._last
        change = matte - self._last
        speed = np.clip((np.abs(change) - self.noise) * (1 / (self.motion - self.noise)), 0, 1)
        self._last += change * (self.rate + (1 - self.rate) * speed)
        return self._last

    def reset(self) -> None:
        self._last = None
