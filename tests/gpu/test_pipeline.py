"""The frame on the card looks as it does on the CPU, whatever changes between frames."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from emulated_card import EmulatedCard
from emulated_engine import MOVED, as_sent, in_bgr, on_card, on_cpu, person

from greenscreen.composite import Composite
from greenscreen.composite.background import open_backdrop
from greenscreen.control import Control
from greenscreen.gpu import Canvas, GpuPipeline
from greenscreen.gpu.canvas import Behind
from greenscreen.live import run as live
from greenscreen.picture.colour import to_i420
from greenscreen.picture.forms import Form
from greenscreen.picture.frame import Frame, Picture
from greenscreen.refine import Edges, Plate
from greenscreen.segment.engine import FIRST_LOOKS
from greenscreen.settings import make_settings
from greenscreen.sources.synthetic import SyntheticSource


@pytest.mark.parametrize(
    ("background", "size"),
    [
        ("green", (640, 360)),
        ("blur", (640, 360)),
        ("blur:2", (270, 480)),
        ("blur:60", (640, 360)),
        ("green", (160, 90)),
        ("green", (1920, 1080)),
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
    pictures = [first, more[0], *(replace(more[1], given=to_i420(image)) for image in (half, another))]
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


@pytest.mark.parametrize("background", ["green", "blur", None])
def test_all_forms_of_a_frame_become_the_same_picture(background: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if one takes another's place meanwhile, and if they come mirrored, to be mirrored again."""
    backdrop = open_backdrop(background) if background else None
    one, other = on_card(backdrop, []), on_card(backdrop, [])
    forms: list[tuple[Form, bool]] = [("BGR", False), ("BGR", False), ("I420", False), ("NV12", False)]
    forms += [("YUYV", False), ("YUYV", True), ("I420", True), ("BGR", True)]
    for form, frame in zip(forms, in_bgr(320, 180, count=len(forms)), strict=True):
        expected = one.process(frame.as_planar())
        came = as_sent(frame, *form)
        with monkeypatch.context() as patch:
            # It is the card that converts, and whoever only looks whether the room may be shown makes nothing.
            patch.delattr("greenscreen.picture.frame.to_i420")
            patch.delattr("greenscreen.picture.forms.Raw.pixels")
            got = other.process(came)
            _ = got.i420 if backdrop else got.alpha
            assert got.frame.given is came.given
            assert got.planar == bool(backdrop)
        for name in ("i420", "image", "alpha", "person"):
            np.testing.assert_array_equal(getattr(got, name), getattr(expected, name))


@pytest.mark.usefixtures("bare")
def test_what_a_camera_sends_is_made_planes_of_on_the_card_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody on the way asks for its pixels, be it mirrored or not."""
    frames = [as_sent(frame, "YUYV") for frame in person(320, 180, count=5)]
    shown: list[Picture] = []

    class Camera(SyntheticSource):
        def __iter__(self) -> Iterator[Frame]:
            yield from frames

    class Watcher:
        name = "watcher"

        def send(self, picture: Picture) -> bool:
            shown.append(picture)
            control.change(mirror=len(shown) > 2)
            return True

    monkeypatch.setattr(live, "open_source", lambda *_: Camera((320, 180), 30))
    monkeypatch.setattr(live, "open_segmenter", lambda *_, **__: on_card(None, [])._segmenter)
    monkeypatch.setattr(live, "open_sinks", lambda *_: [Watcher()])
    monkeypatch.delattr("greenscreen.picture.forms.Raw.pixels")
    control = Control(make_settings(background="green", frames=5))
    summary = live.run_live(control, lambda _: None)
    assert len(summary.meter.stages["card"]) == len(shown) == 5
    alphas = [picture.alpha.astype(int) for picture in shown]
    # Somebody who hardly moves, and whose left and right are not alike.
    for mirrored in (alphas[3], alphas[4]):
        assert np.abs(mirrored[:, ::-1] - alphas[2]).mean() < 3 < np.abs(mirrored - alphas[2]).mean()


def test_the_backdrop_may_change_between_frames() -> None:
    """Also to a blur that needs more memory, when what was recorded no longer holds."""
    backdrops = [open_backdrop(text) for text in ("green", "blur", "black", "blur:2", "blur:2")]
    card = on_card(backdrops[0], [])
    for frame, backdrop in zip(person(320, 180, count=5), backdrops, strict=True):
        card.backdrop = backdrop
        picture = card.process(frame)
        found = picture.composite._of  # type: ignore[attr-defined]
        assert backdrop is not None
        expected = Composite(frame, found, backdrop.behind(frame, found)).i420
        assert (np.abs(picture.i420.astype(np.int16) - expected) <= 2).mean() >= 0.999


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


def test_an_odd_picture_is_done_on_the_cpu() -> None:
    """It has no I420 form."""
    frame = next(person(320, 180, count=1))
    odd = replace(frame, given=frame.image[:179])
    assert on_card(open_backdrop("green"), []).process(odd).image.shape == (179, 320, 3)


@pytest.mark.parametrize("wanted", [{"light_wrap": 0.5}, {"plate": Plate([np.zeros((180, 320, 3), np.uint8)])}])
def test_what_the_card_cannot_do_is_done_on_the_cpu(wanted: dict[str, object]) -> None:
    pipeline = on_card(open_backdrop("green"), [])
    for name, value in wanted.items():
        setattr(pipeline, name, value)
    pipeline.process(next(person(320, 180, count=1)))
    assert "card" not in pipeline.meter.stages
    assert "composite" in pipeline.meter.stages
