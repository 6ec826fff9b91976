"""Contact sheets: everything is on them, in its place, and a damaged picture spoils no sheet."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.errors import SourceError, UsageError
from train.contact import CAPTION, HEIGHT, WIDTH, chosen, manifest_tiles, sample_tiles, tile, tinted, write_sheet
from train.data import Row, read
from train.manifest import load


def test_a_sheet_holds_every_tile_in_rows(tmp_path: Path) -> None:
    tiles = [np.full((10, 20, 3), value, np.uint8) for value in (50, 100, 150, 200)]
    write_sheet(tmp_path / "new" / "sheet.png", tiles, columns=3)
    sheet = cv2.imread(str(tmp_path / "new" / "sheet.png"))
    assert sheet.shape == (20, 60, 3)
    assert sheet[::10, ::20, 0].tolist() == [[50, 100, 150], [200, 0, 0]]


def test_people_keep_their_colours_and_rooms_turn_green() -> None:
    image = np.full((40, 60, 3), 90, np.uint8)
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, :30] = 255
    out = tinted(image, alpha)
    assert out[20, 10].tolist() == [90, 90, 90]
    blue, green, red = out[20, 50].tolist()
    assert green > blue == red


def test_a_damaged_picture_is_a_black_tile(tmp_path: Path) -> None:
    shown = tile(Row("train", "made", tmp_path / "none.png", None), "")
    assert shown.shape == (HEIGHT + CAPTION, WIDTH, 3)
    assert not shown[:HEIGHT].any()


def test_a_name_that_is_no_text_is_a_caption_too(tmp_path: Path) -> None:
    path = tmp_path / "\udcff.png"
    path.write_bytes(cv2.imencode(".png", np.full((40, 60, 3), 90, np.uint8))[1].tobytes())
    shown = tile(Row("bg", "made", path, None), path.name)
    assert shown[HEIGHT // 2, WIDTH // 2].tolist() == [90, 90, 90]
    assert shown[HEIGHT:].any()
    assert read(path).shape == (40, 60, 3)


@pytest.mark.parametrize(("width", "height"), [(3000, 1), (2, 5000)])
def test_a_picture_may_be_a_line(width: int, height: int) -> None:
    image = np.full((height, width, 3), 90, np.uint8)
    assert min(tinted(image, image[..., 0]).shape[:2]) == 1


def test_the_same_rows_are_chosen_in_order(manifest: Path) -> None:
    rows = load(manifest)
    few = chosen(rows, 5)
    assert few == chosen(rows, 5)
    assert [rows.index(row) for row in few] == sorted(rows.index(row) for row in few)
    assert len(manifest_tiles(rows, 100)) == len(rows)


def test_samples_show_picture_and_both_mattes(manifest: Path) -> None:
    tiles = sample_tiles(load(manifest), 3, seed=1)
    assert [shown.shape for shown in tiles] == [(144 + CAPTION, 3 * 256, 3)] * 3
    assert np.array_equal(tiles[2], sample_tiles(load(manifest), 3, seed=1)[2])


def test_samples_need_people_and_rooms(manifest: Path, tmp_path: Path) -> None:
    rows = load(manifest)
    with pytest.raises(UsageError, match="no rooms"):
        sample_tiles([row for row in rows if row.split != "bg"], 1, 1)
    with pytest.raises(UsageError, match="no pictures to train on"):
        sample_tiles([row for row in rows if row.split == "bg"], 1, 1)
    with pytest.raises(SourceError, match=r"none\.png"):
        sample_tiles([Row("bg", "made", tmp_path / "none.png", None), *(r for r in rows if r.split == "train")], 1, 1)
