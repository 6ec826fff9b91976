"""Any part of the picture, any way up, never stretched; and a crop that follows the person without a twitch."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.live.framing import FOLLOW_ZOOM, WHOLE, Crop, Follower, Framing, cropped, person_box, turned, zoomed
from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Frame
from greenscreen.settings import Settings, changed

shares = st.floats(-3, 4)


@given(shares, shares, st.floats(0.01, 5))
def test_a_crop_brought_inside_lies_inside(x: float, y: float, size: float) -> None:
    crop = Crop(x, y, size).inside()
    assert 0.25 <= crop.size <= 1
    for centre in (crop.x, crop.y):
        assert centre - crop.size / 2 >= -1e-9
        assert centre + crop.size / 2 <= 1 + 1e-9
    assert crop.inside() == crop


@given(st.floats(1, 4), st.floats(-1, 1), st.floats(-1, 1))
def test_zoom_and_pan_reach_every_end_and_no_further(zoom: float, x: float, y: float) -> None:
    crop = zoomed(zoom, x, y)
    assert crop.size == pytest.approx(1 / zoom)
    assert crop == crop.inside()
    assert zoomed(zoom, -1, y).x == pytest.approx(crop.size / 2)
    assert zoomed(zoom, 1, y).x == pytest.approx(1 - crop.size / 2)


def test_turning_four_times_or_mirroring_twice_is_nothing() -> None:
    image = np.random.default_rng(1).integers(0, 256, (6, 10, 3), np.uint8)
    once = turned(image, 90)
    assert once.shape == (10, 6, 3)
    assert (once[0, -1] == image[0, 0]).all(), "clockwise"
    assert (turned(turned(image, 270), 90) == image).all()
    assert (turned(turned(image, 180), 180) == image).all()
    frame, wanted = Frame(image, 0, 0), changed(Settings(), rotate=90, mirror=True)
    assert (frame.mirrored().mirrored().pixels == image).all()
    assert (Framing().turn(frame, wanted).pixels == once[:, ::-1]).all(), "mirrored as it is then seen"


@pytest.mark.parametrize("words", [{"mirror": True}, {"rotate": 90}, {"rotate": 270, "mirror": True}, {"zoom": 2.0}])
def test_planes_are_framed_as_the_same_picture_in_bgr_is(words: dict) -> None:
    # Colours change slowly, so that it does not matter which pixels of a square have whose.
    image = cv2.resize(np.random.default_rng(0).integers(60, 200, (2, 2, 3), np.uint8), (192, 128))
    seen = []
    for pixels in (image, to_i420(image)):
        framing = Framing()
        frame = framing.crop(framing.turn(Frame(pixels, 0, 0, fresh=True), changed(Settings(), **words)))
        assert frame.planar == (pixels.ndim == 2)
        seen.append(frame.image.astype(int))
    assert np.abs(seen[0] - seen[1]).max() <= 6


def test_a_crop_is_the_part_it_says_enlarged() -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    image[20:, 40:] = 200
    assert (cropped(image, Crop(0.75, 0.75, 0.5))[2:, 2:] == 200).all()
    assert (cropped(image, Crop(0.25, 0.25, 0.5))[:-2, :-2] == 0).all()
    assert cropped(image, WHOLE) is image


@given(st.floats(0.3, 0.7), st.floats(0.3, 0.7), st.floats(0.3, 0.6))
def test_a_crop_is_exact_to_a_fraction_of_a_pixel(x: float, y: float, size: float) -> None:
    """On a ramp, every pixel's value tells where it came from."""
    ramp = np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 100, axis=0).repeat(3, axis=2)
    crop = Crop(x, y, size).inside()
    seen = cropped(ramp, crop)[50, :, 0].astype(float)
    expected = (crop.x - crop.size / 2) * 200 + (np.arange(200) + 0.5) * crop.size - 0.5
    assert np.abs(seen - np.clip(expected, 0, 199)).max() <= 1


def person(x: float, y: float = 0.4, half: float = 0.12, crop: Crop = WHOLE) -> np.ndarray:
    """The matte of somebody in the whole picture, to the bottom from the head at `y`, as seen through the crop."""
    rows, columns = np.mgrid[0:36, 0:64]
    across = crop.x - crop.size / 2 + (columns + 0.5) / 64 * crop.size
    down = crop.y - crop.size / 2 + (rows + 0.5) / 36 * crop.size
    return ((np.abs(across - x) < half) & (down > y)).astype(np.float32)


def test_a_box_ignores_specks_and_nobody_has_none() -> None:
    matte = person(0.5)
    matte[0, 0] = 1
    left, top, right, bottom = person_box(matte) or pytest.fail("nobody")
    assert (left, right) == (pytest.approx(0.38, abs=0.03), pytest.approx(0.62, abs=0.03))
    assert (top, bottom) == (pytest.approx(0.4, abs=0.05), pytest.approx(1, abs=0.03))
    assert person_box(np.zeros((36, 64), np.float32)) is None


def path(where: list[float], fps: float = 30) -> list[Crop]:
    """The crops while the person is at these places, one a frame."""
    follower, crops = Follower(), []
    for index, x in enumerate(where):
        follower.follow(person(x, crop=follower.crop), index / fps)
        crops.append(follower.crop)
    return crops


@given(st.floats(0.2, 0.8))
@settings(max_examples=8, deadline=None)
def test_it_arrives_at_the_person_without_overshoot_and_rests(x: float) -> None:
    crops = path([x] * 200)
    end = crops[-1]
    # As near as the picture's border lets it come.
    assert abs(end.x - Crop(x, end.y, end.size).inside().x) < 0.1 * end.size
    assert end.size <= 0.75
    assert crops[-30:] == [end] * 30
    sizes = [crop.size for crop in crops]
    assert min(sizes) >= 1 / FOLLOW_ZOOM - 1e-6
    assert sizes == sorted(sizes, reverse=True), "it never zooms in and out again"


@given(st.lists(st.floats(-0.012, 0.012), min_size=120, max_size=120))
@settings(max_examples=8, deadline=None)
def test_who_only_fidgets_moves_nothing(jitter: list[float]) -> None:
    crops = path([0.5] * 150 + [0.5 + offset for offset in jitter])
    assert len(set(crops[-120:])) == 1


@given(st.lists(st.sampled_from([0.3, 0.5, 0.7]), min_size=2, max_size=6))
@settings(max_examples=8, deadline=None)
def test_however_the_person_jumps_the_crop_glides(places: list[float]) -> None:
    crops = [WHOLE, *path([place for place in places for _ in range(40)])]
    for attribute in ("x", "y", "size"):
        steps = np.diff([getattr(crop, attribute) for crop in crops])
        assert np.abs(steps).max() < 0.03, "a step of less than three hundredths of the picture a frame"
        assert np.abs(np.diff(steps)).max() < 0.012, "and it neither starts nor stops with a jerk"


@pytest.mark.parametrize("fps", [10, 15, 60])
def test_the_path_does_not_depend_on_the_frame_rate(fps: float) -> None:
    assert path([0.35] * int(fps), fps)[-1].x == pytest.approx(path([0.35] * 30, 30)[-1].x, abs=0.03)


def test_who_walks_out_of_the_crop_is_found_again() -> None:
    crops = path([0.3] * 150 + [0.3 + 0.4 * index / 60 for index in range(60)] + [0.7] * 150)
    assert crops[-1].x == pytest.approx(0.7, abs=0.06)


def test_with_nobody_there_it_shows_everything_again_after_a_while() -> None:
    follower = Follower()
    for index in range(150):
        follower.follow(person(0.5, crop=follower.crop), index / 30)
    near = follower.crop
    for index in range(150, 165):
        follower.follow(np.zeros((36, 64), np.float32), index / 30)
    assert follower.crop == near, "half a second of a lost matte is nothing"
    for index in range(165, 400):
        follower.follow(np.zeros((36, 64), np.float32), index / 30)
    assert follower.crop.size == pytest.approx(1, abs=0.01)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_clocks_that_jump_break_nothing(first: float, second: float) -> None:
    follower = Follower()
    for time in (first, second, first):
        follower.follow(person(0.3), time)
        assert all(math.isfinite(value) for value in (follower.crop.x, follower.crop.y, follower.crop.size))


def test_a_change_of_framing_is_a_cut_and_only_that() -> None:
    """What is remembered of the last frame would otherwise be laid over the turned one."""
    framing, wanted = Framing(), Settings()
    frame = Frame(np.zeros((20, 40, 3), np.uint8), 0, 1)
    assert framing.turn(frame, wanted).fresh
    assert framing.turn(frame, wanted) is frame
    assert framing.crop(frame) is frame
    for values in ({"mirror": True}, {"rotate": 90}, {"zoom": 2.0}, {"pan_x": 0.5}, {"auto_frame": True}):
        wanted = changed(wanted, **values)
        assert framing.turn(frame, wanted).fresh
        assert not framing.turn(frame, wanted).fresh
    assert framing.turn(frame, wanted).size == (20, 40)
    assert framing.crop(frame) is frame, "a follower that has seen nobody sees all, whatever the zoom"
