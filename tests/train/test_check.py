"""The check of a manifest finds each kind of pair that does not match, and says which it is."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from train.check import problem_of, problems
from train.data import Row
from train.manifest import load

GOOD = np.zeros((60, 80), np.uint8)
GOOD[20:, 20:] = 255


@pytest.fixture
def row(tmp_path: Path) -> Row:
    cv2.imwrite(str(tmp_path / "a.png"), np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "a-mask.png"), GOOD)
    return Row("train", "made", tmp_path / "a.png", tmp_path / "a-mask.png")


def test_a_good_manifest_has_no_problems(manifest: Path) -> None:
    assert problems(load(manifest)) == []


@pytest.mark.parametrize(
    ("mask", "problem"),
    [
        (GOOD[:50], "the picture is 80x60, its mask 80x50"),
        (GOOD * 0, "the mask is empty"),
        (GOOD * 0 + 255, "the mask is full"),
        (GOOD // 255, "the mask is too dark: people must be 255"),
        (np.dstack([GOOD, GOOD, GOOD // 2]), "the mask is in colour; it must be gray or have an alpha channel"),
        (np.dstack([GOOD, GOOD // 2, GOOD, GOOD]), ""),
        (np.dstack([GOOD, GOOD, GOOD]), ""),
        (cv2.GaussianBlur(GOOD, (9, 9), 0), ""),
    ],
    ids=["size", "empty", "full", "0 and 1", "colour", "alpha", "gray as colour", "soft"],
)
def test_masks_are_judged(row: Row, mask: np.ndarray, problem: str) -> None:
    cv2.imwrite(str(row.mask), mask)
    assert problem_of(row) == problem


def test_masks_of_16_bits_are_told(row: Row) -> None:
    cv2.imwrite(str(row.mask), GOOD.astype(np.uint16) * 257)
    assert "uint16" in problem_of(row)


def test_files_that_are_missing_or_no_pictures_are_told(row: Row, tmp_path: Path) -> None:
    row.image.write_bytes(b"no picture")
    assert "a.png" in problem_of(row)
    row.image.unlink()
    assert "there is no photo" in problem_of(row)
    assert problems([row])[0].startswith(f"{tmp_path / 'a.png'}: ")


def test_a_missing_mask_is_told(row: Row) -> None:
    row.mask.unlink()
    assert "a-mask.png" in problem_of(row)


def test_a_cutout_needs_alpha_and_a_split_a_known_name(row: Row) -> None:
    assert problem_of(Row("train_cutout", "made", row.image, None)) == "it has neither a mask nor an alpha channel"
    assert "'trian'" in problem_of(Row("trian", "made", row.image, row.mask))
    assert problem_of(Row("bg", "made", row.image, None)) == ""


def test_the_same_picture_in_two_splits_is_told(row: Row, tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(row.image.read_bytes())
    (leak,) = problems([row, Row("val", "made", copy, row.mask)])
    assert leak == f"{copy}: it is in val, and the same picture is in train as {row.image}"
    assert problems([row, Row("train", "made", copy, row.mask)]) == []
    assert problems([Row("unlabelled", "made", copy, None), row]) == [], "as after train label"
    assert len(problems([Row("unlabelled", "made", copy, None), Row("val", "made", row.image, row.mask)])) == 1
