"""Folders of one's own: which mask belongs to which picture, what masks mean, cut-outs."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from train.importers.folder import as_alpha, cutouts, pairs


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    (tmp_path / "masks").mkdir()
    return tmp_path / "masks"


def test_pairs_match_by_stem_and_the_rest_says_why(
    tmp_path: Path, masks: Path, picture: Callable[..., Path], half_mask: np.ndarray
) -> None:
    for name in (
        "good.jpg",
        "lonely.jpg",
        "twice.jpg",
        "twice.png",
        "small.jpg",
        "torn.jpg",
        "colour.jpg",
        "none.jpg",
        "deep.jpg",
    ):
        picture(tmp_path / "images" / name)
    for name in ("good", "twice", "orphan"):
        cv2.imwrite(str(masks / f"{name}.png"), half_mask)
    cv2.imwrite(str(masks / "small.png"), half_mask[:30])
    cv2.imwrite(str(masks / "none.png"), half_mask * 0)
    (masks / "torn.png").write_bytes(b"torn")
    cv2.imwrite(str(masks / "deep.png"), half_mask.astype(np.uint16) * 257)
    picture(masks / "colour.png")
    found = {candidate.name: candidate for candidate in pairs(tmp_path / "images", masks)}
    assert {name: candidate.dropped for name, candidate in found.items()} == {
        "good.jpg": "",
        "lonely.jpg": "there is no mask of its name",
        "twice.jpg": "several files share its name",
        "twice.png": "several files share its name",
        "small.jpg": "the picture and its mask differ in size",
        "torn.jpg": "its mask is unreadable",
        "deep.jpg": "its mask has other than 8 bits a channel",
        "colour.jpg": "its mask is a picture in colour",
        "none.jpg": "the mask is empty",
        "orphan.png": "a mask without a picture",
    }
    assert np.array_equal(found["good.jpg"].mask, half_mask)


def test_a_mask_is_understood_however_it_is_stored(half_mask: np.ndarray) -> None:
    colour = cv2.cvtColor(half_mask, cv2.COLOR_GRAY2BGR)
    opaque = cv2.cvtColor(half_mask, cv2.COLOR_GRAY2BGRA)
    cut = np.dstack([np.full_like(colour, 90), half_mask])
    for stored in (half_mask, half_mask // 255, colour, opaque, cut):
        assert np.array_equal(as_alpha(stored), half_mask)
    assert np.array_equal(as_alpha(half_mask // 2), half_mask // 2), "soft masks stay soft"


def test_cutouts_need_transparency(tmp_path: Path, picture: Callable[..., Path], half_mask: np.ndarray) -> None:
    cv2.imwrite(str(tmp_path / "cut.png"), np.dstack([np.full((60, 80, 3), 90, np.uint8), half_mask]))
    cv2.imwrite(str(tmp_path / "solid.png"), np.full((60, 80, 4), 255, np.uint8))
    picture(tmp_path / "plain.png")
    (tmp_path / "torn.png").write_bytes(b"torn")
    cv2.imwrite(str(tmp_path / "deep.png"), np.zeros((60, 80, 4), np.uint16))
    assert {candidate.name: candidate.dropped for candidate in cutouts(tmp_path)} == {
        "deep.png": "the picture has other than 8 bits a channel",
        "cut.png": "",
        "plain.png": "it has no alpha channel",
        "solid.png": "the mask is full",
        "torn.png": "the picture is unreadable",
    }
