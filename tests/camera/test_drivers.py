"""The virtual camera and the webcam's coming and going, as the drivers themselves see them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.camera


@pytest.fixture(scope="module")
def found(in_machine: Callable[..., Path]) -> dict[str, Any]:
    # The system's own Python, as it starts quickest.
    out = in_machine("python3", str(Path(__file__).with_name("drive.py")))
    return json.loads((out / "found.json").read_text())


def test_programs_are_told_size_rate_and_range_and_get_the_very_bytes(found: dict[str, Any]) -> None:
    answer = found["format_and_pictures"]
    assert answer["same"]
    told = " ".join(answer["told"].split())
    for part in ("640/360", "'YU12'", "ITU-R 601", "Limited Range", "25.000"):
        assert part in told


def test_it_is_a_camera_and_nothing_else_while_it_is_fed(found: dict[str, Any]) -> None:
    """Which is what browsers list."""
    assert found["format_and_pictures"]["idle"] == [False, True]
    assert found["format_and_pictures"]["fed"] == [True, False]


def test_run_after_run_in_any_size_and_never_two_at_once(found: dict[str, Any]) -> None:
    assert found["runs"]["sizes"] == ["640/360", "1280/720", "360/640", "640/360"]
    assert found["runs"]["second"] != "let in"
    assert found["runs"]["after a kill"]


def test_the_size_stays_while_somebody_watches(found: dict[str, Any]) -> None:
    """And goes on to see pictures when the run that made them has ended and the next has begun."""
    assert found["held"]["begins"] is not None
    assert found["held"]["other size"] == [640, 360]
    assert found["held"]["goes on"] is not None


def test_another_programs_pixel_format_stays_too_and_is_named(found: dict[str, Any]) -> None:
    assert found["held_by_another_form"]["answer"] == [640, 360, "YUYV"]


def test_who_watches_is_noticed_and_who_looks_in_passing_is_not(found: dict[str, Any]) -> None:
    demand = found["demand"]
    assert demand["nobody"] is None
    assert demand["probed"] is None
    assert demand["noticed"] is not None
    assert demand["lost"] is None, "as long as the program watches"
    assert demand["gone"] is not None


def test_the_same_camera_is_found_under_another_number(found: dict[str, Any]) -> None:
    answer = found["unplug"]
    assert answer["before"] == "/dev/video0"
    assert answer["away"] == "the camera vivid is gone"
    assert answer["back"] != "/dev/video0"
    assert answer["name"] == "vivid"


def test_setup_makes_a_virtual_camera_that_is_there_after_every_start(found: dict[str, Any]) -> None:
    """Loaded by hand it is made to stay; and as it was left, the module comes back with the right options."""
    answer = found["setup"]
    assert [line.split()[-1] for line in answer["before"]] == [
        "/etc/modprobe.d/greenscreen.conf", "/etc/modules-load.d/greenscreen.conf",
    ]  # fmt: skip
    assert answer["done"]
    assert answer["after"] == []
    assert answer["after a start"] == ["modprobe v4l2loopback"]
    assert answer["again"]
    assert answer["cameras"] == [["greenscreen", True]]
