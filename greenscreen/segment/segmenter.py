"""Frames to coarse mattes: decides when the network looks, and what it remembers when it does."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock, RLock
from typing import Self

import cv2
import numpy as np

from greenscreen.contract import ModelContract
from greenscreen.picture import memory
from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.segment.engine import Engine, OpenEngine, first_look, look_well
from greenscreen.segment.motion import Motion
from greenscreen.segment.standby import StandbyEngine
from greenscreen.segment.stillness import Stillness

MOST_ENGINES = 8
"""So many are kept: as many as photos have usual shapes. Each takes about a hundred megabytes."""


class Segmenter:
    """Turns frames into coarse mattes. Engines for each picture shape are opened when met; the newest are kept."""

    def __init__(self, engine: str, opener: OpenEngine, model: Path, contract: ModelContract):
        self._name, self.contract = engine, contract
        self._opener, self._model = opener, model
        self.meet: Callable[[Segmenter, Frame], Matte] = Segmenter.first_look
        """How a fresh frame is looked at; may be set before the first."""
        self.closer = 1.0
        """Of how many times as many pixels `both_sides` takes its second look."""
        self._engines: dict[tuple[int, int], Engine] = {}
        self.from_file = False
        """Whether frames are of a file: those in BGR wait for the loops that follow motion. Live frames become I420
        once these are compiled. Not all files are looked at thoroughly: `video --fast` rests as a call does."""
        self.thorough = False
        """Whether each frame in which anything moves is worth a look of its own, as where nobody waits."""
        self._stillness, self._motion = Stillness(), Motion()
        self.skipped = 0
        """Frames for which the network was not run, because the picture stood still, or held nothing new."""
        self._fresh = self._looked = False
        self._next: Segmenter | None = None
        self._offering, self._using = Lock(), RLock()

    @property
    def engine(self) -> str:
        """The engine's name, and whether another serves in its place."""
        # A copy, as another thread may be opening one for a new shape.
        waiting = any(isinstance(engine, StandbyEngine) and engine.waiting for engine in [*self._engines.values()])
        return f"{self._name} (the CPU meanwhile)" if waiting else self._name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._offering:
            unused, self._next = self._next, None
        close_all(self._engines)
        if unused:
            close_all(unused._engines)

    def exchange(self, other: "Segmenter") -> None:
        """Becomes another, with the next frame. May be called from any thread; takes over what `other` opened."""
        with self._offering:
            unused, self._next = self._next, other
        if unused:
            unused.__exit__()

    def _take_over(self) -> None:
        """In the thread that uses the engines, so that none is closed under its hands."""
        # Another thread may be looking at a frame meanwhile: then the next will see to it.
        if self._next is None or not self._using.acquire(blocking=False):
            return
        try:
            with self._offering:
                other, self._next = self._next, None
            if other:
                old, self._engines = self._engines, other._engines
                self._name, self.contract = other._name, other.contract
                self._opener, self._model = other._opener, other._model
                self._fresh = True
                # These alone: yet another may be offered at this moment.
                close_all(old)
        finally:
            self._using.release()

    def engine_for(self, frame: Frame) -> Engine:
        """The engine for pictures of this frame's shape; raises `EngineError` when it cannot be opened."""
        self._take_over()
        return self.open(*frame.size)

    def open(self, width: int, height: int) -> Engine:
        """The engine for pictures of this shape, opened if it is the first; raises `EngineError` when it cannot be."""
        return self._opened(self.contract.input_size(width, height))

    def _opened(self, size: tuple[int, int]) -> Engine:
        if size not in self._engines:
            if len(self._engines) >= MOST_ENGINES:
                self._engines.pop(next(iter(self._engines))).close()
            self._engines[size] = self._opener(self._model, self.contract, *size)
        return self._engines[size]

    def first_look(self, frame: Frame, closer: float = 1.0, mirrored: bool = False) -> Matte:
        """The matte of a frame with which the network starts afresh, at `closer` times as many pixels as usual.

        Of its mirror image, if `mirrored`, which the matte is not. Raises `EngineError`.
        """
        contract = replace(self.contract, area=round(closer * self.contract.area))
        size = contract.input_size(*frame.size)
        image = network_input(frame, *size)
        seen = np.ascontiguousarray(image[:, ::-1]) if mirrored else image
        matte = first_look(self._opened(size), seen, bool(contract.previous))
        return matte[:, ::-1] if mirrored else matte

    def segment(self, frame: Frame) -> Matte:
        """The matte at the model's input size, `(h, w)` float32 in [0, 1]; raises `EngineError`."""
        with self._using:
            return self._segment(frame)

    def carry(self, frame: Frame) -> Matte:
        """The last matte instead of another look, moved with the picture once the loops that follow it are compiled.

        It looks after all where there is no last matte of this size, or the picture jumped; raises `EngineError`.
        """
        with self._using:
            return self._segment(frame, spared=True)

    def _segment(self, frame: Frame, spared: bool = False) -> Matte:
        engine = self.engine_for(frame)
        fresh = frame.fresh or self._fresh
        size = self.contract.input_size(*frame.size)
        image = network_input(frame, *size)
        if fresh:
            self._stillness.reset()
        if (kept := self._stillness.answer(image, frame.planar)) is not None:
            self.skipped += 1
            self._looked = False
            return kept
        remembers = bool(self.contract.previous)
        follows = remembers and (frame.planar or self.from_file)
        if fresh or self._stillness.jumped or not follows:
            self._motion.reset()
        last = self._motion.bring(image) if follows else None
        if spared or self._may_carry:
            carried = self._motion.carry() if follows else self._stillness.matte
            if carried is not None and carried.shape == image.shape[:2] and not self._stillness.jumped:
                self._looked = False
                self.skipped += 1
                self._stillness.keep(carried)
                return carried
        if fresh:
            matte = self.meet(self, frame)
        else:
            matte = look_well(engine, image, remembers) if self._stillness.jumped else engine.step(image, last)
        if follows:
            matte = self._motion.keep(matte)
        self._stillness.keep(matte)
        self._fresh, self._looked = False, True
        return matte

    @property
    def _may_carry(self) -> bool:
        """Whether the last matte will do for the picture it was just brought to.

        Never twice in a row, so that errors do not add up; nor once all stands still, when the network makes up its
        mind; nor where it is thorough.
        """
        return self._looked and not self.thorough and self._stillness.moving and self._motion.explains


def both_sides(segmenter: Segmenter, frame: Frame) -> Matte:
    """For photos: the mean of the frame's matte and of its mirror image's, as large as the larger of them.

    Where the two are not of one size, one sees more of what is large and the other of what is fine.
    """
    mirrored = segmenter.first_look(frame, segmenter.closer, mirrored=True)
    matte = cv2.resize(segmenter.first_look(frame), mirrored.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray((matte + mirrored) / 2, np.float32)


def close_all(engines: dict[tuple[int, int], Engine]) -> None:
    for engine in engines.values():
        engine.close()
    engines.clear()


def network_input(frame: Frame, width: int, height: int) -> Image:
    """The frame's picture at the network's size: from its guide, unless that has less detail than the network sees."""
    high, wide = frame.guide.shape[:2]
    if wide < width or high < height:
        return frame.averaged(width, height)
    # Where little is averaged, a mean of four pixels by their nearness is as good, in a fifth of the time.
    nearly = 4 * wide < 5 * width and 4 * high < 5 * height
    how = cv2.INTER_LINEAR if nearly else cv2.INTER_AREA
    out = memory.empty((height, width, 3), np.uint8)
    return np.asarray(cv2.resize(frame.guide, (width, height), dst=out, interpolation=how), np.uint8)
