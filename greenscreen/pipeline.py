"""The loop: a frame comes in, the person is found, the room is replaced, the picture goes out.

source ──Frame──► segmenter ──Matte──► refiner ──Alpha──► composite ──Picture──► sinks
                                                              ▲
                                                          backdrop
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from greenscreen.composite import Composite, fields_beside
from greenscreen.composite.background import Backdrop, Blur
from greenscreen.meter import Meter
from greenscreen.picture.frame import Frame, Matte, Picture
from greenscreen.planar import Planar
from greenscreen.refine import Plate, Refiner
from greenscreen.segment import Segmenter
from greenscreen.sinks import Sink


class Pipeline:
    """What happens to one frame. Where its matte cannot be found this raises: a frame never leaves as it came."""

    def __init__(self, segmenter: Segmenter, refiner: Refiner, backdrop: Backdrop | None, planar: Planar | None = None):
        """`backdrop` None means transparent; it may be replaced between two frames.

        `planar` makes frames I420, which is fast, where they go to a screen or camera.
        """
        self._segmenter, self._planar = segmenter, planar
        self.look: Callable[[Frame], Matte] = segmenter.segment
        """Where coarse mattes come from; may be set before the first frame."""
        self.refiner, self.backdrop = refiner, backdrop
        self.light_wrap = 0.0
        """How much of the backdrop's light falls on the person, in [0, 1]; may be set between two frames."""
        self.plate: Plate | None = None
        """The room without the person, if it is known; may be set between two frames."""
        self.meter = Meter()

    def process(self, frame: Frame) -> Picture:
        """Raises `EngineError` when the engine fails and `SourceError` when the backdrop does."""
        stage = self.meter.stage
        if self._planar:
            with stage("convert"):
                frame = self.formed(frame)
        with stage("segment"):
            coarse = self.look(frame)
        self.meter.rested = self._segmenter.skipped
        if self.plate:
            with stage("plate"):
                coarse = self.plate.correct(frame.guide, coarse)
        with stage("refine"):
            alpha = self.refiner.refine(frame, coarse)
        behind = fields = None
        if self.backdrop:
            with stage("backdrop"):
                look = partial(self.backdrop.behind, frame, alpha)
                # Nothing but a blur takes so long that anything else could be done meanwhile.
                slow = frame.planar and isinstance(self.backdrop, Blur)
                fields, behind = fields_beside(frame, alpha, look) if slow else (None, look())
        picture = Composite(frame, alpha, behind, self._wrap, fields)
        with stage("composite"):
            # All that sinks may ask for is made of this.
            _ = picture.i420 if frame.planar and behind is not None else picture.image
        return picture

    def formed(self, frame: Frame) -> Frame:
        """The frame in the form that the stages work on."""
        return self._planar(frame) if self._planar else frame

    @property
    def _wrap(self) -> float:
        # The room's own light is on the person already.
        return 0 if isinstance(self.backdrop, Blur) else self.light_wrap


def run(frames: Iterable[Frame], pipeline: Pipeline, sinks: Sequence[Sink]) -> int:
    """Sends every frame through the pipeline to every sink until frames end or a sink is closed; returns how many."""
    count = 0
    for frame in frames:
        picture = pipeline.process(frame)
        with pipeline.meter.stage("send"):
            open_still = [sink.send(picture) for sink in sinks]
        count += 1
        if not all(open_still):
            break
    return count
