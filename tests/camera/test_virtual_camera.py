"""`greenscreen run` between a real webcam device and a real virtual camera, as a video call would see it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from greenscreen.picture.placeholder import placeholder

pytestmark = pytest.mark.camera

GREEN = (0, 255, 0)

PLAIN = "import sys; sys.modules['numba'] = None; from greenscreen.cli import main; main()"
"""greenscreen without its compiled loops: on an emulated processor, compiling them takes longer than the test."""

# Where the bundled clip, at 640x360, shows the room throughout, and where the person. (rows, columns)
ROOM = [np.s_[:, :120], np.s_[:60, :], np.s_[:, 480:], np.s_[:150, 420:]]
PERSON = {"face": np.s_[135:195, 295:350], "chest": np.s_[260:350, 190:290]}


@dataclass(frozen=True)
class Recording:
    """What tests/camera/record.py brings back: pictures are `(N, 360, 640, 3)` int16 BGR."""

    fed: NDArray[np.int16]
    seen: NDArray[np.int16]
    hidden: NDArray[np.int16]
    ffmpeg: NDArray[np.int16]
    found: dict[str, float | bool | None]
    said: str
    status: int


@pytest.fixture(scope="module")
def recording(in_machine: Callable[..., Path]) -> Recording:
    greenscreen = [sys.executable, "-c", PLAIN, "run", "--background", "#00ff00", "--background-service"]
    devices = ["--camera", "/dev/video11", "--device", "/dev/video10", "--size", "640x360"]
    script = str(Path(__file__).with_name("record.py"))
    out = in_machine(sys.executable, script, *greenscreen, *devices, seconds=900)
    said = (out / "said.txt").read_text()
    pictures = {name: read_pictures(out, f"{name}-*.png") for name in ("fed", "seen", "hidden", "ffmpeg")}
    assert pictures["seen"].size, f"nothing arrived at the virtual camera; greenscreen said:\n{said}"
    found = json.loads((out / "found.json").read_text())
    return Recording(**pictures, found=found, said=said, status=int((out / "status").read_text()))


def read_pictures(folder: Path, pattern: str) -> NDArray[np.int16]:
    return np.array([cv2.imread(str(path)) for path in sorted(folder.glob(pattern))], np.int16)


def results(pictures: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    """Those that are not the placeholder, which a slow machine may show in between."""
    return [picture for picture in pictures if np.abs(picture - placeholder(640, 360).astype(int)).mean() > 4]


def nearest_fed(recording: Recording, seen: NDArray[np.int16]) -> tuple[int, float]:
    """The fed frame that looks most like a seen one where the person is, and the mean difference there, in levels."""
    errors = [max(np.abs(seen[place] - fed[place]).mean() for place in PERSON.values()) for fed in recording.fed]
    best = int(np.argmin(errors))
    return best, errors[best]


def test_the_room_is_nowhere_to_be_seen(recording: Recording) -> None:
    """Every pixel of the room is the backdrop, from the first picture on; I420 and back costs a few levels."""
    for seen in [*recording.seen, *results(recording.ffmpeg)]:
        for place in ROOM:
            assert np.abs(seen[place] - GREEN).max() <= 8


def test_what_is_not_the_result_is_the_placeholder(recording: Recording) -> None:
    """Before the webcam is open, and while it is silent."""
    for hidden in recording.hidden:
        assert np.abs(hidden - placeholder(640, 360).astype(int)).mean() < 4


def test_the_person_is_there_unchanged(recording: Recording) -> None:
    """The person is where the camera saw it, pixel by pixel: no stretching, no shift, no washout.

    The middle of what was seen counts: a device that is read while it is written gives a frame torn between two.
    """
    assert np.median([nearest_fed(recording, seen)[1] for seen in recording.seen]) < 8


def test_the_person_has_its_own_colours(recording: Recording) -> None:
    """No tint and no limited-range washout. The middle of what was seen, as a torn frame may be half a placeholder."""
    for place in PERSON.values():
        fed = recording.fed[:, *place].mean(axis=(1, 2))
        seen = np.median(recording.seen[:, *place].mean(axis=(1, 2)), axis=0)
        assert (seen >= fed.min(axis=0) - 6).all()
        assert (seen <= fed.max(axis=0) + 6).all()


def test_ffmpeg_sees_what_opencv_sees(recording: Recording) -> None:
    assert len(recording.ffmpeg) == 2
    shown = results(recording.ffmpeg)
    assert shown
    for seen in shown:
        assert nearest_fed(recording, seen)[1] < 12


def test_the_webcam_is_open_only_while_somebody_watches(recording: Recording) -> None:
    """As the kernel tells, not our own log."""
    assert recording.found["there"] is not None
    assert recording.found["used before"] is False
    assert recording.found["used when watched"] is not None
    assert recording.found["not used after"] is not None


def test_a_webcam_that_falls_silent_is_hidden_and_comes_back(recording: Recording) -> None:
    assert recording.found["hidden"] is not None
    assert recording.found["seen again"] is not None


def test_the_picture_moves(recording: Recording) -> None:
    """Different frames of the clip arrive, not one for ever."""
    assert len({nearest_fed(recording, seen)[0] for seen in recording.seen}) >= 3


def test_ctrl_c_ends_it_in_peace(recording: Recording) -> None:
    """With the video call still looking, Ctrl-C is a success and no traceback."""
    assert recording.status == 0, recording.said
    assert "Traceback" not in recording.said
