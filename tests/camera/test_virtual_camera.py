"""`greenscreen run` between a real webcam device and a real virtual camera, as a video call would see it."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytestmark = pytest.mark.camera

ROOT = Path(__file__).parents[2]
NO_MACHINE = 125  # camera-vm's exit status where no virtual machine can be had
GREEN = (0, 255, 0)

# Where the bundled clip, at 640x360, shows the room throughout, and where the person. (rows, columns)
ROOM = [np.s_[:, :120], np.s_[:25, :], np.s_[:, 530:], np.s_[:150, 380:]]
PERSON = {"face": np.s_[95:155, 270:325], "chest": np.s_[260:350, 190:290]}


@dataclass(frozen=True)
class Recording:
    """What tests/camera/record.py brings back: pictures are `(N, 360, 640, 3)` int16 BGR."""

    fed: NDArray[np.int16]
    seen: NDArray[np.int16]
    said: str
    status: int


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    out = tmp_path_factory.mktemp("camera")
    greenscreen = [sys.executable, "-m", "greenscreen", "run", "--background", "#00ff00", "--no-preview"]
    devices = ["--camera", "/dev/video11", "--device", "/dev/video10", "--size", "640x360"]
    vm = [str(ROOT / "scripts" / "camera-vm"), "-t", "400", "-o", str(out)]
    inside = [sys.executable, str(Path(__file__).with_name("record.py")), *greenscreen, *devices]
    answer = subprocess.run([*vm, *inside], cwd=ROOT, capture_output=True, text=True)
    if answer.returncode == NO_MACHINE:
        pytest.skip(answer.stderr.strip())
    assert answer.returncode == 0, answer.stdout + answer.stderr
    said = (out / "said.txt").read_text()
    seen = read_pictures(out, "seen-*.png")
    assert seen.size, f"nothing arrived at the virtual camera; greenscreen said:\n{said}"
    return Recording(read_pictures(out, "fed-*.png"), seen, said, int((out / "status").read_text()))


def read_pictures(folder: Path, pattern: str) -> NDArray[np.int16]:
    return np.array([cv2.imread(str(path)) for path in sorted(folder.glob(pattern))], np.int16)


def nearest_fed(recording: Recording, seen: NDArray[np.int16]) -> tuple[int, float]:
    """The fed frame that looks most like a seen one where the person is, and the mean difference there, in levels."""
    errors = [max(np.abs(seen[place] - fed[place]).mean() for place in PERSON.values()) for fed in recording.fed]
    best = int(np.argmin(errors))
    return best, errors[best]


def test_the_room_is_nowhere_to_be_seen(recording: Recording) -> None:
    """Every pixel of the room is the backdrop, from the first picture on; I420 and back costs a few levels."""
    for seen in recording.seen:
        for place in ROOM:
            assert np.abs(seen[place] - GREEN).max() <= 8


def test_the_person_is_there_unchanged(recording: Recording) -> None:
    """The person is where the camera saw it, pixel by pixel: no stretching, no shift, no washout.

    The middle of what was seen counts: a device that is read while it is written gives a frame torn between two.
    """
    assert np.median([nearest_fed(recording, seen)[1] for seen in recording.seen]) < 8


def test_the_person_has_its_own_colours_in_every_frame(recording: Recording) -> None:
    """No tint and no limited-range washout, from the first frame on. A torn frame has the colours of both halves."""
    for place in PERSON.values():
        fed = recording.fed[:, *place].mean(axis=(1, 2))
        seen = recording.seen[:, *place].mean(axis=(1, 2))
        assert (seen >= fed.min(axis=0) - 6).all()
        assert (seen <= fed.max(axis=0) + 6).all()


def test_the_picture_moves(recording: Recording) -> None:
    """Different frames of the clip arrive, not one for ever."""
    assert len({nearest_fed(recording, seen)[0] for seen in recording.seen}) >= 3


def test_ctrl_c_ends_it_in_peace(recording: Recording) -> None:
    """With the video call still looking, Ctrl-C is a success and no traceback."""
    assert recording.status == 0, recording.said
    assert "ended" in recording.said
    assert "Traceback" not in recording.said
