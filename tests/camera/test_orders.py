"""Whoever comes first and whoever leaves first: webcam, greenscreen and call program meet in any order."""

import json
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.camera

PLAIN = "import runpy, sys; sys.modules['numba'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
"""Without compiled loops: on an emulated processor, compiling them takes longer than the test."""

ORDERS = set(permutations(["webcam", "greenscreen", "viewer"]))


@pytest.fixture(scope="module")
def found(in_machine: Callable[..., Path]) -> dict[str, Any]:
    out = in_machine(sys.executable, "-c", PLAIN, str(Path(__file__).with_name("orders.py")), seconds=900)
    return json.loads((out / "found.json").read_text())


def test_every_order_was_tried(found: dict[str, Any]) -> None:
    for what in ("start", "stop"):
        assert {tuple(turn[what]) for turn in found["rounds"]} == ORDERS


def test_the_picture_is_right_after_every_step(found: dict[str, Any]) -> None:
    """The result with all three there, the placeholder without webcam, nothing new without greenscreen."""
    wrong = [
        (turn["start"], turn["stop"], step) for turn in found["rounds"] for step in turn["steps"] if step[1] is None
    ]
    assert wrong == []


def test_no_picture_was_anything_else(found: dict[str, Any]) -> None:
    assert min(abs(room - other) for room in found["room"] for other in (found["result"], found["hidden"])) > 16
    assert all(turn["seen"] > 0 for turn in found["rounds"])
    assert [turn["neither"] for turn in found["rounds"]] == [0] * len(ORDERS)
