"""Makes a matte worth looking at: freed of strays, brought to the picture's edges, steadied, its outline as wanted.

Each step is a small piece of its own; what it adds is measured in docs/matte.md.
"""

import numpy as np

from greenscreen.picture import memory
from greenscreen.picture.frame import Alpha, Frame, Matte
from greenscreen.picture.resize import stretched
from greenscreen.picture.strips import POOL
from greenscreen.refine.cuts import Cuts
from greenscreen.refine.guided import refine_edges
from greenscreen.refine.islands import Islands
from greenscreen.refine.keying import keyed
from greenscreen.refine.limits import Edges, bounded, thresholded
from greenscreen.refine.plate import Plate
from greenscreen.refine.steady import Steady
from greenscreen.refine.taking import Taking


class Refiner:
    """Coarse mattes in, alphas at frame size out. Owns what must be remembered between frames."""

    def __init__(self, edges: Edges | None = None, *, steady: bool = True, islands: bool = True, keying: bool = True):
        """Photos, which have no past, need not be `steady`."""
        self.edges = edges or Edges()
        self._keying = keying
        self._islands = Islands() if islands else None
        self._steady = Steady() if steady else None
        self._cuts = Cuts()

    def change(self, edges: Edges) -> None:
        """From the next frame on the outline is to be so."""
        if edges != self.edges:
            self.edges = edges
            self._forget()

    def refine(self, frame: Frame, coarse: Matte) -> Alpha:
        """`coarse` is `(h, w)` float32 in [0, 1] of any size; what is not a number counts as room."""
        if self._cuts.at(frame.guide, frame.channels if frame.planar else None) or frame.fresh:
            self._forget()
        coarse = stretched(self._cleared(coarse, frame.planar), *frame.guide.shape[1::-1])
        # This needs nothing of what follows, and keeps one core busy.
        rate = POOL.submit(self._steady.rate, frame, coarse) if self._steady else None
        alpha = refine_edges(frame, coarse)
        if self._keying:
            alpha = keyed(alpha)
        if self._steady and rate:
            alpha = self._steady.steady(alpha, rate.result())
        return bounded(alpha, self.edges)

    def _cleared(self, coarse: Matte, fast: bool) -> Matte:
        # Compiled, whoever clears strays clamps in passing.
        if not (fast and self._islands and self.edges.threshold == 0.5):
            coarse = thresholded((clamped_fast if fast else clamped)(coarse), self.edges.threshold)
        return self._islands.clear(coarse, fast) if self._islands else coarse

    def _forget(self) -> None:
        if self._islands:
            self._islands.reset()
        if self._steady:
            self._steady.reset()


def clamped(matte: Matte) -> Matte:
    """A matte in [0, 1]; what is not a number becomes 0."""
    out = memory.empty(matte.shape, np.float32)
    # In this order.
    np.fmin(np.fmax(matte, np.float32(0), out=out), np.float32(1), out=out)
    return out


def clamped_fast(matte: Matte) -> Matte:
    """The same, compiled."""
    from greenscreen.refine import guided_kernels as kernels

    out = memory.empty(matte.shape, np.float32)
    kernels.clamp(np.ascontiguousarray(matte, np.float32), out)
    return out


__all__ = ["Edges", "Islands", "Plate", "Refiner", "Steady", "Taking", "keyed", "refine_edges"]
