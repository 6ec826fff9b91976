"""What a run that was killed had recorded is found again, and nobody else's file is touched."""

import subprocess
import sys
from pathlib import Path

import pytest
from recordings import at, frames, patches

from greenscreen.filing import new_part
from greenscreen.sinks.recovered import recovered
from greenscreen.sinks.video import VideoSink

RECORDS = """
import sys
from pathlib import Path
from recordings import at, patches
from greenscreen.sinks.video import VideoSink
with VideoSink(Path(sys.argv[1]), (192, 64), 30.0, keep=True) as sink:
    for index in range(200):
        sink.send(at(patches(), index / 30))
    sink._file.flush()
    print("recorded", flush=True)
    sys.stdin.read()
"""


def recording(path: Path) -> "subprocess.Popen[str]":
    """A process that goes on recording until it is killed."""
    words = [sys.executable, "-c", f"import sys; sys.path = {sys.path!r}\n{RECORDS}", str(path)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "recorded\n"
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="a killed process lets go of its files a little later there")
def test_what_a_killed_run_recorded_gets_a_name_once_it_is_dead(tmp_path: Path) -> None:
    run = recording(tmp_path / "call.mp4")
    try:
        (part,) = tmp_path.iterdir()
        assert list(recovered(tmp_path)) == []
    finally:
        run.kill()
        run.communicate()
    (found,) = recovered(tmp_path)
    assert [found] == list(tmp_path.iterdir())
    assert found.name.startswith("greenscreen 2")
    assert found.name.endswith(" recovered.mp4")
    assert len(frames(found)) >= 90
    assert not part.exists()
    assert list(recovered(tmp_path)) == []


def test_a_recording_of_our_own_goes_on(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "call.mp4", (192, 64), 30.0, keep=True) as sink:
        for index in range(60):
            sink.send(at(patches(), index / 30))
        sink._file.flush()
        assert list(recovered(tmp_path)) == []
    assert [path.name for path in tmp_path.iterdir()] == ["call.mp4"]


def test_what_does_not_play_or_can_be_made_again_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".greenscreen-01234567.mp4").write_bytes(b"no video")
    (tmp_path / ".greenscreen-89abcdef.mp4").mkdir()
    (tmp_path / ".greenscreen-02468ace.mp4").symlink_to(tmp_path / "valued.mp4")
    with VideoSink(tmp_path / "valued.mp4", (192, 64), 30.0) as sink:
        sink.send(patches())
    with new_part(tmp_path / "talk.mp4", again=True) as file:
        file.write((tmp_path / "valued.mp4").read_bytes())
    before = set(tmp_path.iterdir())
    assert list(recovered(tmp_path)) == []
    assert set(tmp_path.iterdir()) == before


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert list(recovered(tmp_path / "missing")) == []
