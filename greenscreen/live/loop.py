"""The live loop: frame by frame what the person wants at that moment, sent to every sink, measured and told."""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from greenscreen.composite.background import Backdrop
from greenscreen.control import Control, Status
from greenscreen.control.show import hidden, shown
from greenscreen.control.swap import Swap
from greenscreen.errors import GreenscreenError
from greenscreen.live.clean import CleanPlate
from greenscreen.live.framing import Framing
from greenscreen.picture.frame import Frame, Picture
from greenscreen.pipeline import Pipeline
from greenscreen.refine import Edges
from greenscreen.segment import Segmenter
from greenscreen.segment.sparing import SAID, Sparing
from greenscreen.settings import Settings
from greenscreen.sinks import Sink
from greenscreen.sources import Source

log = logging.getLogger(__name__)

_PUBLISH_EVERY = 1.0  # seconds


class Loop:
    """Runs in one thread, which is the only one that touches pipeline, backdrop and sinks."""

    def __init__(
        self,
        control: Control,
        source: Source,
        segmenter: Segmenter,
        pipeline: Pipeline,
        backdrop: Swap[Backdrop | None],
        framing: Framing,
        clean: CleanPlate,
        sinks: Sequence[Sink],
        sparing: Sparing | None = None,
    ):
        self._control = control
        self._source = source
        self._segmenter = segmenter
        self._pipeline = pipeline
        self._backdrop = backdrop
        self._framing = framing
        self._clean = clean
        self._sinks = sinks
        self._sparing = sparing
        self._published = 0.0
        self._stale = False
        self._failure = ""

    def run(self, frames: Iterable[Frame]) -> int:
        """Until the frames end, a sink is closed, or the run is stopped; returns how many pictures were sent."""
        for frame in frames:
            if self._control.stopping:
                break
            with self._control.working():
                open_still = self._send(frame, self._control.settings)
            if not open_still:
                break
        return self._pipeline.meter.frames

    def _send(self, frame: Frame, settings: Settings) -> bool:
        """One frame from here to every sink; false when one of them was closed."""
        meter, start = self._pipeline.meter, time.perf_counter()
        picture = self._picture(frame, settings)
        with meter.stage("send"):
            open_still = [sink.send(picture) for sink in self._sinks]
        if self._sparing:
            self._sparing.worked(time.perf_counter() - start, frame.time)
        meter.sent(frame.time if self._source.live else None)
        self._publish(settings)
        return all(open_still)

    def _picture(self, frame: Frame, settings: Settings) -> Picture:
        """The frame as the person wants it; the placeholder where that cannot be, and never the frame itself."""
        backdrop = self._backdrop.current(settings)
        if settings.show == "placeholder" or frame.stand_in:
            self._stale = True
            return hidden(frame, settings.transparent)
        self._pipeline.backdrop = backdrop
        self._pipeline.light_wrap = settings.light_wrap
        self._pipeline.refiner.change(wanted_edges(settings))
        try:
            # What was remembered is of another moment, or half done.
            frame = self._framing.crop(replace(frame, fresh=True) if self._stale else frame)
            if self._clean.asks(frame, settings):
                self._stale, self._failure = True, ""
                return hidden(frame, settings.transparent)
            self._pipeline.plate = self._clean.plate
            picture = self._pipeline.process(frame)
            self._clean.check()
            if settings.auto_frame:
                self._framing.look(picture.alpha, frame.time)
            self._stale, self._failure = False, ""
            return shown(settings.show, frame, picture)
        except Exception as error:
            # A file can be tried again; a call goes on, and the room stays hidden whatever went wrong.
            if not self._source.live:
                raise
            self._stale = True
            self._tell(error)
            return hidden(frame, settings.transparent)

    def _tell(self, error: Exception) -> None:
        """Says once what is wrong, however often it is."""
        failure = error.message if isinstance(error, GreenscreenError) else f"{type(error).__name__}: {error}"
        if failure != self._failure:
            log.warning("the placeholder is shown: %s", failure, exc_info=not isinstance(error, GreenscreenError))
            self._failure = failure

    def _publish(self, settings: Settings) -> None:
        now = time.perf_counter()
        if now - self._published < _PUBLISH_EVERY:
            return
        self._published = now
        meter, trouble = self._pipeline.meter, self._source.message or self._failure
        busy = SAID if self._sparing and self._sparing.active else ""
        self._control.publish(
            Status(
                state="paused" if settings.show == "placeholder" else "waiting" if trouble else "live",
                message=trouble or self._control.message or busy,
                fps=meter.fps,
                latency_ms=meter.latency_ms,
                stages=meter.medians(),
                frames=meter.frames,
                resting=meter.resting,
                dropped=self._source.dropped,
                engine=self._segmenter.engine,
                source=self._source.name,
            )
        )


def wanted_edges(settings: Settings) -> Edges:
    return Edges(settings.threshold, settings.edge_shift, settings.feather_out, settings.feather_in)
