"""Steadies alphas over time: still where nothing moves, instant where something does.

What flickers in a matte is less the network than the picture's own noise, which the guided filter carries into every
edge. So it is the alpha at full size that is held, and the picture that says when to let go: a place is open as soon as
it looks unlike it did when its alpha was last taken over. Slow motion adds up until it counts; motion as such is never
averaged over. That is the one-euro filter's idea (Casiez et al., CHI 2012), with the picture as the sign of speed.
Only edges flicker, so only they are held: where the network is certain all around, there is nothing to hold but ghosts.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from greenscreen.picture import memory
from greenscreen.picture.band import Field
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Alpha, Frame, Image, Matte, Past
from greenscreen.picture.resize import stretched

RATE = 0.05
"""How much of a new alpha counts where nothing moves: noise of a second or so is averaged."""
STILL, MOVED = 2.0, 4.0
"""Difference of a place's mean colour, of 255, up to which it stands still, and how much further it has moved for sure.
The first is more where the picture is noisier."""
QUIET, NOISIEST = 2.0, 2.5
"""How many times the median difference that is, and the median above which it is no longer noise but a camera that
moves."""
SAMPLED = 18
"""That median is taken of every so manieth row, and there of every third place."""
REACH = 3
"""Half-width of a place, in pixels of the guide."""
DOUBT, DECIDED = 0.2, 0.5
"""Change of the network's mind that begins to open a place whatever the picture says, and that opens it wide."""
CERTAIN = 0.25
"""A place in which the network's matte is nowhere farther from 0, or nowhere farther from 1, is open always."""

Mask = NDArray[np.bool_]


class Gate:
    """Says of each place how much of its new alpha counts. Remembers what places looked like."""

    def __init__(self) -> None:
        # Blue, green and red, each a plane.
        self._seen: Field | None = None
        self._believed: Matte | None = None

    def open(self, guide: Image, coarse: Matte, channels: Bytes | None = None) -> Field:
        """`(h, w)` in [RATE, 1], of the guide's size, `(h, w, 3)`; 1 everywhere at first and when that size changes.

        `coarse` is the network's matte, of any size. With the guide's `channels`, it is found by compiled loops.
        """
        size = guide.shape[:2]
        belief = stretched(coarse, *size[::-1])
        if self._seen is None or self._believed is None or self._believed.shape != size:
            self._seen, self._believed = planes(guide), belief.copy()
            return np.ones(size, np.float32)
        if channels is None:
            return open_plainly(guide, belief, self._seen, self._believed)
        return open_fast(channels, belief, self._seen, self._believed)

    def reset(self) -> None:
        self._seen = self._believed = None


def planes(guide: Image) -> Field:
    """`(h, w, 3)` to `(3, h, w)` float32."""
    return np.ascontiguousarray(guide.transpose(2, 0, 1), np.float32)


def open_plainly(guide: Image, belief: Matte, seen: Field, believed: Matte) -> Field:
    """How much of each place's new alpha counts; takes over as much of the guide and of what is believed now."""
    unlike = unlikeness(guide, seen)
    # A median of a thousand places is as good as of all.
    still = max(STILL, QUIET * min(NOISIEST, float(np.median(unlike[len(unlike) // 2 % SAMPLED :: SAMPLED, ::3]))))
    by_picture, by_mind = (unlike - still) / MOVED, (np.abs(belief - believed) - DOUBT) / (DECIDED - DOUBT)
    rate: Field = np.clip(np.maximum(by_picture, by_mind), RATE, 1).astype(np.float32)
    rate[certain(belief)] = 1
    seen += (planes(guide) - seen) * rate
    believed += (belief - believed) * rate
    return rate


def open_fast(channels: Bytes, belief: Matte, seen: Field, believed: Matte) -> Field:
    """The same, compiled, of the guide's channels, `(3, h, w)`."""
    from greenscreen.refine import steady_kernels as kernels

    rate = memory.empty(belief.shape, np.float32)
    still, quiet, noisiest = np.float32(STILL), np.float32(QUIET), np.float32(NOISIEST)
    limits = still, np.float32(MOVED), np.float32(DOUBT), np.float32(DECIDED - DOUBT), np.float32(RATE)
    sure = np.float32(CERTAIN), np.float32(1 - CERTAIN)
    room = memory.empty((kernels.room_for_gate(*belief.shape),), np.float32)
    kernels.open_gate(channels, belief, limits, (quiet, noisiest), sure, seen, believed, rate, room)
    return rate


def unlikeness(guide: Image, seen: Field) -> Field:
    """How far each place's mean colour is from what it was, `(3, h, w)`: `(h, w)`, of 255."""
    size = (2 * REACH + 1, 2 * REACH + 1)
    blue, green, red = (np.abs(cv2.blur(plane, size)) for plane in planes(guide) - seen)
    # Where a thing leaves, there is no edge of it any more, but there was: hence the dilation.
    return np.asarray(cv2.dilate(cv2.max(cv2.max(blue, green), red), np.ones((3, 3), np.uint8)), np.float32)


def certain(belief: Matte) -> Mask:
    """Where all of a place is surely room, or surely person, to the network: `(h, w)`."""
    place = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    least, most = cv2.erode(belief, place), cv2.dilate(belief, place)
    return np.asarray((most <= np.float32(CERTAIN)) | (least >= np.float32(1 - CERTAIN)), np.bool_)


class Steady:
    """Gives alphas their past. Frames of another size or form than the last start afresh."""

    def __init__(self) -> None:
        self._gate = Gate()
        self._last: Alpha | None = None

    def rate(self, frame: Frame, coarse: Matte) -> Field:
        """How much of each place's new alpha counts; `coarse` is the network's matte, of any size. Once for a frame."""
        return self._gate.open(frame.guide, coarse, frame.channels if frame.planar else None)

    def steady(self, alpha: Alpha, rate: Field) -> Alpha:
        """The alpha, held where nothing moves, by the frame's `rate`."""
        fast = alpha.frame.planar
        size, last = alpha.frame.size[::-1], self._last
        # Of a form only that form's pixels were kept.
        if last is None or last.past is None or last.past.after.shape != size or last.frame.planar != fast:
            past = Past(np.ones_like(rate), alpha.kind, *np.zeros((2, *size), np.float32))
            small = alpha.small
        else:
            past = Past(rate, last.kind, last.past.after, last.past.before)
            small = (settle_fast if fast else settle)(last.small, rate, alpha.small)
        self._last = replace(alpha, small=small, past=past)
        return self._last

    def reset(self) -> None:
        self._gate.reset()
        self._last = None


def settle(last: Matte, rate: Field, small: Matte) -> Matte:
    """An alpha, brought only so far from the last; within half a level of 0 or 1 it is there, and leaves the band."""
    small = last + (small - last) * rate
    small[small < 1 / 512] = 0
    small[small > 1 - 1 / 512] = 1
    return small


def settle_fast(last: Matte, rate: Field, small: Matte) -> Matte:
    """The same, compiled."""
    from greenscreen.refine import steady_kernels as kernels

    out = memory.empty(small.shape, np.float32)
    kernels.settle(last, rate, small, out)
    return out
