"""The network's memory goes where the picture goes: exactly so far, and nothing else does."""

import sys
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from moving_scene import HEIGHT, WIDTH, disc, scene, texture

from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.segment import open_segmenter
from greenscreen.segment.engine import FIRST_LOOKS
from greenscreen.segment.motion import PAD, Motion, pair
from greenscreen.segment.stillness import SETTLE


def at(image: Image, matte: Matte) -> Motion:
    """Motion that has seen one picture, and the network's matte of it."""
    motion = Motion()
    assert motion.bring(image) is None, "from nothing, nothing moves"
    assert motion.keep(matte) is matte
    return motion


@pytest.mark.parametrize("shift", [(1, 0), (0, -3), (-2.5, 1.5), (4, 3), (10, -9), (-16, 3)], ids=str)
def test_the_matte_goes_as_far_as_the_person(shift: tuple[float, float]) -> None:
    x, y = 140 + shift[0], 80 + shift[1]
    moved = at(scene(), disc()).bring(scene(x, y, seed=1))
    assert moved is not None
    assert np.abs(moved - disc(x, y)).mean() < 0.35 * np.abs(disc() - disc(x, y)).mean()


@pytest.mark.parametrize("shift", [(3, 0), (-5, 4), (8, -8)], ids=str)
def test_a_camera_that_turns_takes_all_of_it_along_exactly(shift: tuple[int, int]) -> None:
    whole, matte = texture(3, 7), disc()
    moved = at(whole, matte).bring(np.roll(whole, shift[::-1], (0, 1)))
    assert moved is not None
    expected = np.roll(matte, shift[::-1], (0, 1))
    assert np.percentile(np.abs(moved - expected)[np.abs(matte - expected) > 0.1], 90) < 0.05
    assert np.abs(moved - expected).mean() < 0.1 * np.abs(matte - expected).mean()


def test_noise_moves_nothing() -> None:
    motion, matte = at(scene(), disc()), disc(141)
    for seed in range(1, 5):
        assert motion.bring(scene(seed=seed)) is None
        assert motion.keep(matte) is matte, "the network's matte is shown as it is"


def test_what_is_new_drags_nothing_along() -> None:
    """Something comes up beside her: where it is, nobody was, and her outline stays."""
    after = scene(seed=1)
    after[40:120, 200:250] = texture(4)[40:120, 200:250]
    moved = at(scene(), disc()).bring(after)
    if moved is not None:
        assert np.abs(moved - disc())[:, :180].max() < 0.02
        assert moved[:, 180:].max() < 0.02


def test_of_two_who_move_apart_each_has_their_own() -> None:
    def both(x: float, seed: int = 0) -> Image:
        return np.hstack([scene(x, seed=seed)[:, :144], scene(288 - x, seed=seed + 10)[:, 144:]])

    def mattes(x: float) -> Matte:
        return np.hstack([disc(x)[:, :144], disc(288 - x)[:, 144:]])

    moved = at(both(90), mattes(90)).bring(both(80, seed=1))
    assert moved is not None
    assert np.abs(moved - mattes(80)).mean() < 0.35 * np.abs(mattes(90) - mattes(80)).mean()


def test_another_size_and_a_reset_forget() -> None:
    motion = at(scene(), disc())
    assert motion.bring(scene(150)[:144]) is None
    assert motion.keep(disc(150)[:144]).shape == (144, WIDTH)
    motion.reset()
    assert motion.bring(scene(160)[:144]) is None


@pytest.mark.parametrize("size", [(8, 8), (1, 1), (37, 51), (160, 160)], ids=str)
def test_any_size_will_do(size: tuple[int, int]) -> None:
    height, width = size
    motion = at(np.zeros((height, width, 3), np.uint8), np.ones(size, np.float32))
    moved = motion.bring(np.full((height, width, 3), 200, np.uint8))
    np.testing.assert_allclose(np.ones(size) if moved is None else moved, 1, atol=1e-6)


def test_the_last_matte_counts_only_where_it_moved_and_the_network_doubts() -> None:
    """Of half a person that the network is unsure of while she moves, it remembers how sure it was."""
    unsure = disc(150)
    unsure[60:] = np.minimum(unsure[60:], 0.5)
    motion = at(scene(), disc())
    moved = motion.bring(scene(150, seed=1))
    shown = motion.keep(unsure)
    assert moved is not None
    assert np.abs(shown - unsure)[unsure == 0].max() == 0, "what the network is sure of stays"
    assert np.abs(shown - unsure)[unsure == 1].max() == 0
    assert 0.6 < shown[75:85, 140:160].mean() < 0.8, "half of its last mind"
    assert (shown >= np.minimum(unsure, moved) - 1e-6).all()
    assert (shown <= np.maximum(unsure, moved) + 1e-6).all()


def test_where_the_picture_looks_otherwise_nothing_is_mixed() -> None:
    motion, changed = at(scene(), disc()), 255 - scene(150, seed=1)
    motion.bring(changed)
    doubtful = np.full_like(disc(), 0.5)
    assert np.abs(motion.keep(doubtful) - doubtful).mean() < 0.05, "of at most 0.25"


def test_nothing_lives_on_for_more_than_a_frame() -> None:
    """A ghost of one frame is at most half of one in the next, and none in the one after."""
    motion, nobody = at(scene(), disc()), np.full_like(disc(), 0.5)
    motion.bring(scene(143, seed=1))
    motion.keep(nobody)
    motion.bring(scene(146, seed=2))
    np.testing.assert_array_equal(motion.keep(nobody), nobody)


def test_what_moves_is_all_found_in_the_picture_before_and_what_is_new_is_not() -> None:
    motion = at(scene(), disc())
    motion.bring(scene(143, seed=1))
    assert motion.explains
    motion.keep(disc(143))
    after = scene(146, seed=2)
    after[60:76, 220:236] = 255 - after[60:76, 220:236]
    motion.bring(after)
    assert not motion.explains, "a hand's worth of something else"


def test_a_carried_matte_goes_on_from_where_it_was_brought() -> None:
    """Also where nothing moves any more: what the network said last is of two pictures ago."""
    motion = at(scene(), disc())
    motion.bring(scene(146, seed=1))
    carried = motion.carry()
    assert carried is not None
    assert np.abs(carried - disc(146)).mean() < 0.35 * np.abs(disc() - disc(146)).mean()
    assert motion.bring(scene(146, seed=2)) is carried
    motion.keep(disc(146))
    assert motion.bring(scene(146, seed=3)) is None


@pytest.fixture
def told(stub_engine: Callable[..., str]) -> list[Matte | None]:
    """What an engine that finds the disc was told of its last matte, look by look."""
    stub_engine(lambda width, height: cv2.resize(disc(), (width, height)))
    looks: list[Matte | None] = []
    opener = sys.modules["stub_engine"].open_engine

    def open_engine(*place: object) -> object:
        engine = opener(*place)
        step = engine.step

        def heard(image: Image, last: Matte | None = None) -> Matte:
            looks.append(last)
            return step(image)

        engine.step = heard
        return engine

    sys.modules["stub_engine"].open_engine = open_engine  # type: ignore[attr-defined]
    return looks


def test_the_network_is_told_where_things_are_now(told: list[Matte | None]) -> None:
    with open_segmenter("stub") as segmenter:
        size = segmenter.contract.input_size(WIDTH, HEIGHT)
        for index, x in enumerate((140, 146)):
            segmenter.segment(Frame(scene(x), index, index, fresh=index == 0).as_planar())
    assert told[:FIRST_LOOKS] == [None] * FIRST_LOOKS
    (last,) = told[FIRST_LOOKS:]
    assert last is not None
    assert last.shape == size[::-1]
    expected = cv2.resize(disc(146), size)
    assert np.abs(last - expected).mean() < 0.35 * np.abs(cv2.resize(disc(), size) - expected).mean()


@pytest.mark.parametrize("thorough", [False, True])
def test_where_all_only_moves_every_second_look_is_spared_unless_it_is_thorough(
    told: list[Matte | None], thorough: bool
) -> None:
    with open_segmenter("stub") as segmenter:
        segmenter.thorough = thorough
        for index in range(9):
            matte = segmenter.segment(Frame(scene(140 + 2 * index, seed=index), index, index, index == 0).as_planar())
        assert len(told) == FIRST_LOOKS + (8 if thorough else 4)
        assert segmenter.skipped == (0 if thorough else 4)
        # What the network says stays where it was; what is carried goes along.
        assert matte.shape == segmenter.contract.input_size(WIDTH, HEIGHT)[::-1]


@pytest.mark.parametrize("planar", [False, True])
def test_a_look_that_is_spared_whatever_comes_gives_the_last_matte_moved_where_that_can_be(
    told: list[Matte | None], planar: bool
) -> None:
    frames = [Frame(scene(x, seed=x), x, x, fresh=x == 140) for x in (140, 146, 152)]
    frames = [frame.as_planar() for frame in frames] if planar else frames
    with open_segmenter("stub") as segmenter:
        size = segmenter.contract.input_size(WIDTH, HEIGHT)
        first = segmenter.carry(frames[0])
        assert len(told) == FIRST_LOOKS, "where nothing is known, it is looked"
        carried = [segmenter.carry(frame) for frame in frames[1:]]
        assert len(told) == FIRST_LOOKS
        assert segmenter.skipped == 2
        for x, matte in zip((146, 152), carried, strict=True):
            expected = cv2.resize(disc(x if planar else 140), size)
            assert np.abs(matte - expected).mean() < 0.35 * np.abs(first - cv2.resize(disc(x), size)).mean()
        segmenter.carry(Frame(255 - frames[0].image, 160, 160))
        assert len(told) == 2 * FIRST_LOOKS, "and so it is after a jump"
        upright = Frame(np.rot90(frames[0].image).copy(), 170, 170)
        size = segmenter.contract.input_size(*upright.size)
        assert segmenter.carry(upright).shape == size[::-1]
        assert len(told) == 2 * FIRST_LOOKS + 1, "and at another size"


def test_what_is_new_is_looked_at_at_once(told: list[Matte | None]) -> None:
    """A hand comes up in each frame, elsewhere."""
    with open_segmenter("stub") as segmenter:
        for index in range(6):
            picture = scene(140 + 2 * index, seed=index)
            picture[60:84, 10 + 40 * index : 34 + 40 * index] //= 3
            segmenter.segment(Frame(picture, index, index, fresh=index == 0).as_planar())
        assert segmenter.skipped == 0
    assert len(told) == FIRST_LOOKS + 5


def test_what_stands_still_is_looked_at_until_the_network_has_made_up_its_mind(told: list[Matte | None]) -> None:
    with open_segmenter("stub") as segmenter:
        for index in range(SETTLE + 1):
            segmenter.segment(Frame(scene(seed=index), index, index, fresh=index == 0).as_planar())
        assert segmenter.skipped == 0


def test_the_first_motion_after_a_rest_is_looked_at_in_the_same_frame(told: list[Matte | None]) -> None:
    still = [scene()] * (SETTLE + 4)
    with open_segmenter("stub") as segmenter:
        for index, picture in enumerate([*still, scene(143, seed=1)]):
            rested, looks = segmenter.skipped, len(told)
            segmenter.segment(Frame(picture, index, index, fresh=index == 0).as_planar())
        assert rested == 3
        assert segmenter.skipped == rested
        assert len(told) == looks + 1


@pytest.mark.parametrize("from_file", [False, True])
def test_pictures_in_bgr_wait_for_compiled_loops_only_where_there_is_time(
    told: list[Matte | None], from_file: bool
) -> None:
    with open_segmenter("stub") as segmenter:
        segmenter.from_file = from_file
        for index, x in enumerate((140, 146)):
            segmenter.segment(Frame(scene(x), index, index, fresh=index == 0))
    assert (told[-1] is not None) is from_file


def test_a_cut_and_a_fresh_start_forget(told: list[Matte | None]) -> None:
    with open_segmenter("stub") as segmenter:
        pictures = [scene(), 255 - scene(), scene(146), 255 - scene(150)]
        for index, picture in enumerate(pictures):
            segmenter.segment(Frame(picture, index, index, fresh=index in (0, 3)).as_planar())
    assert told == [None] * (4 * FIRST_LOOKS)


@pytest.mark.parametrize("size", [(160, 288), (2, 2), (12, 7)], ids=str)
def test_pictures_in_gray_are_opencvs_with_their_outermost_places_repeated(size: tuple[int, int]) -> None:
    image = np.random.default_rng(4).integers(0, 256, (*size, 3), np.uint8)
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    half = cv2.resize(gray, (size[1] // 2, size[0] // 2), interpolation=cv2.INTER_AREA)
    for found, plane in zip(pair(image), (gray, half), strict=True):
        np.testing.assert_array_equal(found, np.pad(plane, PAD, "edge"))
