"""The network rests while the picture stands still, and not a frame longer."""

from collections.abc import Callable

import numpy as np
import pytest

from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.segment import open_segmenter
from greenscreen.segment.engine import FIRST_LOOKS
from greenscreen.segment.stillness import LONGEST, SETTLE, Stillness, blocks_of, blocks_of_fast

Answer = Callable[[int, int], Matte]


def seen(seed: int, place: float = 100) -> Image:
    """A camera's picture, with its noise, of a dark bar before a bright wall."""
    across = np.clip(np.arange(320) - place + 0.5, 0, 1) * np.clip(place + 60 - np.arange(320) + 0.5, 0, 1)
    image = 170 - 110 * np.broadcast_to(across[None, :, None], (192, 320, 3))
    return np.clip(image + np.random.default_rng(seed).normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def settled() -> Stillness:
    stillness = Stillness()
    for index in range(SETTLE + 2):
        if stillness.answer(seen(index)) is None:
            stillness.keep(np.full((192, 320), index, np.float32))
    return stillness


def test_noise_is_no_motion() -> None:
    assert settled().answer(seen(99)) is not None


def test_the_first_motion_is_looked_at_in_the_same_frame() -> None:
    assert settled().answer(seen(99, 101)) is None


def test_a_change_of_light_is_looked_at() -> None:
    assert settled().answer(np.clip(seen(99) * 1.05, 0, 255).astype(np.uint8)) is None


def test_slow_motion_adds_up() -> None:
    """A tenth of a pixel a frame is never seen from one frame to the next, but it is seen."""
    stillness = settled()
    answers = [stillness.answer(seen(index, 100 + index / 10)) for index in range(8)]
    assert answers[0] is not None
    assert any(answer is None for answer in answers)


@pytest.mark.parametrize(("place", "jumped"), [(101, False), (115, False), (180, True)])
def test_a_picture_with_little_in_common_has_jumped(place: float, jumped: bool) -> None:
    """What the network remembers helps with motion, and lags behind jumps."""
    stillness = settled()
    stillness.answer(seen(99, place))
    assert stillness.jumped is jumped


def test_it_looks_now_and_then_whatever_happens() -> None:
    stillness = settled()
    rests = [stillness.answer(seen(index)) is not None for index in range(LONGEST + 2)]
    assert not all(rests)


def test_frames_are_counted_and_a_fresh_one_is_always_looked_at(stub_engine: Callable[[Answer], str]) -> None:
    looks = []

    def answer(width: int, height: int) -> Matte:
        looks.append(1)
        return np.zeros((height, width), np.float32)

    image = np.full((360, 640, 3), 90, np.uint8)
    with open_segmenter(stub_engine(answer)) as segmenter:
        for index in range(20):
            segmenter.segment(Frame(image, index, index, fresh=index == 0))
        assert segmenter.skipped == 20 - SETTLE - 1
        before = len(looks)
        segmenter.segment(Frame(image, 20, 20, fresh=True))
        assert len(looks) > before


def test_a_jump_is_looked_at_well_and_what_is_remembered_is_kept(stub_engine: Callable[[Answer], str]) -> None:
    """From nothing, the network needs more looks until it knows the person again than to follow them."""
    looks: list[int] = []

    def answer(width: int, height: int) -> Matte:
        looks.append(1)
        return np.zeros((height, width), np.float32)

    counts, resets = [], []
    with open_segmenter(stub_engine(answer)) as segmenter:
        for index, level in enumerate((20, 200)):
            frame = Frame(np.full((180, 320, 3), level, np.uint8), index, index, fresh=index == 0)
            segmenter.engine_for(frame).reset = lambda: resets.append(1)  # type: ignore[method-assign]
            segmenter.segment(frame)
            counts.append(len(looks))
    assert counts == [FIRST_LOOKS, 2 * FIRST_LOOKS]
    assert len(resets) == 1, "for the fresh frame alone"


@pytest.mark.parametrize("size", [(160, 288), (192, 256), (100, 180)], ids=str)
def test_blocks_found_by_compiled_loops_are_opencvs(size: tuple[int, int]) -> None:
    """So that whether a picture stands still does not depend on who looks."""
    image = np.random.default_rng(4).integers(0, 256, (*size, 3), np.uint8)
    np.testing.assert_array_equal(blocks_of_fast(image), blocks_of(image))
