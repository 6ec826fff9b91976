"""COCO: who is kept and who is dropped, polygons and both kinds of run-length code, files that lie."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as rle

from greenscreen.errors import SourceError, UsageError
from train.importers.coco import Rules, candidates, read_annotations
from train.importers.collect import Candidate

# pycocotools does not know NumPy 2's way of copying yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WIDTH, HEIGHT = 80, 60
HALF = [0, 0, 40, 0, 40, 60, 0, 60]
MOST = [0, 0, 70, 0, 70, 60, 0, 60]
SLIVER = [76, 0, 80, 0, 80, 10, 76, 10]
SMALL = [50, 0, 70, 0, 70, 20, 50, 20]
PERSON, DOG = 1, 18


def person(segmentation: Any, **more: Any) -> dict[str, Any]:
    return {"category_id": PERSON, "segmentation": segmentation, "iscrowd": 0} | more


def run_length(compressed: bool) -> dict[str, Any]:
    """The left half, which in column order is one run of nothing (empty) and one of person."""
    if not compressed:
        return {"size": [HEIGHT, WIDTH], "counts": [0, 40 * HEIGHT, 40 * HEIGHT]}
    mask = np.zeros((HEIGHT, WIDTH), np.uint8, order="F")
    mask[:, :40] = 1
    code = rle.encode(mask)
    return {"size": code["size"], "counts": code["counts"].decode()}


@pytest.fixture
def judge(tmp_path: Path, picture: Callable[..., Path]) -> Callable[..., Candidate]:
    """What becomes of one picture with these annotations."""

    def run(notes: list[dict[str, Any]], rules: Rules | None = None, **info: Any) -> Candidate:
        picture(tmp_path / "images" / "a.png")
        data = {
            "images": [{"id": 7, "file_name": "a.png", "width": WIDTH, "height": HEIGHT} | info],
            "annotations": [{"id": index, "image_id": 7} | note for index, note in enumerate(notes)],
            "categories": [{"id": PERSON, "name": "person"}, {"id": DOG, "name": "dog"}],
        }
        path = tmp_path / "instances.json"
        path.write_text(json.dumps(data))
        (only,) = candidates(path, tmp_path / "images", rules or Rules())
        return only

    return run


@pytest.mark.parametrize(
    "segmentation", [[HALF], run_length(compressed=False), run_length(compressed=True)], ids=["polygon", "plain", "rle"]
)
def test_every_kind_of_outline_gives_the_same_mask(
    judge: Callable[..., Candidate], half_mask: np.ndarray, segmentation: Any
) -> None:
    kept = judge([person(segmentation)])
    assert not kept.dropped
    assert np.array_equal(kept.mask, half_mask)


def test_two_people_are_one_mask_and_other_things_none(judge: Callable[..., Candidate]) -> None:
    kept = judge([person([HALF]), person([SMALL]), person([MOST], category_id=DOG)])
    assert not kept.dropped
    assert kept.mask is not None
    assert (kept.mask > 0).sum() == 40 * 60 + 20 * 20


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ([], "nobody in it"),
        ([person([HALF], category_id=DOG)], "nobody in it"),
        ([person([HALF]), person(run_length(compressed=False), iscrowd=1)], "a crowd"),
        ([person([HALF])] * 3, "more than 2 people"),
        ([person([HALF]), person([SLIVER])], "someone smaller than 2% of it"),
        ([person([SMALL])], "people cover less than 20%"),
        ([person([MOST])], "people cover more than 70%"),
        ([person([])], "its annotation is damaged"),
        ([person({"size": [1, 1], "counts": [0, 1]})], "its annotation is damaged"),
        ([person({"size": [HEIGHT, WIDTH], "counts": [0, 10**9]})], "its annotation is damaged"),
        ([person({"size": [10**6, 10**6], "counts": "0"})], "its annotation is damaged"),
        ([person([[0, 0, 1e9, 0, 1e9, 1e9, 0, 1e9]])], "its annotation is damaged"),
        ([person([[float("nan"), *HALF[1:]]])], "its annotation is damaged"),
        ([person([[float("-inf"), *HALF[1:]]])], "its annotation is damaged"),
        ([{"category_id": PERSON}], "its annotation is damaged"),
    ],
)
def test_a_dropped_picture_says_why(judge: Callable[..., Candidate], notes: list[dict[str, Any]], reason: str) -> None:
    assert judge(notes).dropped == reason


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ({"file_name": "b.png"}, "the picture is missing or unreadable"),
        ({"width": 81}, "the picture and its mask differ in size"),
        ({"width": 10**6, "height": 10**6}, "its annotation is damaged"),
        ({"width": "80"}, "its annotation is damaged"),
        ({"height": 0}, "its annotation is damaged"),
    ],
)
def test_a_picture_unlike_its_entry_is_dropped(
    judge: Callable[..., Candidate], info: dict[str, Any], reason: str
) -> None:
    assert judge([person([HALF])], **info).dropped == reason


def test_rules_can_be_changed(judge: Callable[..., Candidate]) -> None:
    assert not judge([person([SMALL])], Rules(least=0.05)).dropped
    with pytest.raises(UsageError):
        Rules(least=0.8)


@pytest.mark.parametrize("text", ["", "{", '"text"', "[1", '{"images": 3}', '{"annotations": [{}]}'])
def test_a_file_that_is_no_coco_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"x\.json"):
        list(candidates(path, tmp_path, Rules()))
    with pytest.raises(SourceError, match="cannot be read"):
        read_annotations(tmp_path / "none.json")


def test_people_are_found_however_their_category_is_spelt_and_missed_by_name(
    tmp_path: Path, picture: Callable[..., Path]
) -> None:
    picture(tmp_path / "a.png")
    data = {
        "images": [{"id": 7, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "annotations": [{"id": 1, "image_id": 7} | person([HALF])],
        "categories": [{"id": PERSON, "name": "Person"}],
    }
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(data))
    (kept,) = candidates(path, tmp_path, Rules())
    assert not kept.dropped
    path.write_text(json.dumps(data | {"categories": [{"id": PERSON, "name": "human"}, {"id": DOG, "name": "dog"}]}))
    with pytest.raises(SourceError, match="no category person") as missed:
        list(candidates(path, tmp_path, Rules()))
    assert "it has human, dog" in str(missed.value.hint)
