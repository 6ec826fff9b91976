"""The frame on the card looks as it does on the CPU. Here the card is emulated: its kernels' own source, run by g++."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from emulated_card import EmulatedCard, compiled_here

from greenscreen.background import Backdrop, open_backdrop
from greenscreen.colour import to_i420
from greenscreen.composite import Composite
from greenscreen.contract import read_contract
from greenscreen.errors import EngineError
from greenscreen.frame import Frame, Image, Matte
from greenscreen.gpu import Canvas, GpuPipeline, kernels, make_ready
from greenscreen.gpu.canvas import Behind
from greenscreen.kernels import fields
from greenscreen.pipeline import Pipeline
from greenscreen.refine import Edges, Islands, Plate, Refiner, guided_kernels, keying
from greenscreen.refine.limits import limits
from greenscreen.resize import cover
from greenscreen.segment import Segmenter, bundled_model, standby
from greenscreen.segment.engine import FIRST_LOOKS, NotBuiltError
from greenscreen.segment.motion import Motion
from greenscreen.segment.openvino import OpenVinoEngine
from greenscreen.segment.standby import StandbyEngine
from greenscreen.sources import open_source

MODEL = bundled_model()
CONTRACT = read_contract(MODEL)
INPUT = CONTRACT.input_size(16, 9)


class EmulatedEngine:
    """What TensorRtEngine is to a canvas, the network itself run by OpenVINO on the card's emulated memory."""

    def __init__(self, card: EmulatedCard, width: int, height: int):
        self.card, self.closed, self.runs = card, False, 0
        self._shape = height, width
        self._network = OpenVinoEngine(MODEL, CONTRACT, width, height, precise=True)
        self.image = card.allocate(12 * width * height)
        self.mattes = card.allocate(4 * width * height), card.allocate(4 * width * height)

    def enqueue(self, turn: int) -> None:
        height, width = self._shape
        image = self.card.at(self.image, 12 * width * height).view(np.float32).reshape(height, width, 3)
        last, now = (self.card.at(self.mattes[i], 4 * width * height).view(np.float32) for i in (1 - turn, turn))

        def run() -> None:
            self.runs += 1
            now[:] = self._network.step(image.astype(np.uint8), last.reshape(height, width)).ravel()

        self.card.do(run)

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        return self._network.step(image, last)

    def reset(self) -> None:
        with self.card:
            for matte in self.mattes:
                self.card.clear(matte, 4 * self._shape[0] * self._shape[1])

    def close(self) -> None:
        self.closed = True
        self.card.close()


@pytest.fixture(autouse=True)
def kernels_here(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    # An emulation takes its time.
    for name in ("ANSWER", "OPENING", "LEAVING"):
        monkeypatch.setattr(standby, name, 60)
    folder = tmp_path_factory.getbasetemp() / "kernels"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(kernels, "compiled", compiled_here(folder))


def person(width: int, height: int, count: int) -> Iterator[Frame]:
    """Somebody with hair who moves, before a room: the beginning of the demo clip, in I420."""
    for frame in in_bgr(width, height, count):
        yield frame.as_planar()


def in_bgr(width: int, height: int, count: int) -> Iterator[Frame]:
    with open_source("demo") as source:
        for frame in itertools.islice(source, count):
            yield replace(frame, pixels=cover(frame.image, width, height))


def on_cpu(backdrop: Backdrop | None, edges: Edges | None = None) -> Pipeline:
    opener = lambda model, contract, width, height: OpenVinoEngine(model, contract, width, height, precise=True)  # noqa: E731
    return Pipeline(Segmenter("cpu", opener, MODEL, CONTRACT), Refiner(edges), backdrop)


def on_card(backdrop: Backdrop | None, cards: list[EmulatedCard], edges: Edges | None = None) -> GpuPipeline:
    def opener(*place: object) -> EmulatedEngine:
        cards.append(EmulatedCard())
        return EmulatedEngine(cards[-1], *place[2:])  # type: ignore[arg-type]

    return GpuPipeline(Segmenter("card", opener, MODEL, CONTRACT), Refiner(edges), backdrop)


@pytest.mark.parametrize(
    ("background", "size"),
    [
        ("green", (640, 360)),
        ("blur", (640, 360)),
        ("blur:2", (270, 480)),
        ("blur:60", (640, 360)),
        ("green", (160, 90)),
    ],
)
def test_card_and_cpu_agree_within_two_levels(background: str, size: tuple[int, int]) -> None:
    """At 99.9 % of all samples, in every frame: the first, and those that memory and smoother shape."""
    cards: list[EmulatedCard] = []
    backdrop = open_backdrop(background)
    cpu, card = on_cpu(backdrop), on_card(backdrop, cards)
    for frame in person(*size, count=3):
        expected, got = cpu.process(frame), card.process(frame)
        assert 0.1 < (expected.alpha > 200).mean() < 0.9, "the demo's person must be found, or this shows nothing"
        assert (np.abs(got.i420.astype(np.int16) - expected.i420) <= 2).mean() >= 0.999
        assert (np.abs(got.alpha.astype(np.int16) - expected.alpha) <= 2).mean() >= 0.999
    assert len(cards) == 1


MOVED = [Edges(shift=8), Edges(shift=-60, outward=3), Edges(outward=30), Edges(inward=12, outward=20, shift=-5)]


def test_islands_are_the_same() -> None:
    """Of blobs and holes of all sizes that change from frame to frame; the fourth is a fresh start."""
    width, height = 320, 192
    rng, islands = np.random.default_rng(1), Islands()
    first = rng.normal(0, 1, (height, width))
    canvas, lost = Canvas(EmulatedEngine(EmulatedCard(), width, height), (width, height), (640, 360)), 0
    canvas._at["found"] = canvas.engine.mattes[0]
    for n in range(8):
        layer = cv2.GaussianBlur(first + 0.3 * n * rng.normal(0, 1, first.shape), (0, 0), 3)
        matte = np.clip(0.3 + 0.4 * layer / layer.std(), 0, 1).astype(np.float32)
        if n == 4:
            islands.reset()
        with canvas.engine.card as card:
            card.upload(canvas._at["found"], matte)
            canvas._clear_islands(int(n in (0, 4)))
        expected = islands.clear(matte)
        got = card.at(canvas._at["clean"], 4 * matte.size).view(np.float32).reshape(matte.shape)  # type: ignore[attr-defined]
        np.testing.assert_array_equal(got, expected)
        lost += int(((matte > 0.5) & (expected == 0)).sum())
    assert lost > 100


@pytest.mark.parametrize("edges", MOVED, ids=str)
def test_limits_are_the_same(edges: Edges) -> None:
    """Of somebody, of a picture full of a person, and of one with nobody."""
    alpha = np.zeros((90, 160), np.float32)
    cv2.circle(alpha, (70, 50), 30, 1, -1)
    cv2.circle(alpha, (120, 20), 9, 1, -1)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1.5), np.float32)
    for small in (alpha, np.ones_like(alpha), np.zeros_like(alpha)):
        canvas = Canvas(EmulatedEngine(EmulatedCard(), 320, 192), (320, 192), (160, 90))
        canvas._edges, card = edges, canvas.engine.card
        with card:
            card.upload(canvas._at["small"], small)
            names = canvas._limit()
        expected = limits(small, edges)
        assert expected
        for name, bound in zip((*names, "shown"), (*expected, np.clip(small, *expected)), strict=True):
            got = card.at(canvas._at[name], 4 * small.size).view(np.float32).reshape(small.shape)  # type: ignore[attr-defined]
            np.testing.assert_allclose(got, bound, atol=1e-4)


@pytest.mark.parametrize("size", [(160, 90), (90, 161)])
def test_keying_is_the_same(size: tuple[int, int]) -> None:
    """Of somebody before a wall whose matte lies aside, also with odd rows."""
    width, height = size
    truth = np.zeros((height, width), np.float32)
    cv2.circle(truth, (width // 2, height // 2), 30, 1, -1)
    colours = np.where(truth[..., None] > 0, (60, 50, 120), (90, 170, 60))
    guide = np.uint8(colours + np.random.default_rng(1).normal(0, 3, colours.shape))
    small = np.asarray(cv2.GaussianBlur(np.roll(truth, 2, 1), (0, 0), 2), np.float32)
    small = np.clip(1.1 * small - 0.05, 0, 1)
    lines = np.zeros((4, height, width), np.float32)
    canvas = Canvas(EmulatedEngine(EmulatedCard(), 320, 192), (320, 192), (width * 2, height * 2))
    canvas._guide, canvas._cells = size, ((width + 1) // 2, (height + 1) // 2)
    with canvas.engine.card as card:
        card.upload(canvas._at["guide"], np.dstack([guide, np.zeros_like(guide[..., :1])]))
        card.upload(canvas._at["alpha"], small)
        card.upload(canvas._at["lines"], lines)
        canvas._key()
    expected = keying.mixed(guide, small, lines)
    assert np.abs(expected[0] - small).max() > 0.5
    for name, wanted in zip(("alpha", "lines"), expected, strict=True):
        got = card.at(canvas._at[name], 4 * wanted.size).view(np.float32).reshape(wanted.shape)  # type: ignore[attr-defined]
        np.testing.assert_allclose(got, wanted, atol=1e-4)


@pytest.mark.parametrize("shift", [(0, 0), (2, -1), (-13, 8)], ids=str)
def test_the_memory_moves_the_same_way(shift: tuple[int, int]) -> None:
    """Somebody moves before a room, in which the network sees only half of her."""
    width, height = INPUT
    noise = np.random.default_rng(1).normal(0, 1, (2, height, width, 3)).astype(np.float32)
    person, room = (np.clip(128 + 800 * cv2.GaussianBlur(layer, (0, 0), 9), 0, 255) for layer in noise)
    matte = np.zeros((height, width), np.float32)
    cv2.circle(matte, (width // 2, height // 2), 30, 1, -1)
    matte = np.asarray(cv2.GaussianBlur(matte, (0, 0), 1), np.float32)
    pictures = []
    for step in (0, 1):
        alpha, own = (np.roll(layer, (step * shift[1], step * shift[0]), (0, 1)) for layer in (matte, person))
        pictures.append(np.uint8(room + (own - room) * alpha[..., None]))
    half = np.minimum(alpha, 0.5)
    motion = Motion()
    motion.bring(pictures[0])
    motion.keep(matte)
    moved = motion.bring(pictures[1])
    assert (moved is None) is (shift == (0, 0))
    mixed = motion.keep(half)
    assert moved is None or np.abs(mixed - half).max() > 0.2
    engine = EmulatedEngine(EmulatedCard(), *INPUT)
    canvas = Canvas(engine, INPUT, (640, 360))
    with engine.card as card:
        for forget, picture in zip((True, False), pictures, strict=True):
            card.upload(engine.image, picture.astype(np.float32))
            canvas._turn_gray()
            if forget:
                canvas._keep(forget)
        for name, place, values in (("last", 0, matte), ("found", 1, half)):
            canvas._at[name] = engine.mattes[place]
            card.upload(engine.mattes[place], values)
        canvas._follow()
        canvas._mix()
    for name, wanted in (("moved", matte if moved is None else moved), ("mixed", mixed)):
        got = card.at(canvas._at[name], 4 * wanted.size).view(np.float32).reshape(wanted.shape)
        np.testing.assert_allclose(got, wanted, atol=1e-4)
    np.testing.assert_array_equal(
        card.at(engine.mattes[0], 4 * matte.size), card.at(canvas._at["moved"], 4 * matte.size)
    )


@pytest.mark.parametrize("edges", MOVED[1:], ids=str)
def test_moved_and_feathered_outlines_are_the_same_too(edges: Edges) -> None:
    backdrop = open_backdrop("blur")
    cpu, card = on_cpu(backdrop, edges), on_card(backdrop, [], edges)
    for frame in person(640, 360, count=2):
        expected, got = cpu.process(frame), card.process(frame)
        assert (np.abs(got.i420.astype(np.int16) - expected.i420) <= 2).mean() >= 0.999
        assert (np.abs(got.alpha.astype(np.int16) - expected.alpha) <= 2).mean() >= 0.999
    assert len(card.meter.stages["card"]) == 2


def test_an_outline_may_be_moved_between_frames() -> None:
    backdrop = open_backdrop("green")
    cpu, card = on_cpu(backdrop), on_card(backdrop, [])
    wanted = [Edges(), Edges(shift=6), Edges(shift=6), Edges(outward=9), Edges()]
    for frame, edges in zip(person(320, 180, count=5), wanted, strict=True):
        for pipeline in (cpu, card):
            pipeline.refiner.change(edges)
        expected, got = cpu.process(frame), card.process(frame)
        assert (np.abs(got.i420.astype(np.int16) - expected.i420) <= 2).mean() >= 0.999


def test_after_a_jump_and_a_cut_it_looks_and_forgets_as_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network looks more than once and remembers; the refiner starts afresh if most of the picture is another."""
    begun: list[bool] = []
    finish = Canvas._finish

    def finished(canvas: Canvas, behind: Behind, fresh: bool) -> None:
        begun.append(fresh)
        finish(canvas, behind, fresh)

    monkeypatch.setattr(Canvas, "_finish", finished)
    backdrop = open_backdrop("green")
    cpu, card = on_cpu(backdrop), on_card(backdrop, [])
    first, *more = person(320, 180, count=4)
    half = more[1].image.copy()
    half[:, :140] = half[:, ::-1][:, :140]
    another = 255 - more[2].image
    pictures = [first, more[0], *(replace(more[1], pixels=to_i420(image)) for image in (half, another))]
    expectations = [(FIRST_LOOKS, [True]), (1, [False]), (FIRST_LOOKS, [False]), (FIRST_LOOKS, [True])]
    for frame, (looks, fresh) in zip(pictures, expectations, strict=True):
        before = runs(card)
        begun.clear()
        expected, got = cpu.process(frame), card.process(frame)
        assert (runs(card) - before, begun) == (looks, fresh)
        assert (np.abs(got.i420.astype(np.int16) - expected.i420) <= 2).mean() >= 0.999


def runs(pipeline: GpuPipeline) -> int:
    """How often the network ran on the card."""
    return sum(engine.runs for engine in pipeline._segmenter._engines.values())  # type: ignore[attr-defined]


def test_a_cut_out_is_the_same_too() -> None:
    """Transparent pictures are finished on the CPU, of the card's alpha."""
    cpu, card = on_cpu(None), on_card(None, [])
    for frame in person(320, 180, count=2):
        expected, got = cpu.process(frame), card.process(frame)
        assert got.transparent
        assert (np.abs(got.pixels.astype(np.int16) - expected.pixels) <= 2).mean() >= 0.999


def test_a_frame_in_bgr_becomes_planes_on_the_card_to_the_bit() -> None:
    """Colours of all kinds, and a width at which blocks of threads are cut."""
    image = np.random.default_rng(1).integers(0, 256, (38, 70, 3), np.uint8)
    image[:6] = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [7, 0, 255]])[:, None]
    code = kernels.compiled("colour", (9, 0), kernels.CONSTANTS)
    with EmulatedCard() as card:
        (kernel,) = card.kernels(code, "to_planes")
        source, planes = card.allocate(image.size), card.allocate(image.size // 2)
        card.upload(source, image)
        card.launch(kernel, (35, 19), np.uintp(source), np.uintp(planes), np.int32(70), np.int32(38))
        np.testing.assert_array_equal(card.at(planes, image.size // 2), to_i420(image).ravel())


@pytest.mark.parametrize("background", ["green", "blur", None])
def test_both_forms_of_a_frame_become_the_same_picture(background: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, photos and webcams come as BGR, others as I420; also if one takes the other's place meanwhile."""
    backdrop = open_backdrop(background) if background else None
    one, other = on_card(backdrop, []), on_card(backdrop, [])
    for index, frame in enumerate(in_bgr(320, 180, count=6)):
        expected = one.process(frame.as_planar())
        form = frame if index % 4 < 2 else frame.as_planar()
        with monkeypatch.context() as patch:
            # It is the card that converts.
            patch.delattr("greenscreen.frame.to_i420")
            got = other.process(form)
            _ = got.i420 if backdrop else got.alpha
        for name in ("i420", "image", "alpha", "person"):
            np.testing.assert_array_equal(getattr(got, name), getattr(expected, name))


def test_the_backdrop_may_change_between_frames() -> None:
    """Also to a blur that needs more memory, when what was recorded no longer holds."""
    backdrops = [open_backdrop(text) for text in ("green", "blur", "black", "blur:2", "blur:2")]
    card = on_card(backdrops[0], [])
    for frame, backdrop in zip(person(320, 180, count=5), backdrops, strict=True):
        card.backdrop = backdrop
        picture = card.process(frame)
        found = picture._of  # type: ignore[attr-defined]
        assert backdrop is not None
        expected = Composite(frame, found, backdrop.behind(frame, found)).i420
        assert (np.abs(picture.i420.astype(np.int16) - expected) <= 2).mean() >= 0.999


class Machine:
    """One with a card, on which the CPU stands by."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.cards: list[EmulatedCard] = []
        opener = lambda *_: StandbyEngine("tensorrt", self.wanted, self.spare, True, self.said.append)  # noqa: E731
        self.segmenter = Segmenter("tensorrt", opener, MODEL, CONTRACT)
        self.pipeline = GpuPipeline(self.segmenter, Refiner(), open_backdrop("#ff00ff"))

    def wanted(self, *, build: bool, progress: object = None) -> EmulatedEngine:
        self.cards.append(EmulatedCard())
        return EmulatedEngine(self.cards[-1], *INPUT)

    def spare(self) -> OpenVinoEngine:
        return OpenVinoEngine(MODEL, CONTRACT, *INPUT)

    @property
    def on_card(self) -> int:
        """How many frames were made on a card."""
        return len(self.pipeline.meter.stages["card"])

    def process(self, frame: Frame) -> None:
        """And what the person sees is their backdrop, never the room."""
        corner = self.pipeline.process(frame).image[:40, :40].reshape(-1, 3)
        assert (np.abs(corner.astype(int) - (255, 0, 255)) < 6).all()


@pytest.mark.parametrize("how", ["lost", "hung"])
def test_a_lost_card_costs_no_frame_and_shows_no_room(how: str) -> None:
    """The same frame is done on the CPU."""
    machine = Machine()
    with machine.segmenter:
        for index, frame in enumerate(person(320, 180, count=4)):
            if index == 2:
                setattr(machine.cards[0], how, True)
            machine.process(frame)
            assert machine.on_card == min(index + 1, 2)
        assert not (machine.cards[0].hung and machine.cards[0].closed), "what a card that hangs works with, it keeps"
        machine.cards[0].hung = False
    assert machine.cards[0].closed
    assert ["lost" in line for line in machine.said] == [True]


def test_a_frame_that_never_comes_back_costs_no_frame_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """The card is left alone until it answers, and then tried again."""
    monkeypatch.setattr(standby, "PAUSE", 0.01)
    machine, answering = Machine(), Event()

    def never(*_: object) -> None:
        assert answering.wait(60)
        raise EngineError("too late")

    with machine.segmenter:
        frames = person(320, 180, count=4)
        machine.process(next(frames))
        with monkeypatch.context() as patch:
            patch.setattr(standby, "ANSWER", 0.2)
            patch.setattr(Canvas, "draw", never)
            machine.process(next(frames))
        machine.process(next(frames))
        assert (machine.on_card, len(machine.cards)) == (1, 1)
        answering.set()
        last = next(frames)
        while machine.segmenter.engine_for(last)._ready is None:  # type: ignore[attr-defined]
            time.sleep(0.01)
        machine.process(last)
        assert (machine.on_card, len(machine.cards)) == (2, 2)
        assert machine.cards[0].closed
    assert machine.said[-1] == "now on tensorrt"


def test_memory_is_flat_whatever_changes() -> None:
    """Backdrop, outline, form and size of the frames, and whether the card draws at all."""
    cards: list[EmulatedCard] = []
    card = on_card(None, cards)
    held = []
    for _ in range(2):
        for size in ((160, 90), (96, 54)):
            for background, edges, wrap in (
                ("blur:2", Edges(), 0),
                ("green", Edges(shift=4), 0.5),
                ("blur:9", Edges(), 0),
            ):
                card.backdrop, card.light_wrap = open_backdrop(background), wrap
                card.refiner.change(edges)
                for form in (next(in_bgr(*size, count=1)), next(person(*size, count=1))):
                    card.process(form)
        held.append(cards[0].held)
    assert len(cards) == 1
    assert held[0] == held[1]


def test_an_engine_may_take_the_cards_place_and_the_card_take_it_back() -> None:
    """What a closed engine had on its card went with it; nobody touches that any more."""
    cards: list[EmulatedCard] = []
    card = on_card(open_backdrop("green"), cards)
    frames = person(160, 90, count=4)
    card.process(next(frames))
    cpu = Segmenter("cpu", lambda *place: OpenVinoEngine(*place), MODEL, CONTRACT)
    card._segmenter.exchange(cpu)
    card.process(next(frames))
    assert cards[0].closed
    card._segmenter.exchange(on_card(None, cards)._segmenter)
    for frame in frames:
        card.process(frame)
    assert len(card.meter.stages["card"]) == 3
    assert not cards[1].closed


def test_a_picture_that_is_turned_and_turned_back_is_drawn_where_it_was_before() -> None:
    cards: list[EmulatedCard] = []
    backdrop = open_backdrop("green")
    cpu, card = on_cpu(backdrop), on_card(backdrop, cards)
    held = []
    for size in ((320, 180), (180, 320), (320, 180), (180, 320)):
        frame = next(person(*size, count=1))
        expected, got = cpu.process(frame), card.process(frame)
        assert (np.abs(got.i420.astype(np.int16) - expected.i420) <= 2).mean() >= 0.999
        held.append(sum(card.held for card in cards))
    assert len(cards) == 2
    assert held[1] == held[2] == held[3]


def test_kernels_are_compiled_before_the_first_frame(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or the engine counts as not built: compiling them takes a minute."""
    made: list[str] = []
    monkeypatch.setattr(kernels, "compiled", lambda part, *_: made.append(part))
    monkeypatch.setattr(kernels, "kept", lambda part, *_: tmp_path / part)
    engine = EmulatedEngine(EmulatedCard(), *INPUT)
    with pytest.raises(NotBuiltError, match="still to be compiled"):
        make_ready(engine, build=False)
    make_ready(engine, build=True)
    assert made == list(kernels.PARTS)
    for part in kernels.PARTS:
        (tmp_path / part).touch()
    make_ready(engine, build=False)
    make_ready(OpenVinoEngine(MODEL, CONTRACT, *INPUT), build=False)


def test_an_odd_picture_is_done_on_the_cpu() -> None:
    """It has no I420 form."""
    frame = next(person(320, 180, count=1))
    odd = replace(frame, pixels=frame.image[:179])
    assert on_card(open_backdrop("green"), []).process(odd).image.shape == (179, 320, 3)


@pytest.mark.parametrize("wanted", [{"light_wrap": 0.5}, {"plate": Plate([np.zeros((180, 320, 3), np.uint8)])}])
def test_what_the_card_cannot_do_is_done_on_the_cpu(wanted: dict[str, object]) -> None:
    pipeline = on_card(open_backdrop("green"), [])
    for name, value in wanted.items():
        setattr(pipeline, name, value)
    pipeline.process(next(person(320, 180, count=1)))
    assert "card" not in pipeline.meter.stages
    assert "composite" in pipeline.meter.stages


def test_a_card_that_cannot_stand_by_says_what_failed() -> None:
    cards: list[EmulatedCard] = []
    pipeline = on_card(open_backdrop("green"), cards)
    frames = person(320, 180, count=2)
    pipeline.process(next(frames))
    cards[0].lost = True
    with pytest.raises(EngineError, match="unplugged"):
        pipeline.process(next(frames))


def test_the_constants_that_are_written_twice_are_the_same() -> None:
    assert float(kernels.CONSTANTS["FEW"].rstrip("f")) == pytest.approx(float(fields.FEW))
    assert int(kernels.CONSTANTS["STEPS"]) == guided_kernels.STEPS
