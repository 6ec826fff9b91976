"""Makes a matte worth looking at: steadied over time, and brought to the picture's own edges."""

from greenscreen.frame import Alpha, Frame, Matte
from greenscreen.refine.guided import refine_edges
from greenscreen.refine.temporal import TemporalSmoother


class Refiner:
    """Coarse mattes in, alphas at frame size out. Owns what must be remembered between frames."""

    def __init__(self, steady: bool = True):
        self._smoother = TemporalSmoother() if steady else None

    def refine(self, frame: Frame, coarse: Matte) -> Alpha:
        """`coarse` is `(h, w)` float32 in [0, 1] of any size; the alpha has the frame's."""
        if self._smoother:
            if frame.fresh:
                self._smoother.reset()
            coarse = self._smoother.smooth(coarse)
        return refine_edges(frame, coarse)


__all__ = ["Refiner", "TemporalSmoother", "refine_edges"]
