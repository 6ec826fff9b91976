"""Whoever holds a device is named, as far as this user may see."""

import subprocess
import sys
from pathlib import Path

import pytest

from greenscreen.linux.holders import holders

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


def test_who_holds_a_file_is_named(tmp_path: Path) -> None:
    node = tmp_path / "video0"
    node.touch()
    hold = "import sys; file = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(node)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        [name] = holders(node)
        assert name.startswith("python")
        assert name.endswith(f"({other.pid})")
        other.communicate()
    assert holders(node) == []


def test_who_opens_and_closes_other_files_meanwhile_is_named_at_every_look(tmp_path: Path) -> None:
    """The camera stays off for whoever is missed once, as nobody looks again before something is opened or closed."""
    node = tmp_path / "video0"
    node.touch()
    hold = (
        "import os, sys; low = [os.open('/dev/null', 0) for _ in range(300)]; file = open(sys.argv[1])\n"
        "for handle in low: os.close(handle)\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for handle in [os.open('/dev/null', 0) for _ in range(40)]: os.close(handle)\n"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(node)], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout
            other.stdout.readline()
            assert all(holders(node) for _ in range(40))
        finally:
            other.kill()


def test_our_own_process_is_not_named(tmp_path: Path) -> None:
    with (tmp_path / "video0").open("w"):
        assert holders(tmp_path / "video0") == []


def test_a_process_that_ends_meanwhile_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "proc" / "99").mkdir(parents=True)
    assert holders(tmp_path / "video0", tmp_path / "proc") == []
