"""The whole frame on the GPU: one upload, and one download of the finished picture with the alpha it was made by.

What the kernels do is what refine, composite and background.Blur do on the CPU, which the tests compare them with; the
constants are theirs. Where the GPU is not to be had, or is lost, the CPU's pipeline goes on with the same frame.
"""

from dataclasses import replace
from functools import partial
from typing import cast

import numpy as np

from greenscreen.composite.background import Backdrop, Blur
from greenscreen.errors import EngineError
from greenscreen.gpu.canvas import Canvas, Size, Standing
from greenscreen.gpu.kernels import make_ready
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Alpha, Frame, Picture, guide_size
from greenscreen.pipeline import Pipeline
from greenscreen.planar import Planar
from greenscreen.refine import Edges, Refiner
from greenscreen.segment import Segmenter
from greenscreen.segment.engine import CardEngine
from greenscreen.segment.standby import StandbyEngine


class GpuPipeline(Pipeline):
    """The pipeline, on the card wherever the engine that serves is on one."""

    def __init__(self, segmenter: Segmenter, refiner: Refiner, backdrop: Backdrop | None, planar: Planar | None = None):
        super().__init__(segmenter, refiner, backdrop, planar)
        # As the segmenter has its engines: one for each size of the network's input.
        self._canvases: dict[Size, Canvas] = {}
        self._drawn_on: Canvas | None = None

    def process(self, frame: Frame) -> Picture:
        even = frame.size[0] % 2 == frame.size[1] % 2 == 0
        engine = self._segmenter.engine_for(frame)
        standby = engine if isinstance(engine, StandbyEngine) else None
        serving = standby.serving if standby else engine
        if not isinstance(serving, CardEngine) or not even or self._wrap or self.plate:
            return self._on_cpu(frame)
        network = self._segmenter.contract.input_size(*frame.size)
        canvas = self._canvases.pop(network, None)
        if canvas is None or canvas is not self._drawn_on:
            # What the card remembers is of another moment.
            frame = replace(frame, fresh=True)
        # Here, as it is not the card that is slow if this is.
        behind = backdrop_of(self.backdrop, frame)
        memory = bool(self._segmenter.contract.previous)
        work = partial(drawn, canvas, serving, network, memory, frame, behind, self.refiner.edges)
        try:
            with self.meter.stage("card"):
                self._drawn_on, picture = standby.ask(work) if standby else work()
        except EngineError as error:
            # Nothing is freed here: what a card that hangs works with, it keeps.
            if standby is None:
                raise
            standby.give_up(error)
            self._drawn_on = None
            return super().process(replace(frame, fresh=True))
        self._canvases[network] = self._drawn_on
        return picture

    def _on_cpu(self, frame: Frame) -> Picture:
        if self._drawn_on is not None:
            # What the CPU remembers is from before the card took over.
            self._drawn_on, frame = None, replace(frame, fresh=True)
        return super().process(frame)


def drawn(
    canvas: Canvas | None,
    engine: CardEngine,
    network: Size,
    memory: bool,
    frame: Frame,
    behind: Standing,
    edges: Edges,
) -> tuple[Canvas, Picture]:
    """The finished picture, and what it was drawn on: the canvas, or another if that is not of this engine and size."""
    if canvas is None or canvas.engine is not engine or canvas.size != frame.size:
        # Another engine's has gone with it.
        if canvas and canvas.engine is engine:
            canvas.close()
        canvas, frame = Canvas(engine, network, frame.size, memory), replace(frame, fresh=True)
    return canvas, canvas.draw(frame, behind, edges)


def backdrop_of(backdrop: Backdrop | None, frame: Frame) -> Standing:
    """What stands behind a frame, of even width and height; raises `SourceError`."""
    if backdrop is None or isinstance(backdrop, Blur):
        return backdrop
    width, height = frame.size
    # Of the frame it only asks form and size.
    planar = replace(frame, given=np.broadcast_to(np.uint8(0), (height * 3 // 2, width)))
    return cast(Bytes, backdrop.behind(planar, nobody(planar, guide_size(width, height))))


def nobody(frame: Frame, guide: Size) -> Alpha:
    """The alpha of a frame without a person, for backdrops that do not look at it."""
    return Alpha(frame, np.zeros(guide[::-1], np.float32), np.zeros((4, *guide[::-1]), np.float32))


__all__ = ["Canvas", "GpuPipeline", "make_ready"]
