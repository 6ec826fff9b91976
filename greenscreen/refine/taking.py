"""Takes the clean plate: waits for an empty room, and films it."""

import numpy as np

from greenscreen.picture.frame import Image, Matte
from greenscreen.refine.plate import Plate, blurred

EMPTY = 0.01
"""Share of the picture that may look like a person to the network when nobody is there."""
STIRRED, STIR = 12.0, 0.02
"""Difference of a place, of 255, that counts as motion, and the share of the picture that may move: a clock, a curtain,
but nobody whom the network fails to see."""
ASIDE = 2.0
"""Seconds that the room is filmed."""
EVERY = 0.1
"""Seconds between two of its pictures."""
PATIENCE = 30.0
"""Seconds to wait until somebody steps aside."""


class Taking:
    """Waits until nobody has been in the picture for two seconds, and makes a plate of what was seen meanwhile."""

    def __init__(self) -> None:
        self._begun: float | None = None
        self._pictures: list[tuple[float, Image]] = []
        self.given_up = False
        """Whether it waited too long; nothing will come of it."""

    def look(self, guide: Image, coarse: Matte, time: float) -> Plate | None:
        """One frame's guide `(h, w, 3)`, matte and time in seconds; the plate when there is one."""
        self._begun = time if self._begun is None else self._begun
        self.given_up = time - self._begun > PATIENCE
        if not self._empty(guide, coarse):
            self._pictures.clear()
        elif not self._pictures or time - self._pictures[-1][0] >= EVERY:
            self._pictures.append((time, guide))
        if not self._pictures or time - self._pictures[0][0] < ASIDE:
            return None
        return Plate([picture for _, picture in self._pictures])

    def _empty(self, guide: Image, coarse: Matte) -> bool:
        # Put so that what is not a number counts as somebody.
        if not float((coarse > 0.5).mean()) + float(np.isnan(coarse).mean()) < EMPTY:
            return False
        first = self._pictures[0][1] if self._pictures else guide
        if first.shape != guide.shape:
            return False
        return bool((np.abs(blurred(guide) - blurred(first)).max(0) > STIRRED).mean() < STIR)
