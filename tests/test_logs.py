"""What is written down is for people and programs, never grows large, and holds no picture."""

import json
import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from greenscreen.control import Status
from greenscreen.logs import JsonLines, log_path, logged_to_file, stats_line
from greenscreen.web.token import token_path

ROOT = Path(__file__).parents[1]
STATUS = Status("live", "", 29.97, 31.4, {"segment": 5.25, "send": 1.0}, 300, 2, "openvino", "camera 0")


def test_stats_are_one_line() -> None:
    line = "live: 30.0 frames a second, 31 ms old, 2 dropped; ms: segment 5.2, send 1.0"
    assert stats_line(STATUS) == line
    assert ", 2 dropped, the network rests on 87%; ms:" in stats_line(replace(STATUS, resting=0.871))
    assert stats_line(Status()) == "starting: 0.0 frames a second, 0 dropped; ms: none yet"


def test_a_record_is_a_json_object_with_its_error() -> None:
    try:
        raise OSError("no\nspace")
    except OSError:
        record = logging.LogRecord("greenscreen.x", logging.WARNING, "", 1, "%s of\n%s", ("1", "2"), sys.exc_info())
    line = JsonLines().format(record)
    assert "\n" not in line
    parsed = json.loads(line)
    assert (parsed["level"], parsed["logger"], parsed["message"]) == ("warning", "greenscreen.x", "1 of\n2")
    assert "OSError" in parsed["error"]


def test_the_file_begins_anew_when_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenscreen.logs._MOST_BYTES", 2000)
    path = tmp_path / "deep" / "x.log"
    with logged_to_file(path):
        for index in range(200):
            logging.getLogger("greenscreen.test").info("line %d of many", index)
    files = sorted(path.parent.iterdir())
    assert len(files) == 4
    assert all(file.stat().st_size <= 2000 for file in files)
    assert "line 199" in path.read_text()
    size = path.stat().st_size
    logging.getLogger("greenscreen.test").warning("afterwards")
    assert path.stat().st_size == size


@pytest.mark.skipif(os.name == "nt", reason="Windows' folders of a person are theirs alone")
def test_the_file_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one from before, and also when a new one begins, whatever the umask allows."""
    monkeypatch.setattr("greenscreen.logs._MOST_BYTES", 2000)
    path = tmp_path / "x.log"
    path.write_text("old")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        with logged_to_file(path):
            for index in range(50):
                logging.getLogger("greenscreen.test").info("line %d of many", index)
    finally:
        os.umask(before)
    modes = [oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()]
    assert len(modes) > 1
    assert set(modes) == {"0o600"}


def test_the_overlays_token_is_in_no_log(tmp_path: Path) -> None:
    """Nor on stderr where that is no terminal, and so somebody's log: there the file that keeps it is named."""
    words = "--camera synthetic --size 96x64 --no-preview --no-virtual-camera --frames 5 --overlay 0.0.0.0:0"
    for more in ([], ["--log-json"]):
        command = [sys.executable, "-m", "greenscreen", "run", *words.split(), *more]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stderr
        token = token_path().read_text()
        assert "controlled at http://" in said
        assert str(token_path()) in said
        assert token not in said
        assert token not in log_path().read_text()


def test_where_no_file_can_be_written_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with logged_to_file(tmp_path / "file" / "x.log"):
        logging.getLogger("greenscreen.test").info("hello")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_on_a_full_disk_the_run_goes_on_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.log"
    path.symlink_to("/dev/full")
    with logged_to_file(path):
        logging.getLogger("greenscreen.test").info("hello")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("words", ["--camera missing", "--fps 0"])
def test_what_ends_a_run_is_json_too_where_that_is_asked_for(words: str) -> None:
    command = [sys.executable, "-m", "greenscreen", "run", "--log-json", *words.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    last = [json.loads(line) for line in done.stderr.splitlines()][-1]
    assert (done.returncode, last["level"]) == (2, "error")
    assert all(last[key] for key in ("message", "hint"))


def test_without_a_log_file_programs_are_told_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    words = "--camera synthetic --size 96x64 --no-preview --no-virtual-camera --log-json --frames 2 --record"
    command = [sys.executable, "-m", "greenscreen", "run", *words.split(), str(tmp_path / "x.mkv")]
    places = os.environ | {"XDG_STATE_HOME": str(tmp_path / "file")}
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60, env=places).stderr
    assert any("cutting out" in json.loads(line)["message"] for line in said.splitlines())


def test_a_run_tells_programs_everything_in_json_and_leaves_a_log(tmp_path: Path) -> None:
    words = "--camera demo --size 96x64 --no-preview --no-virtual-camera --log-json --stats --frames 25 --record"
    command = [sys.executable, "-m", "greenscreen", "run", *words.split(), str(tmp_path / "x.mkv")]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stderr
    lines = [json.loads(line) for line in said.splitlines()]
    assert any("cutting out" in line["message"] for line in lines)
    stats = [line for line in lines if "fps" in line]
    assert all(line["engine"] for line in stats if line["state"] == "live")
    text = log_path().read_text()
    assert "cutting out" in text
    assert len(text) < 5000
