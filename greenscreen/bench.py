"""How long a frame takes, from BGR in memory, as a camera driver leaves it, to I420 as a virtual camera takes it."""

import itertools
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from os.path import isdir
from pathlib import Path

import numpy as np

from greenscreen.composite.background import open_backdrop
from greenscreen.errors import SinkError, UsageError
from greenscreen.gpu import GpuPipeline
from greenscreen.peer import Peer
from greenscreen.picture.frame import Frame
from greenscreen.picture.resize import cover
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.segment import open_segmenter
from greenscreen.sources import open_source

WARM_UP = 10
LOOP = 30
"""Frames held in memory and shown over and over: enough for motion."""
MOST_BYTES = 1 << 30
"""That they may take together: enough for all of them in 4K."""


@dataclass(frozen=True)
class Times:
    """Milliseconds a frame; `cpu` is the mean of all threads' time."""

    median: float
    mean: float
    p95: float
    cpu: float

    @classmethod
    def of(cls, seconds: list[tuple[float, float]]) -> "Times":
        wall, cpu = 1e3 * np.array(seconds).T
        figures = np.median(wall), wall.mean(), np.percentile(wall, 95), cpu.mean()
        return cls(*(round(float(figure), 3) for figure in figures))


@dataclass(frozen=True)
class Result:
    """Ours, by stage as medians, and where it was asked for, another program's.

    `rested` is how many of the frames the network was not asked about, `peak_mib` the whole process's.
    """

    size: str
    background: str
    engine: str
    frames: int
    rested: int
    ours: Times
    stages: dict[str, float]
    peak_mib: float | None
    peer: Times | None

    @property
    def faster(self) -> float | None:
        """How many times faster than the other program, by medians."""
        return round(self.peer.median / self.ours.median, 2) if self.peer else None

    def as_dict(self) -> dict[str, object]:
        """What `--json` prints; the other program's figures only where it ran."""
        told: dict[str, object] = {
            "size": self.size,
            "background": self.background,
            "engine": self.engine,
            "frames": self.frames,
            "rested": self.rested,
            "ms_median": self.ours.median,
            "ms_mean": self.ours.mean,
            "ms_p95": self.ours.p95,
            "fps": round(1e3 / self.ours.median, 1),
            "cpu_ms": self.ours.cpu,
            "stages": self.stages,
            "peak_mib": self.peak_mib,
        }
        if self.peer:
            told |= {
                "peer_ms_median": self.peer.median,
                "peer_ms_p95": self.peer.p95,
                "peer_cpu_ms": self.peer.cpu,
                "faster": self.faster,
            }
        return told


def clip_frames(width: int, height: int, clip: str = "demo") -> list[Frame]:
    """The beginning of a clip at the size asked for; each frame of the demo differs from the last as a camera's do."""
    count = min(LOOP, MOST_BYTES // (3 * width * height))
    with open_source(clip) as source:
        frames = list(itertools.islice(source, count))
    return [replace(frame, given=np.ascontiguousarray(cover(frame.image, width, height))) for frame in frames]


def bench(
    size: tuple[int, int], background: str, engine: str, frames: int, peer: Path | None = None, clip: str = "demo"
) -> Result:
    """Times `frames` of ours, and in between as many of another program's, whose network `peer` is."""
    width, height = size
    if width % 2 or height % 2:
        raise UsageError(f"{width}x{height} has no I420 form", "give an even width and height")
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    with ExitStack() as stack:
        backdrop = open_backdrop(background)
        if backdrop is None:
            raise UsageError("a virtual camera carries no transparency", "choose another --background")
        stack.callback(backdrop.close)
        other = Peer(peer) if peer else None
        segmenter = stack.enter_context(open_segmenter(engine))
        planar = Planar()
        planar.wait()
        pipeline = GpuPipeline(segmenter, Refiner(), backdrop, planar)
        held = clip_frames(width, height, clip)
        behind = None if background.startswith("blur") else np.ascontiguousarray(held[0].image[:, ::-1])
        rested = 0
        for index in range(WARM_UP + frames):
            if index == WARM_UP:
                rested = segmenter.skipped
            frame = replace(held[index % len(held)], time=index / 30, index=index, fresh=index == 0)
            ours.append(timed(lambda frame=frame: pipeline.process(frame).i420))  # type: ignore[misc]
            if other:
                theirs.append(timed(lambda frame=frame: other.frame(frame.image, behind)))  # type: ignore[misc]
        return Result(
            f"{width}x{height}",
            background,
            segmenter.engine,
            frames,
            segmenter.skipped - rested,
            Times.of(ours[WARM_UP:]),
            {name: round(value, 3) for name, value in pipeline.meter.medians().items()},
            peak_mib(),
            Times.of(theirs[WARM_UP:]) if other else None,
        )


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of all the process's threads."""
    start, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - cpu


def peak_mib() -> float | None:
    """The most memory this process ever had, in MiB; none where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


def check_plot(path: Path) -> None:
    """Raises, before minutes are spent on timing, `UsageError` where no plot can be drawn or be of this kind.

    And `SinkError` where there is no folder for it.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise UsageError("a plot needs Matplotlib", "install it with: pip install matplotlib") from error
    if path.suffix.lower()[1:] not in FigureCanvasBase.get_supported_filetypes():
        raise UsageError(f"{path} is no kind of plot that can be written", "end its name in .png, .svg or .pdf")
    if not isdir(path.parent):
        raise SinkError(f"{path} cannot be written: there is no folder {path.parent}", "make the folder first")


def plot(results: list[Result], path: Path) -> None:
    """Draws each result's stages as one bar, and the other program's beside it, where `check_plot` found no fault.

    Raises `SinkError`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.8 * len(results)), layout="constrained")
    axes = figure.subplots()
    colours = dict(zip(dict.fromkeys(stage for r in results for stage in r.stages), COLOURS, strict=False))
    for row, result in enumerate(results):
        left = 0.0
        for stage, ms in result.stages.items():
            axes.barh(row, ms, left=left, height=0.36, color=colours[stage], label=stage if row == 0 else None)
            left += ms
        if result.peer:
            axes.barh(row + 0.38, result.peer.median, height=0.3, color="#b8b8b8", label=None if row else "others")
    axes.set_yticks(range(len(results)), [f"{result.size} {Path(result.background).name}" for result in results])
    axes.invert_yaxis()
    axes.set_xlabel("median milliseconds a frame")
    figure.legend(ncols=7, loc="outside upper center", frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        raise SinkError(f"{path} cannot be written: {error}", "give a .png, .svg or .pdf that can") from error


COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#9d755d")
