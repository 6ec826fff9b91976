"""What the card does with a frame, kernel by kernel, and the memory that it does it in."""

import math
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from greenscreen.composite.background import Blur
from greenscreen.gpu.kernels import BINS, load_kernels
from greenscreen.gpu.picture import CardPicture
from greenscreen.picture import memory
from greenscreen.picture.colour import Bytes
from greenscreen.picture.forms import Form, Raw
from greenscreen.picture.frame import Frame, Picture, guide_size
from greenscreen.picture.resize import stack_radius
from greenscreen.refine import Edges, cuts
from greenscreen.refine.limits import ramp, sides
from greenscreen.segment import motion
from greenscreen.segment.engine import FIRST_LOOKS, CardEngine
from greenscreen.segment.stillness import JUMP, block_grid

ADDERS = 128
"""Columns of threads that share in adding up a picture."""
VECTOR = 16
"""Bytes of a float4."""

Size = tuple[int, int]
Word = str | int | float | Size
"""What a kernel is given: memory by name, a whole number, a fraction, or width and height."""
Standing = Bytes | Blur | None
"""What stands behind, as the CPU knows it: a picture in I420, a blur of the room, or nothing."""
Behind = Literal["picture"] | tuple[Size, float] | None
"""A picture of the frame's size; or a blur, with the size at which it is found and its sigma there; or nothing."""


class Canvas:
    """All that frames of one size need on an engine's card; released with it, if it is not closed before."""

    def __init__(self, engine: CardEngine, network: Size, size: Size, memory: bool = True):
        """`network` is the size of the engine's input, `memory` whether the network looks at its last matte.

        Raises `EngineError` when kernels or memory cannot be had.
        """
        self.engine, self.size, self._network, self._memory = engine, size, network, memory
        self._guide = guide_size(*size)
        self._cells: Size = ((self._guide[0] + 1) // 2, (self._guide[1] + 1) // 2)
        self._turn, self._room_for_blur, self._edges = 0, 0, Edges()
        self._sent: tuple[Form, bool] = "I420", False
        self._looking: Callable[[], None] | None = None
        self._graphs: dict[tuple[int, Behind], Callable[[], None]] = {}
        self._behind: Bytes | None = None
        self._at: dict[str, int] = {"nothing": 0}
        self._own: list[str] = []
        self._blocks = block_grid(*network)
        self._half: Size = (network[0] // 2, network[1] // 2)
        self._coarse: Size = (-(-self._half[0] // motion.BLOCK), -(-self._half[1] // motion.BLOCK))
        self._fine: Size = (-(-network[0] // motion.BLOCK), -(-network[1] // motion.BLOCK))
        guide, pixels = area(self._guide), area(size) * 3 // 2
        # What is downloaded lies in one piece.
        self._sizes = {"shown": 4 * guide, "values": area(size), "out": pixels}
        with engine.card as card:
            self._kernels = load_kernels(engine)
            self._allocate(
                {
                    "sent": 3 * area(size),
                    "frame": pixels,
                    "picture": pixels,
                    "guide": 4 * guide,
                    **dict.fromkeys(("coarse", "clean", "labels"), 4 * area(network)),
                    "counts": 4 * 4 * area(network),
                    "blobs": area(network),
                    **dict.fromkeys(("moved", "mixed"), 4 * area(network)),
                    **dict.fromkeys(("gray", "gray before"), area(network)),
                    **dict.fromkeys(("half", "half before"), area(self._half)),
                    **dict.fromkeys(("followed", "followed before"), 2 * 4 * area(self._coarse)),
                    "moves": area(self._coarse),
                    "vectors": 2 * 4 * area(self._fine),
                    **dict.fromkeys(
                        ("matte", "trust", "belief", "alpha", "unlike", "believed", "rate", "small"), 4 * guide
                    ),
                    **dict.fromkeys(("across", "least", "most"), 4 * guide),
                    "lines": 4 * 4 * guide,
                    "known": guide,
                    "kind": guide,
                    "held": guide,
                    "past": 4 * area(size),
                    "total": VECTOR,
                    "tally": 4 * BINS,
                    "noise": 4,
                    "blocks": VECTOR * area(self._blocks),
                    "places": VECTOR * area(cuts.BLOCKS),
                    "changed": 2 * 4,
                    **dict.fromkeys(("fit", "seen", "slopes", "person", "room"), VECTOR * guide),
                    "keys": VECTOR * area(self._cells),
                    **dict.fromkeys(("cells", "shares"), 4 * area(self._cells)),
                    "result": sum(self._sizes.values()),
                }
            )
            self._at["input"] = engine.image
            place = self._at["result"]
            for name, count in self._sizes.items():
                self._at[name] = place
                place += count
            card.clear(self._at["tally"], 4 * BINS)
            # No form takes more than BGR.
            self._host_frame = card.pinned((3 * area(size),), np.uint8)
            self._host_sent = self._host_frame[:pixels]
            self._host_result = card.pinned((sum(self._sizes.values()),), np.uint8)
            self._host_changed = card.pinned((2,), np.int32)

    def close(self) -> None:
        """Gives back what it has on the card, whose engine stays as it is."""
        with self.engine.card as card:
            self._forget()
            for name in self._own:
                card.free(self._at.pop(name))
            for array in (self._host_frame, self._host_result, self._host_changed):
                card.unpin(array)
        self._own.clear()

    def _allocate(self, sizes: Mapping[str, int]) -> None:
        """Memory by name, in bytes; what had one of the names before is freed."""
        for name, count in sizes.items():
            if name in self._own:
                self._own.remove(name)
                self.engine.card.free(self._at[name])
            self._at[name] = self.engine.card.allocate(count)
            self._own.append(name)

    def draw(self, frame: Frame, standing: Standing, edges: Edges) -> Picture:
        """The finished picture of a frame of any form, before what is `standing` behind; raises `EngineError`."""
        with self.engine.card as card:
            self._take(frame.raw)
            behind = self._prepare(standing)
            moved, self._edges = edges != self._edges, edges
            if moved:
                self._forget()
            jumped, cut = self._see(frame.fresh)
            again = frame.fresh or moved or cut
            if frame.fresh:
                self.engine.reset()
            if frame.fresh or jumped:
                for _ in range(FIRST_LOOKS):
                    self._turn = 1 - self._turn
                    self.engine.enqueue(self._turn)
                self._at["found"] = self.engine.mattes[self._turn]
                self._finish(behind, again)
                self._keep(forget=True)
            elif again:
                self._turn = 1 - self._turn
                self._rest(self._turn, behind, again)
            else:
                self._go_on(behind)
            card.wait()
        small, values, out = np.split(memory.copied(self._host_result), np.cumsum([*self._sizes.values()])[:-1])
        small = small.view(np.float32).reshape(self._guide[::-1])
        planes = out.reshape(-1, self.size[0])
        return CardPicture(frame, small, values.reshape(frame.size[::-1]), None if standing is None else planes)

    def _take(self, raw: Raw) -> None:
        """Lays a frame where the card will fetch it, in the form it came in."""
        if (raw.form, raw.mirrored) != self._sent:
            self._forget()
            self._sent = raw.form, raw.mirrored
            self._host_sent = self._host_frame[: raw.sent.size]
        np.copyto(self._host_sent.reshape(raw.sent.shape), raw.sent)

    def _bring(self) -> None:
        """Fetches that frame, and makes planes of it."""
        form, mirrored = self._sent
        if form == "I420" and not mirrored:
            self.engine.card.upload(self._at["frame"], self._host_sent)
            return
        self.engine.card.upload(self._at["sent"], self._host_sent)
        squares = self.size[0] // 2, self.size[1] // 2
        self._launch(f"from_{form.lower()}", squares, "sent", int(mirrored), "frame", self.size)

    def _prepare(self, standing: Standing) -> Behind:
        """Brings to the card what stands behind, where it is not there yet."""
        if standing is None:
            return None
        if isinstance(standing, Blur):
            size, sigma = standing.small_size(*self.size)
            if area(size) > self._room_for_blur:
                self._forget()
                self._allocate(dict.fromkeys(("layer", "rows", "blurred"), VECTOR * area(size)))
                self._room_for_blur = area(size)
            return size, sigma
        if standing is not self._behind:
            card = self.engine.card
            card.upload(self._at["picture"], standing)
            # It may be overwritten once it is given back.
            card.wait()
            self._behind = standing
        return "picture"

    def _see(self, fresh: bool) -> tuple[bool, bool]:
        """Brings the frame to the network's input; returns whether it is another picture than the last, to the network
        and to the refiner."""
        if fresh:
            # Whatever is loaded when it is first used must not be while something is recorded.
            self._look()
            return False, False
        self._looking = self._looking or self.engine.card.record(self._look)
        self._looking()
        self.engine.card.wait()
        blocks, places = self._host_changed.tolist()
        return blocks > JUMP * area(self._blocks), 2 * places > area(cuts.BLOCKS)

    def _go_on(self, behind: Behind) -> None:
        """From the input to the result, as one thing recorded once for either turn of the network's memory."""
        self._turn = turn = 1 - self._turn
        if any(known != behind for _, known in self._graphs):
            self._forget()
        if (turn, behind) not in self._graphs:
            self._graphs[turn, behind] = self.engine.card.record(lambda: self._rest(turn, behind))
        self._graphs[turn, behind]()

    def _forget(self) -> None:
        self._looking = None
        self._graphs.clear()
        self.engine.card.forget()

    def _rest(self, turn: int, behind: Behind, fresh: bool = False) -> None:
        self._at["last"], self._at["found"] = self.engine.mattes[1 - turn], self.engine.mattes[turn]
        if self._memory:
            self._follow()
        self.engine.enqueue(turn)
        if self._memory:
            self._mix()
        self._finish(behind, fresh)
        self._keep(forget=False)

    def _turn_gray(self) -> None:
        self._launch("make_gray", self._network, "input", "gray", self._network)
        self._launch("halve_gray", self._half, "gray", self._network[0], "half", self._half)

    def _follow(self) -> None:
        """The network's memory, moved with the picture: segment.motion."""
        halves = ("half", "half before", self._half, "followed before")
        self._launch("follow_blocks", self._coarse, *halves, "followed", "moves", self._coarse)
        coarse = ("followed", "moves", self._coarse)
        wholes = ("gray", "gray before", "last", self._network)
        self._launch("bring_blocks", self._fine, *wholes, *coarse, "vectors", self._fine)
        self._launch("move_matte", self._network, "last", "vectors", self._fine[0], "moved", self._network)
        self._launch("put_back", self._network, "moved", "last", self._network)

    def _mix(self) -> None:
        """The network's matte with that memory in it."""
        pictures = ("gray", "gray before", "vectors", self._fine[0])
        self._launch("mix_moved", self._network, "found", "moved", *pictures, "mixed", self._network)
        self._at["found"] = self._at["mixed"]

    def _keep(self, forget: bool) -> None:
        """The picture, for what moves until the next."""
        now, before = ("gray", "half", "followed"), ("gray before", "half before", "followed before")
        self._launch("keep_pictures", self._network, *now, area(self._coarse), int(forget), *before, self._network)

    def _look(self) -> None:
        """From the frame to the network's input, and how much of that has changed."""
        self._bring()
        self._launch("make_guide", self._guide, "frame", self.size, "guide", self._guide)
        if self._guide[0] < self._network[0] or self._guide[1] < self._network[1]:
            self._launch("make_large_input", self._network, "frame", self.size, "input", self._network)
        else:
            self._launch("make_input", self._network, "guide", self._guide, "input", self._network)
        self._turn_gray()
        self.engine.card.clear(self._at["changed"], self._host_changed.nbytes)
        self._launch("see_jump", self._blocks, "input", self._network, "blocks", "changed", self._blocks)
        self._launch("see_cut", cuts.BLOCKS, "guide", self._guide, "places", "changed", cuts.BLOCKS)
        self.engine.card.download(self._host_changed, self._at["changed"])

    def _finish(self, behind: Behind, fresh: bool) -> None:
        """From the network's matte to the result on the host."""
        guide, again = self._guide, int(fresh)
        self._clear_islands(again)
        self._launch("enlarge", guide, "clean", self._network, "belief", "matte", guide)
        self._launch("fit_colours", guide, "guide", "matte", "fit", "trust", guide)
        self._launch("mean_fit", guide, "guide", "matte", "fit", "trust", "lines", "alpha", guide)
        self._key()
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
        self.engine.card.download(self._host_result, self._at["result"])

    def _key(self) -> None:
        """The outline by the colours on either side of it: refine.keying."""
        self._launch("group_cells", self._cells, "guide", "alpha", self._guide, "cells", self._cells)
        self._launch("key_cells", self._cells, "cells", "keys", "shares", self._cells)
        self._launch("mix_keys", self._guide, "guide", "keys", "shares", "lines", "alpha", self._guide)

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

    def _clear_islands(self, again: int) -> None:
        """The network's matte without strays and pinholes: refine.islands."""
        size, threshold = self._network, self._edges.threshold
        self._launch("weigh_odds", size, "found", "blobs", again, "coarse", threshold, size)
        for holes in (0, 1):
            self._launch("start_labels", size, "coarse", holes, "labels", "counts", size)
            self._launch("join_labels", size, "labels", holes, size)
            self._launch("count_labels", size, "coarse", "blobs", again, holes, "labels", "counts", size)
            if not holes:
                self._launch("clear_strays", size, "coarse", "labels", "counts", "blobs", again, size)
        filled: tuple[Word, ...] = ("found", threshold, "coarse", "labels", "counts", "clean", "blobs")
        self._launch("fill_pinholes", size, *filled, size)

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


def area(size: Size) -> int:
    return size[0] * size[1]
