"""However a run is ended, what was recorded can be played and nothing stays behind. With real processes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Any

import av
import pytest
from broadcast import Broadcast
from clips import clip

ROOT = Path(__file__).parents[2]
SLOW = """
import sys, time
from greenscreen.live import run as live
from greenscreen.cli import main
from greenscreen.sources.synthetic import SyntheticSource

class Silent(SyntheticSource):
    def __iter__(self):
        for frame in super().__iter__():
            if frame.index == 10:
                print("silent", file=sys.stderr, flush=True)
                time.sleep(60)
            yield frame

live.open_source = lambda *_: Silent((96, 64), 30)
main()
"""

LOADING = """
import os, signal, sys

class Impatient:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "greenscreen.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Impatient)
from greenscreen.__main__ import main
main()
"""
"""Ctrl-C while the command line loads."""

HEAR = """
import os, signal, sys

for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Hears all signals, and becomes what it is given. A fork of the tests, whose libraries have threads, may crash."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def start(folder: Path, suffix: str = ".mp4", program: tuple[str, ...] = ("-m", "greenscreen")) -> list[str]:
    words = ["--camera", "synthetic", "--size", "96x64", "--no-virtual-camera", "--no-preview", "--background", "green"]
    return [sys.executable, *program, "run", "--stats", *words, "--record", str(folder / f"x{suffix}")]


def frames(path: Path) -> int:
    with av.open(str(path)) as video:
        return sum(1 for _ in video.decode(video=0))


@contextmanager
def running(command: list[str], **more: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that hears all signals, also where whoever runs the tests does not. It is gone in the end, and within
    two minutes in any case, so that nobody waits for what it says for ever."""

    with subprocess.Popen([sys.executable, "-c", HEAR, *command], cwd=ROOT, text=True, **more) as process:
        watchdog = Timer(120, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def await_frames(said: IO[str] | None) -> None:
    """Until a run with `--stats` has said twice that pictures are sent."""
    assert said is not None
    for _ in range(2):
        assert any(re.search(r"live: (?!0\.0)", line) for line in said)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_run_soon_and_the_recording_plays(tmp_path: Path, name: str) -> None:
    with running(start(tmp_path), stderr=subprocess.PIPE) as process:
        await_frames(process.stderr)
        process.send_signal(signal.Signals[name])
        process.send_signal(signal.Signals[name])  # Impatience must not cost the recording.
        said = process.communicate(timeout=15)[1]
    assert process.returncode == 0
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]
    assert frames(tmp_path / "x.mp4") > 2


@pytest.mark.parametrize("suffix", [".webm", ".mov"])
def test_every_kind_of_recording_is_finished(tmp_path: Path, suffix: str) -> None:
    with running(start(tmp_path, suffix), stderr=subprocess.PIPE) as process:
        await_frames(process.stderr)
        process.terminate()
        assert process.wait(15) == 0
    assert frames(tmp_path / f"x{suffix}") > 2


def test_a_closed_terminal_ends_a_run_and_the_recording_plays(tmp_path: Path) -> None:
    """Its window is closed: the terminal hangs up, and whatever is still written to it fails."""
    ours, theirs = os.openpty()
    command = ["setsid", "--ctty", "--wait", *start(tmp_path)]
    with running(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        with os.fdopen(ours) as said:
            await_frames(said)
        process.wait(15)
    deadline = time.monotonic() + 5
    while list(tmp_path.glob(".greenscreen-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]
    assert frames(tmp_path / "x.mp4") > 2


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip that takes its time, for all who read it."""
    return clip(tmp_path_factory.mktemp("film") / "in.mp4", 500, (320, 180))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_video_that_is_ended_on_the_way_leaves_nothing(film: Path, tmp_path: Path, name: str) -> None:
    """Half a clip must not pass for a whole one, nor stay behind under another name."""
    command = [sys.executable, "-m", "greenscreen", "video", str(film), "-o", str(tmp_path / "out.mp4")]
    with running(command, stderr=subprocess.PIPE) as process:
        while not list(tmp_path.glob(".greenscreen-*")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.Signals[name])
        said = process.communicate(timeout=30)[1]
    assert process.returncode in (1, 130)
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_a_camera_that_says_nothing_does_not_hold_up_the_end(tmp_path: Path) -> None:
    command = start(tmp_path, program=("-c", SLOW))
    with running(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert any(line == "silent\n" for line in process.stderr)
        process.terminate()
        process.communicate(timeout=15)
    assert process.returncode == 0
    assert frames(tmp_path / "x.mp4") == 10


def test_under_nohup_a_closed_terminal_ends_nothing(tmp_path: Path) -> None:
    with running(["nohup", *start(tmp_path)], stderr=subprocess.PIPE) as process:
        await_frames(process.stderr)
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.7)
        process.terminate()
        assert process.wait(15) == 0


def test_ending_it_while_it_loads_shows_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", LOADING], cwd=ROOT, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize(("words", "code"), [("profile list", 0), ("profile show none", 2)])
def test_nothing_is_torn_down_under_a_thread_that_compiles(tmp_path: Path, words: str, code: int, closed: bool) -> None:
    """LLVM would crash, and with it a command that had done its work."""
    program = f"""
import atexit, sys
from greenscreen.__main__ import main
from greenscreen.planar import making
making()
atexit.register(print, "torn down")
sys.argv = ["greenscreen", *{words.split()}]
main()
"""
    cold = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    if closed:
        command = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, env=cold)
    assert (done.returncode, done.stdout) == (code, "")
    assert closed or done.stderr.endswith("\n")


def test_nothing_is_torn_down_under_a_camera_that_is_read(tmp_path: Path) -> None:
    """FFmpeg waits for a silent one for seconds; OpenCV would end the process by a crash when it comes back."""
    program = "import atexit; from greenscreen.__main__ import main; atexit.register(print, 'torn down'); main()"
    command = start(tmp_path, program=("-c", program))
    with Broadcast() as camera:
        command[command.index("synthetic")] = f"{camera.address}/200/silent"
        with running(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            await_frames(process.stderr)
            before, deadline = camera.silences, time.monotonic() + 30
            while camera.silences == before and time.monotonic() < deadline:
                time.sleep(0.05)
            process.terminate()
            printed, _ = process.communicate(timeout=15)
    assert (process.returncode, printed) == (0, "")
    assert frames(tmp_path / "x.mp4") > 2
