"""The command as a process of its own: closed outputs, full disks, names nobody can spell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_who_stops_reading_gets_no_traceback() -> None:
    """`greenscreen --help | head -1`."""
    command = [sys.executable, "-m", "greenscreen", "--help"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("more", [["--stats"], ["--profile", "talk"], ["--stats", "--log-json"]], ids=" ".join)
def test_a_start_that_fails_says_why_and_ends_whoever_attends(more: list[str], tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}
    profile = tmp_path / "greenscreen" / "profiles" / "talk.toml"
    profile.parent.mkdir(parents=True)
    profile.write_text("mirror = true")
    command = [sys.executable, "-m", "greenscreen", "run", "--camera", "missing.mp4", *more]
    answer = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 2
    assert "there is no camera, video or photo missing.mp4" in answer.stderr


def test_a_recording_takes_nobodys_place(tmp_path: Path) -> None:
    words = "run --camera demo --size 96x64 --no-preview --no-virtual-camera --frames 5 --record"
    file = tmp_path / "call.mp4"
    file.write_text("a call of yesterday")
    command = [sys.executable, "-m", "greenscreen", *words.split(), str(file)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert "call.mp4 is there already" in answer.stderr
    assert "to call-2.mp4" in answer.stderr
    assert file.read_text() == "a call of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["call-2.mp4", "call.mp4"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's disk that is always full")
@pytest.mark.parametrize("words", [["--version"], ["devices"], ["--help"], ["setup", "--service"]])
def test_a_full_disk_under_the_output_is_a_sentence(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "greenscreen", *words], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "error: no space is left to write what it says",
        "hint: free some space, and run it again",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="closes stdout and stderr as shells do")
def test_who_has_closed_their_terminal_gets_their_recording_all_the_same(tmp_path: Path) -> None:
    words = "run --camera demo --size 96x64 --no-preview --no-virtual-camera --frames 3 --record call.mp4"
    command = f'exec "{sys.executable}" -m greenscreen {words} >&- 2>&-'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(["sh", "-c", command], env=environment, cwd=tmp_path, timeout=60, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["call.mp4"]


def test_a_name_that_the_output_cannot_spell_is_printed_all_the_same(tmp_path: Path) -> None:
    """As in a pipe on Windows, which takes cp1252; the name of a profile may have any letter."""
    folder = tmp_path / "greenscreen" / "profiles"
    folder.mkdir(parents=True)
    (folder / "\u65e5.toml").write_text("# \u65e5\n", encoding="utf-8")
    narrow = os.environ | {"PYTHONIOENCODING": "cp1252", "XDG_CONFIG_HOME": str(tmp_path)}
    for words in (["list"], ["show", "\u65e5"]):
        command = [sys.executable, "-m", "greenscreen", "profile", *words]
        done = subprocess.run(command, capture_output=True, text=True, encoding="cp1252", env=narrow)
        assert (done.returncode, "\\u65e5" in done.stdout) == (0, True), done.stderr
