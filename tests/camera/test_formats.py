"""A webcam's formats on a real driver: YUYV and NV12 go on as they are, MJPEG as I420, and all have one colour."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.camera.conftest import InMachine
from tests.camera.formats import picture

pytestmark = pytest.mark.camera


@pytest.fixture(scope="module")
def seen(in_machine: InMachine) -> Path:
    return in_machine(sys.executable, str(Path(__file__).with_name("formats.py")), seconds=300)


@pytest.mark.parametrize("name", ["MJPG", "YUYV", "NV12", "YU12", "UYVY"])
def test_every_format_has_its_colours(seen: Path, name: str) -> None:
    image = cv2.imread(str(seen / f"{name}.png"))
    middles = np.s_[60:240:120, 80:320:160]
    assert np.abs(image[middles].astype(int) - picture()[middles]).max() <= 5


def test_the_usual_ones_never_become_bgr(seen: Path) -> None:
    found = json.loads((seen / "found.json").read_text())
    assert found == {"MJPG": "I420", "YUYV": "YUYV", "NV12": "NV12", "YU12": "I420", "UYVY": "BGR"}
