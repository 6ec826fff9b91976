"""Edges: a coarse matte becomes an alpha that follows the picture."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenscreen.picture.frame import Frame, Image, Matte
from greenscreen.refine import refine_edges


def scene(width: int = 640, height: int = 360) -> tuple[Image, Matte]:
    """A dark figure with a jagged outline before a bright wall, and its true alpha."""
    rng = np.random.default_rng(5)
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = height * (0.28 + 0.05 * np.sin(9 * angles) + 0.01 * rng.standard_normal(90))
    points = np.stack([width / 2 + radius * np.cos(angles), height / 2 + radius * np.sin(angles)], 1)
    alpha = np.zeros((height, width), np.uint8)
    cv2.fillPoly(alpha, [points.round().astype(np.int32)], 255, cv2.LINE_AA)
    share = alpha.astype(np.float32)[..., None] / 255
    noise = rng.normal(0, 2, (height, width, 3))
    image = np.clip(share * (60, 50, 90) + (1 - share) * (180, 190, 170) + noise, 0, 255).astype(np.uint8)
    return image, share[..., 0]


def coarse_of(alpha: Matte) -> Matte:
    return cv2.GaussianBlur(cv2.resize(alpha, (192, 108), interpolation=cv2.INTER_AREA), (0, 0), 1)


def test_edges_come_from_the_picture() -> None:
    """Far nearer to the truth than the coarse matte enlarged, which is what peers show."""
    image, truth = scene()
    coarse = coarse_of(truth)
    refined = refine_edges(Frame(image, 0, 0), coarse).values / 255
    enlarged = cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_LINEAR)
    assert np.abs(refined - truth).mean() < 0.4 * np.abs(enlarged - truth).mean()


def test_alpha_is_exact_away_from_the_edge() -> None:
    image, truth = scene()
    alpha = refine_edges(Frame(image, 0, 0), coarse_of(truth))
    outside = np.ones(alpha.values.size, bool)
    outside[alpha.band.indices] = False
    assert set(np.unique(alpha.values.reshape(-1)[outside])) <= {0, 255}
    assert len(alpha.band) < 0.25 * alpha.values.size


@pytest.mark.parametrize(("share", "value"), [(0.0, 0), (1.0, 255)])
def test_an_empty_room_stays_empty_and_a_full_picture_full(share: float, value: int) -> None:
    image, _ = scene()
    alpha = refine_edges(Frame(image, 0, 0), np.full((20, 30), share, np.float32))
    assert (alpha.values == value).all()
    assert len(alpha.band) == 0


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 99), width=st.integers(1, 400), height=st.integers(1, 400))
def test_any_size_gives_an_alpha_of_that_size(seed: int, width: int, height: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), np.uint8)
    alpha = refine_edges(Frame(image, 0, 0), rng.random((9, 16), np.float32))
    assert alpha.values.shape == (height, width)
    assert alpha.values.dtype == np.uint8


def test_a_mirrored_picture_gives_a_mirrored_alpha() -> None:
    image, truth = scene()
    coarse = coarse_of(truth)
    one = refine_edges(Frame(image, 0, 0), coarse).values
    other = refine_edges(
        Frame(np.ascontiguousarray(image[:, ::-1]), 0, 0), np.ascontiguousarray(coarse[:, ::-1])
    ).values
    assert np.abs(one.astype(int) - other[:, ::-1]).mean() < 0.1


def test_a_white_coat_before_white_blinds_keeps_the_networks_outline() -> None:
    """Of a picture without an edge, whatever pattern its wall has does not fray the person."""
    _, truth = scene()
    noise = np.random.default_rng(6).normal(0, 1, (*truth.shape, 3))
    blinds = np.where(np.arange(len(truth)) % 24 < 12, 232, 240)[:, None, None] * (1 - truth[..., None])
    image = np.clip(blinds + 238 * truth[..., None] + noise, 0, 255).astype(np.uint8)
    coarse = coarse_of(truth)
    alpha = refine_edges(Frame(image, 0, 0), coarse).values / np.float32(255)
    enlarged = cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_LINEAR)
    assert np.abs(alpha - enlarged).max() < 0.15
