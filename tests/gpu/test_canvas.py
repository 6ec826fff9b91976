"""Each step on the card does what the CPU's does. Here the card is emulated: its kernels' own source, run by g++."""

import cv2
import numpy as np
import pytest
from emulated_card import EmulatedCard
from emulated_engine import INPUT, MOVED, EmulatedEngine

from greenscreen.gpu import Canvas
from greenscreen.picture.forms import Form, Raw, unchanged
from greenscreen.picture.frame import Frame
from greenscreen.planar import Planar
from greenscreen.refine import Edges, Islands, keying
from greenscreen.refine.limits import limits
from greenscreen.segment.motion import Motion
from greenscreen.sources.raw import from_nv12, from_yuyv

MAKERS = {"NV12": from_nv12, "YUYV": from_yuyv}
SHAPES = {
    "BGR": lambda width, height: (height, width, 3),
    "I420": lambda width, height: (height * 3 // 2, width),
    "NV12": lambda width, height: (height * 3 // 2, width),
    "YUYV": lambda width, height: (height, width, 2),
}


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


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("size", [(70, 38), (2, 2), (66, 18), (640, 360)])
@pytest.mark.parametrize("form", SHAPES)
def test_any_form_becomes_planes_on_the_card_to_the_bit(form: Form, size: tuple[int, int], mirror: bool) -> None:
    """What the CPU makes of noise, at sizes at which blocks of threads are cut, and of rows that have gaps."""
    assert Planar().wait(), "as two rows' colours are rounded otherwise until the loops are compiled"
    width, height = size
    shape = SHAPES[form](width, height)
    wide = np.random.default_rng(width).integers(0, 256, (shape[0], shape[1] + 6, *shape[2:]), np.uint8)
    frame = Frame(Raw(form, wide[:, 3:-3], MAKERS.get(form, unchanged)), 0, 0)
    frame = frame.mirrored() if mirror else frame
    canvas = Canvas(EmulatedEngine(EmulatedCard(), *INPUT), INPUT, size)
    with canvas.engine.card as card:
        canvas._take(frame.raw)
        canvas._bring()
        planes = card.at(canvas._at["frame"], width * height * 3 // 2)
        np.testing.assert_array_equal(planes, frame.as_planar().pixels.ravel())
