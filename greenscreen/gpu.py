"""The whole frame on the GPU: one upload, and one download of the finished picture with the alpha it was made by.

What the kernels do is what refine, composite and background.Blur do on the CPU, which the tests compare them with; the
constants are theirs. Where the GPU is not to be had, or is lost, the CPU's pipeline goes on with the same frame.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np

from greenscreen.background import Backdrop, Blur
from greenscreen.colour import TO_BGR, TO_YUV, Bytes, from_i420
from greenscreen.composite import REACH, Composite
from greenscreen.cuda import Kernel
from greenscreen.cuda.compiler import compiled, kernel_names
from greenscreen.errors import EngineError
from greenscreen.frame import Alpha, Frame, Image, Matte, Past, Picture, guide_size
from greenscreen.pipeline import Pipeline
from greenscreen.refine import Edges, guided, islands, steady
from greenscreen.refine.limits import ramp, sides
from greenscreen.resize import stack_radius
from greenscreen.segment.engine import FIRST_LOOKS, CardEngine

PARTS = ("colour", "islands", "matte", "steady", "limits", "blur", "picture")
BINS = 1024
"""Steps in which the picture's noise is measured."""
CONSTANTS = {
    "RADIUS": str(guided.RADIUS),
    "REACH": str(steady.REACH),
    "SPREAD": str(REACH),
    "BINS": str(BINS),
    # kernels.FEW, which is not imported for its value alone: Numba is heavy.
    "FEW": "0.05f",
    "FAINT": f"{guided.DOUBT!r}f",
    **{
        name: f"{getattr(module, name)!r}f"
        for module, names in (
            (guided, ("EPSILON", "BLACK", "WHITE")),
            (islands, ("HAZE", "SURE", "NEW", "KNOWN", "PINHOLE")),
            (steady, ("RATE", "STILL", "MOVED", "NOISIEST", "DOUBT", "DECIDED")),
        )
        for name in names
    },
    **{
        name: "{" + ", ".join(f"{value!r}f" for value in matrix.ravel().tolist()) + "}"
        for name, matrix in (("TO_BGR", TO_BGR), ("TO_YUV", TO_YUV))
    },
}
"""What the kernels share with the CPU's code."""

ADDERS = 128
"""Columns of threads that share in adding up a picture."""
VECTOR = 16
"""Bytes of a float4."""

Size = tuple[int, int]
Word = str | int | float | Size
"""What a kernel is given: memory by name, a whole number, a fraction, or width and height."""
Behind = Literal["picture"] | tuple[Size, float] | None
"""A picture of the frame's size; or a blur, with the size at which it is found and its sigma there; or nothing."""


class GpuPipeline(Pipeline):
    """The pipeline, on the card wherever the engine that serves is on one."""

    _canvas: "Canvas | None" = None

    def process(self, frame: Frame) -> Picture:
        even = frame.size[0] % 2 == frame.size[1] % 2 == 0
        engine = self._segmenter.engine_for(frame)
        serving = getattr(engine, "serving", engine)
        if not isinstance(serving, CardEngine) or not even or self._wrap or self.plate:
            return self._on_cpu(frame)
        try:
            return self._on_card(serving, frame)
        except EngineError as error:
            give_up = getattr(engine, "give_up", None)
            if give_up is None:
                raise
            give_up(error)
            return self._on_cpu(frame)

    def _on_card(self, engine: CardEngine, frame: Frame) -> Picture:
        if self._canvas is None or self._canvas.engine is not engine or self._canvas.size != frame.size:
            self._canvas = Canvas(engine, self._segmenter.contract.input_size(*frame.size), frame.size)
            frame = replace(frame, fresh=True)
        with self.meter.stage("card"):
            return self._canvas.draw(frame, self.backdrop, self.refiner.edges)

    def _on_cpu(self, frame: Frame) -> Picture:
        if self._canvas is not None:
            # What the CPU remembers is from before the card took over.
            self._canvas, frame = None, replace(frame, fresh=True)
        return super().process(frame)


class Canvas:
    """All that frames of one size need on an engine's card; released with it."""

    def __init__(self, engine: CardEngine, network: Size, size: Size):
        """`network` is the size of the engine's input. Raises `EngineError` when kernels or memory cannot be had."""
        self.engine, self.size, self._network = engine, size, network
        self._guide = guide_size(*size)
        self._turn, self._room_for_blur, self._edges, self._planar = 0, 0, Edges(), True
        self._graphs: dict[tuple[int, Behind], Callable[[], None]] = {}
        self._behind: Bytes | None = None
        guide, pixels = area(self._guide), area(size) * 3 // 2
        with engine.card as card:
            self._kernels = load_kernels(engine)
            self._at = {
                name: card.allocate(count)
                for name, count in {
                    "frame": pixels,
                    "picture": pixels,
                    "guide": 4 * guide,
                    **dict.fromkeys(("coarse", "clean", "labels"), 4 * area(network)),
                    "counts": 2 * 4 * area(network),
                    "blobs": area(network),
                    **dict.fromkeys(("matte", "belief", "alpha", "unlike", "believed", "rate", "small"), 4 * guide),
                    **dict.fromkeys(("across", "least", "most"), 4 * guide),
                    "lines": 4 * 4 * guide,
                    "known": guide,
                    "kind": guide,
                    "held": guide,
                    "past": 4 * area(size),
                    "total": VECTOR,
                    "tally": 4 * BINS,
                    "noise": 4,
                    **dict.fromkeys(("fit", "seen", "slopes", "person", "room"), VECTOR * guide),
                }.items()
            }
            self._at |= {"input": engine.image, "nothing": 0}
            card.clear(self._at["tally"], 4 * BINS)
            # What is downloaded lies in one piece.
            self._sizes = {"shown": 4 * guide, "values": area(size), "out": pixels}
            self._result = place = card.allocate(sum(self._sizes.values()))
            for name, count in self._sizes.items():
                self._at[name] = place
                place += count
            # By whether it is planar.
            self._host_frames = {True: card.pinned((size[1] * 3 // 2, size[0]), np.uint8)}
            self._host_result = card.pinned((sum(self._sizes.values()),), np.uint8)

    def draw(self, frame: Frame, backdrop: Backdrop | None, edges: Edges) -> Picture:
        """The finished picture of a frame of either form; raises `EngineError`, and `SourceError` of the backdrop's."""
        with self.engine.card as card:
            self._take(frame)
            behind = self._prepare(frame, backdrop)
            if edges != self._edges:
                self._edges = edges
                self._forget()
                frame = replace(frame, fresh=True)
            if frame.fresh:
                self._begin(behind)
            else:
                self._go_on(behind)
            card.wait()
        small, values, out = np.split(self._host_result.copy(), np.cumsum([*self._sizes.values()])[:-1])
        small = small.view(np.float32).reshape(self._guide[::-1])
        planes = out.reshape(self._host_frames[True].shape)
        return CardPicture(frame, small, values.reshape(frame.size[::-1]), planes if backdrop else None)

    def _take(self, frame: Frame) -> None:
        """Lays the frame where the card will fetch it, in the form it came in."""
        if frame.planar not in self._host_frames:
            self._at["image"] = self.engine.card.allocate(3 * area(self.size))
            self._host_frames[False] = self.engine.card.pinned((self.size[1], self.size[0], 3), np.uint8)
        if frame.planar != self._planar:
            self._planar = frame.planar
            self._forget()
        np.copyto(self._host_frames[frame.planar], frame.pixels)

    def _prepare(self, frame: Frame, backdrop: Backdrop | None) -> Behind:
        """Brings to the card what stands behind, where it is not there yet."""
        if backdrop is None:
            return None
        card = self.engine.card
        if isinstance(backdrop, Blur):
            size, sigma = backdrop.small_size(*self.size)
            if area(size) > self._room_for_blur:
                self._room_for_blur = area(size)
                self._forget()
                for name in ("layer", "rows", "blurred"):
                    self._at[name] = card.allocate(VECTOR * area(size))
            return size, sigma
        # Of the frame it only asks form and size.
        planar = replace(frame, pixels=self._host_frames[True])
        picture = backdrop.behind(planar, nobody(planar, self._guide))
        if picture is not self._behind:
            card.upload(self._at["picture"], picture)
            # It may be overwritten once it is given back.
            card.wait()
            self._behind = picture
        return "picture"

    def _begin(self, behind: Behind) -> None:
        """The first frame, or one unlike the last: the network looks at it as often as `first_look` does."""
        self.engine.reset()
        self._look()
        for _ in range(FIRST_LOOKS):
            self._turn = 1 - self._turn
            self.engine.enqueue(self._turn)
        self._finish(self._turn, behind, fresh=True)

    def _go_on(self, behind: Behind) -> None:
        """Every other frame, as one thing recorded once for either turn of the network's memory."""
        self._turn = turn = 1 - self._turn
        if any(known != behind for _, known in self._graphs):
            self._forget()
        if (turn, behind) not in self._graphs:
            self._graphs[turn, behind] = self.engine.card.record(lambda: self._whole(turn, behind))
        self._graphs[turn, behind]()

    def _forget(self) -> None:
        self._graphs.clear()
        self.engine.card.forget()

    def _whole(self, turn: int, behind: Behind) -> None:
        self._look()
        self.engine.enqueue(turn)
        self._finish(turn, behind, fresh=False)

    def _look(self) -> None:
        """From the frame to the network's input."""
        self.engine.card.upload(self._at["frame" if self._planar else "image"], self._host_frames[self._planar])
        if not self._planar:
            self._launch("to_planes", (self.size[0] // 2, self.size[1] // 2), "image", "frame", self.size)
        self._launch("make_guide", self._guide, "frame", self.size, "guide", self._guide)
        self._launch("make_input", self._network, "guide", self._guide, "input", self._network)

    def _finish(self, turn: int, behind: Behind, fresh: bool) -> None:
        """From the network's matte to the result on the host."""
        guide, again = self._guide, int(fresh)
        self._clear_islands(turn, again)
        self._launch("enlarge", guide, "clean", self._network, "belief", "matte", guide)
        self._launch("fit_colours", guide, "guide", "matte", "fit", guide)
        self._launch("mean_fit", guide, "guide", "fit", "lines", "alpha", guide)
        self._launch("compare_places", guide, "guide", "seen", "unlike", guide)
        self._launch("tally_noise", (-(-guide[0] // 3), -(-guide[1] // 3)), "unlike", "tally", guide)
        self._launch("find_noise", (1, 1), "tally", "noise", guide)
        found = ("guide", "belief", "alpha", "unlike", "noise")
        self._launch("open_gate", guide, *found, again, "seen", "believed", "rate", "small", "shown", guide)
        least, most = self._limit() if any(sides(self._edges)) else ("nothing", "nothing")
        small: tuple[Word, ...] = ("nothing", 1, 1)
        if isinstance(behind, tuple):
            self._blur_room(*behind)
            small = ("blurred", behind[0])
        edges = ("known", "kind", "slopes", "person", "room", guide)
        self._launch("make_edges", guide, "guide", "shown", "small", "lines", "rate", again, "held", *edges)
        # Before nothing, the picture is not looked at, but its alpha is; so anything may stand behind.
        picture = "nothing" if isinstance(behind, tuple) else "picture"
        blocks = (self.size[0] // 2, self.size[1] // 2)
        sources = ("frame", *edges, least, most, picture, *small)
        self._launch("render", blocks, *sources, "past", "values", "out", self.size)
        self.engine.card.download(self._host_result, self._result)

    def _limit(self) -> tuple[str, str]:
        """Least and greatest alpha, for an outline that is moved or feathered: refine.limits."""
        start, slope = ramp(self._edges, self._guide[1])
        low, high = sides(self._edges)
        # Farther away, alpha is 0 or 1 whatever the distance.
        reach = math.ceil(1.5 + max(start, 1 / slope - start))
        wanted, guide = (reach, start, slope, low, high), self._guide
        self._launch("look_across", guide, "small", reach, "across", guide)
        self._launch("bound", guide, "small", "across", *wanted, "least", "most", "shown", guide)
        return "least", "most"

    def _clear_islands(self, turn: int, again: int) -> None:
        """The network's matte without strays and pinholes: refine.islands."""
        size = self._network
        self._at["found"] = self.engine.mattes[turn]
        self._launch("weigh_odds", size, "found", "coarse", self._edges.threshold, size)
        for holes in (0, 1):
            self._launch("start_labels", size, "coarse", holes, "labels", "counts", size)
            self._launch("join_labels", size, "labels", holes, size)
            self._launch("count_labels", size, "coarse", "blobs", again, holes, "labels", "counts", size)
            if not holes:
                self._launch("clear_strays", size, "coarse", "labels", "counts", size)
        self._launch("fill_pinholes", size, "coarse", "labels", "counts", "clean", "blobs", size)

    def _blur_room(self, size: Size, sigma: float) -> None:
        """The room out of focus, small: background.Blur."""
        radius, source = stack_radius(sigma, size), ("frame", self.size, "guide", "shown", self._guide)
        self._launch("weigh_room", size, *source, "layer", "total", size)
        self._launch("add_up", (ADDERS, 1), "layer", "total", area(size))
        self._launch("blur_rows", size, "layer", "rows", radius, size)
        self._launch("blur_columns", size, "rows", "total", "blurred", radius, size)

    def _launch(self, kernel: str, size: Size, *words: Word) -> None:
        """Puts a kernel into the stream, one thread a pixel."""
        arguments: list[np.generic] = []
        for word in words:
            if isinstance(word, str):
                arguments.append(np.uintp(self._at[word]))
            elif isinstance(word, tuple):
                arguments += [np.int32(side) for side in word]
            else:
                arguments.append(np.float32(word) if isinstance(word, float) else np.int32(word))
        self.engine.card.launch(self._kernels[kernel], size, *arguments)


class CardPicture(Composite):
    """A picture that the card has finished; its other forms are made on the CPU, of the same alpha, when asked for."""

    def __init__(self, frame: Frame, small: Matte, values: Bytes, finished: Bytes | None):
        """`small` is the alpha at the guide's size, `values` at the frame's; before nothing, nothing is `finished`."""
        self._came, self._small, self._values, self._behind = frame, small, values, finished
        self.time, self.transparent = frame.time, finished is None

    @cached_property
    def frame(self) -> Frame:  # type: ignore[override]
        return self._came.as_planar()

    @cached_property
    def _of(self) -> Alpha:  # type: ignore[override]
        return as_found(self.frame, self._small, self._values)

    @cached_property
    def image(self) -> Image:
        return self.person if self._behind is None else from_i420(self._behind)

    @property
    def i420(self) -> Bytes:
        return super().i420 if self._behind is None else self._behind

    @property
    def alpha(self) -> Bytes:
        return self._values


def load_kernels(engine: CardEngine) -> dict[str, Kernel]:
    """All kernels by name, compiled for the engine's card; raises `EngineError`."""
    found: dict[str, Kernel] = {}
    for part in PARTS:
        names = kernel_names(part)
        code = compiled(part, engine.card.capability, CONSTANTS)
        found |= zip(names, engine.card.kernels(code, *names), strict=True)
    return found


def as_found(frame: Frame, small: Matte, values: Bytes) -> Alpha:
    """An alpha that was found already, `values` `(H, W)`: all of it is of the past, and nothing new counts."""
    before = values.astype(np.float32) * np.float32(1 / 255)
    past = Past(np.zeros_like(small), np.full(small.shape, 2, np.uint8), before, np.empty_like(before))
    return Alpha(frame, small, np.zeros((4, *small.shape), np.float32), past)


def nobody(frame: Frame, guide: Size) -> Alpha:
    """The alpha of a frame without a person, for backdrops that do not look at it."""
    return Alpha(frame, np.zeros(guide[::-1], np.float32), np.zeros((4, *guide[::-1]), np.float32))


def area(size: Size) -> int:
    return size[0] * size[1]
