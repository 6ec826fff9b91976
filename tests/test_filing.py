"""Whatever is kept takes nobody's place."""

import os
from pathlib import Path

import pytest

from greenscreen.filing import free, settle


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
