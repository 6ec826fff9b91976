"""A machine that slept: the run goes on at its pace, and neither races to catch up nor stands still."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ASLEEP, AFTER, FPS = 3.0, 2.0, 5


@pytest.fixture
def run(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A run, and the address of its API."""
    words = [
        "--camera",
        "synthetic",
        "--size",
        "160x96",
        "--fps",
        "5",
        "--no-preview",
        "--no-virtual-camera",
        "--overlay",
    ]
    command = [sys.executable, "-u", "-m", "greenscreen", "run", *words, "127.0.0.1:0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout
        found = next(found for line in process.stdout if (found := re.search(r"(http://\S+)/overlay", line)))
        yield process, f"{found[1]}/api/state"
        process.send_signal(signal.SIGCONT)
        process.terminate()


def frames(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["status"]["frames"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP")
def test_after_a_sleep_it_goes_on_at_the_usual_pace(run: tuple[subprocess.Popen[str], str]) -> None:
    process, url = run
    until = time.monotonic() + 60
    while frames(url) < FPS and time.monotonic() < until:
        time.sleep(0.1)
    before = frames(url)
    process.send_signal(signal.SIGSTOP)
    time.sleep(ASLEEP)
    process.send_signal(signal.SIGCONT)
    time.sleep(AFTER)
    # The count is published once a second.
    assert 0 < frames(url) - before < FPS * (AFTER + 1.5)
