"""How long a frame takes, from the frame in memory to I420 as a virtual camera takes it."""

import itertools
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace

import numpy as np

from greenscreen.background import open_backdrop
from greenscreen.errors import UsageError
from greenscreen.frame import Frame
from greenscreen.pipeline import Pipeline
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.resize import cover
from greenscreen.segment import open_segmenter
from greenscreen.sources import open_source

WARM_UP = 10
LOOP = 30
"""Frames held in memory and shown over and over: enough for motion."""
MOST_BYTES = 1 << 30
"""That they may take together: enough for all of them in 4K."""


@dataclass(frozen=True)
class Result:
    """Times are milliseconds a frame; `cpu_ms` counts all threads of the process."""

    size: str
    background: str
    engine: str
    frames: int
    ms_median: float
    ms_p95: float
    fps: float
    cpu_ms: float
    stages: dict[str, float]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def demo_frames(width: int, height: int) -> list[Frame]:
    """The beginning of the demo clip at the size asked for; each frame differs from the last as a camera's do."""
    count = min(LOOP, MOST_BYTES // (3 * width * height))
    with open_source("demo") as source:
        frames = list(itertools.islice(source, count))
    return [replace(frame, pixels=np.ascontiguousarray(cover(frame.image, width, height))) for frame in frames]


def bench(size: tuple[int, int], background: str, engine: str, frames: int) -> Result:
    """Raises what opening the engine or backdrop raises."""
    width, height = size
    if width % 2 or height % 2:
        raise UsageError(f"{width}x{height} has no I420 form", "give an even width and height")
    times = []
    with ExitStack() as stack:
        backdrop = open_backdrop(background)
        if backdrop is None:
            raise UsageError("a virtual camera carries no transparency", "choose another --background")
        stack.callback(backdrop.close)
        segmenter = stack.enter_context(open_segmenter(engine))
        planar = Planar()
        planar.wait()
        pipeline = Pipeline(segmenter, Refiner(), backdrop, planar)
        held = demo_frames(width, height)
        cpu = 0.0
        for index in range(WARM_UP + frames):
            if index == WARM_UP:
                pipeline.meter.stages.clear()
                cpu = time.process_time()
            frame = replace(held[index % len(held)], time=index / 30, index=index, fresh=index == 0)
            start = time.perf_counter()
            _ = pipeline.process(frame).i420
            times.append(time.perf_counter() - start)
        cpu = time.process_time() - cpu
        ms = 1e3 * np.array(times[WARM_UP:])
        return Result(
            f"{width}x{height}",
            background,
            segmenter.engine,
            frames,
            ms_median=round(float(np.median(ms)), 3),
            ms_p95=round(float(np.percentile(ms, 95)), 3),
            fps=round(1e3 / float(ms.mean()), 1),
            cpu_ms=round(1e3 * cpu / frames, 3),
            stages={name: round(value, 3) for name, value in pipeline.meter.medians().items()},
        )
