"""Supervisely: packed bitmaps, polygons with holes, projects and single data sets, annotations that lie."""

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from greenscreen.errors import SourceError
from train.importers.collect import Candidate
from train.importers.supervisely import candidates

LEFT_HALF = [[-0.4, 0], [39, 0], [39, 59], [0, 59]]
HOLE = [[10, 10], [19, 10], [19, 19], [10, 19]]


def packed(mask: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(cv2.imencode(".png", mask)[1].tobytes())).decode()


def bitmap(mask: np.ndarray, left: int = 0, top: int = 0, title: str = "person_bmp") -> dict[str, Any]:
    data = {"origin": [left, top], "data": packed(mask)}
    return {"classTitle": title, "geometryType": "bitmap", "bitmap": data}


def polygon(exterior: Any, *holes: Any) -> dict[str, Any]:
    points = {"exterior": exterior, "interior": list(holes)}
    return {"classTitle": "Person", "geometryType": "polygon", "points": points}


@pytest.fixture
def read(tmp_path: Path, picture: Callable[..., Path]) -> Callable[..., Candidate]:
    """What becomes of one picture with these objects."""

    def run(objects: Any, width: Any = 80) -> Candidate:
        picture(tmp_path / "img" / "a.png")
        (tmp_path / "ann").mkdir()
        notes = {"size": {"height": 60, "width": width}, "objects": objects}
        (tmp_path / "ann" / "a.png.json").write_text(json.dumps(notes))
        (only,) = candidates(tmp_path)
        return only

    return run


def test_bitmaps_lie_where_their_origin_says(read: Callable[..., Candidate]) -> None:
    mask = read([bitmap(np.ones((20, 10), np.uint8), left=30, top=5)]).mask
    assert mask is not None
    assert (mask[5:25, 30:40] == 255).all()
    assert (mask > 0).sum() == 200


@pytest.mark.parametrize("channels", [3, 4])
def test_bitmaps_may_have_colours_or_alpha(read: Callable[..., Candidate], channels: int) -> None:
    stored = np.zeros((60, 80, channels), np.uint8)
    stored[:, :40] = 255
    mask = read([bitmap(stored)]).mask
    assert mask is not None
    assert (mask[:, :40] == 255).all()
    assert not mask[:, 40:].any()


def test_a_hole_cuts_its_own_person_only(read: Callable[..., Candidate], half_mask: np.ndarray) -> None:
    mask = read([polygon([[12, 12], [13, 12], [13, 13], [12, 13]]), polygon(LEFT_HALF, HOLE)]).mask
    expected = half_mask.copy()
    expected[10:20, 10:20] = 0
    expected[12:14, 12:14] = 255
    assert np.array_equal(mask, expected)


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([], "nobody in it"),
        ([bitmap(np.ones((5, 5), np.uint8), title="neutral")], "nobody in it"),
        ([bitmap(np.zeros((5, 5), np.uint8))], "the mask is empty"),
        ([bitmap(np.ones((5, 5), np.uint8), left=78)], "its annotation is damaged"),
        (
            [bitmap(np.ones((5, 5), np.uint8)) | {"bitmap": {"origin": [0, 0], "data": "AAAA"}}],
            "its annotation is damaged",
        ),
        ([bitmap(np.ones((5, 5), np.uint8)) | {"geometryType": "cuboid"}], "its annotation is damaged"),
        ([polygon([])], "its annotation is damaged"),
        ([polygon([[1, "x"]])], "its annotation is damaged"),
        ([polygon([[float("nan"), 0], *LEFT_HALF[1:]])], "its annotation is damaged"),
        ([polygon([[1e300, 0], *LEFT_HALF[1:]])], "its annotation is damaged"),
        ([{}], "its annotation is damaged"),
        (None, "its annotation is damaged"),
    ],
)
def test_a_dropped_picture_says_why(read: Callable[..., Candidate], objects: Any, reason: str) -> None:
    assert read(objects).dropped == reason


@pytest.mark.parametrize(
    ("width", "reason"),
    [
        (81, "the picture and its mask differ in size"),
        (10**9, "its annotation is damaged"),
        ("80", "its annotation is damaged"),
    ],
)
def test_a_claimed_size_is_not_believed(read: Callable[..., Candidate], width: Any, reason: str) -> None:
    assert read([polygon(LEFT_HALF)], width).dropped == reason


def test_a_project_has_data_sets_and_old_exports_leave_out_the_ending(
    tmp_path: Path, picture: Callable[..., Path]
) -> None:
    notes = json.dumps({"size": {"height": 60, "width": 80}, "objects": [polygon(LEFT_HALF)]})
    for folder, annotation in (("ds1", "a.jpg.json"), ("ds2", "a.json")):
        picture(tmp_path / folder / "img" / "a.jpg")
        (tmp_path / folder / "ann").mkdir()
        (tmp_path / folder / "ann" / annotation).write_text(notes)
    (tmp_path / "meta.json").write_text("{}")
    assert [(found.name, found.dropped) for found in candidates(tmp_path)] == [("ds1/a.jpg", ""), ("ds2/a.jpg", "")]


def test_a_folder_without_annotations_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="ann"):
        list(candidates(tmp_path))
    with pytest.raises(SourceError, match="there is no folder"):
        list(candidates(tmp_path / "none"))
