"""Whatever is kept takes nobody's place, and what a killed run left half done does not stay for ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from greenscreen.filing import free, identity, new_part, settle


def test_the_next_free_name_is_numbered(tmp_path: Path) -> None:
    wanted = tmp_path / "call of 1.2.mp4"
    assert free(wanted) == wanted
    wanted.touch()
    assert free(wanted) == tmp_path / "call of 1.2-2.mp4"
    (tmp_path / "call of 1.2-2.mp4").symlink_to("nowhere")
    assert free(wanted) == tmp_path / "call of 1.2-3.mp4"
    assert free(wanted, {tmp_path / "call of 1.2-3.mp4"}) == tmp_path / "call of 1.2-4.mp4"


@pytest.mark.parametrize("links", [True, False])
def test_a_finished_file_takes_its_name_or_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Also on file systems that know no links, such as those of memory cards."""
    if not links:

        def link(*_: object) -> None:
            raise PermissionError("not permitted")

        monkeypatch.setattr(os, "link", link)
    wanted = tmp_path / "call.mp4"
    for number in range(3):
        part = tmp_path / ".part"
        part.write_text(str(number))
        settle(part, wanted)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "call.mp4": "0",
        "call-2.mp4": "1",
        "call-3.mp4": "2",
    }


def test_what_cannot_be_named_is_an_error_and_stays(tmp_path: Path) -> None:
    part = tmp_path / ".part"
    part.write_text("x")
    with pytest.raises(OSError, match="No such file"):
        settle(part, tmp_path / "missing" / "call.mp4")
    assert part.read_text() == "x"


WRITES = """
import sys
from pathlib import Path
from greenscreen.filing import new_part
file = new_part(Path(sys.argv[1]), again=sys.argv[2] == "again")
file.write(b"half")
file.flush()
print(file.name, flush=True)
sys.stdin.read()
"""


def half(path: Path, *, again: bool = True) -> tuple[subprocess.Popen[str], Path]:
    """Somebody who writes the file for as long as they live, and the hidden file that they write to."""
    words = [sys.executable, "-c", WRITES, str(path), "again" if again else "once"]
    writer = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    return writer, Path(writer.stdout.readline().strip())


def test_what_a_killed_run_left_of_the_same_file_goes_and_nothing_else(tmp_path: Path) -> None:
    wanted = tmp_path / "talk.mp4"
    dead, others, recordings = half(wanted), half(tmp_path / "other.mp4"), half(wanted, again=False)
    for writer, _ in (dead, others, recordings):
        writer.kill()
        writer.communicate()
    living = half(wanted)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"half"}
    try:
        with new_part(wanted, again=True) as file:
            left = {others[1], recordings[1], living[1], Path(file.name)}
            assert set(tmp_path.iterdir()) == left
    finally:
        living[0].kill()
        living[0].communicate()


def test_what_only_looks_like_a_left_file_stays(tmp_path: Path) -> None:
    wanted, valued = tmp_path / "talk.mp4", tmp_path / "valued"
    valued.write_text("x")
    with new_part(wanted, again=True) as file:
        first = Path(file.name)
    first.unlink()
    first.symlink_to(valued)
    stem = first.name.rpartition("-")[0]
    (tmp_path / f"{stem}-folder").mkdir()
    (tmp_path / f"{stem}-empty").touch()
    before = set(tmp_path.iterdir())
    with new_part(wanted, again=True) as file:
        assert set(tmp_path.iterdir()) == before | {Path(file.name)}
    assert valued.read_text() == "x"


def test_one_file_under_two_names_is_one(tmp_path: Path) -> None:
    """As where case is ignored: `A.PNG` is then `a.png`, whatever its path says."""
    (tmp_path / "a.png").touch()
    os.link(tmp_path / "a.png", tmp_path / "other.png")
    assert identity(tmp_path / "a.png") == identity(tmp_path / "other.png")
    (tmp_path / "b.png").touch()
    assert identity(tmp_path / "a.png") != identity(tmp_path / "b.png")


def test_what_is_not_there_yet_is_told_apart_by_its_name(tmp_path: Path) -> None:
    lower, upper = tmp_path / "a.png", tmp_path / "A.PNG"
    assert identity(lower, ignoring_case=False) != identity(upper, ignoring_case=False)
    assert identity(lower, ignoring_case=True) == identity(upper, ignoring_case=True)
    assert identity(lower) == identity(tmp_path / "in" / ".." / "a.png")
