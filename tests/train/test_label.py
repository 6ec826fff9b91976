"""Labels: made with anybody's model, kept where it is sure, and ready to be trained on."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.errors import ModelError, UsageError
from train.check import problems
from train.data import Row
from train.label import Rules, label
from train.manifest import load


@pytest.mark.parametrize("sharp", [True, False])
def test_labels_are_masks_that_can_be_trained_on(
    peers: dict[str, Path], rows: list[Row], tmp_path: Path, sharp: bool
) -> None:
    assert label(rows, list(peers.values()), tmp_path, sharp) == (1, 0)
    (row,) = load(tmp_path / "manifest.csv")
    assert (row.split, row.source) == ("train", "labelled_made")
    assert not problems([row])
    mask = cv2.imread(str(row.mask), cv2.IMREAD_UNCHANGED)
    truth = np.zeros_like(mask)
    cv2.ellipse(truth, (80, 120), (40, 80), 0, 0, 360, 255, -1)
    assert ((mask > 127) != (truth > 0)).mean() < 0.03


def test_what_the_model_is_not_sure_of_is_left_out(peers: dict[str, Path], rows: list[Row], tmp_path: Path) -> None:
    for rules in (Rules(sure=1.1), Rules(agreement=1.1), Rules(least=0.9)):
        with pytest.raises(ModelError, match="not sure of any picture"):
            label(rows, [peers["channels last, matte"]], tmp_path, rules=rules)
    assert not (tmp_path / "manifest.csv").exists(), "an empty one could not be trained on"


def test_where_nothing_is_unlabelled_nothing_is_written(
    peers: dict[str, Path], rows: list[Row], tmp_path: Path
) -> None:
    labelled = [row for row in rows if row.split != "unlabelled"]
    with pytest.raises(UsageError, match="no unlabelled pictures"):
        label(labelled, list(peers.values()), tmp_path / "out")
    assert not (tmp_path / "out").exists()
