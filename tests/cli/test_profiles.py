"""`greenscreen profile` keeps, lists, shows and edits; what is wrong is one sentence. `run` uses it."""

import sys
from pathlib import Path, PureWindowsPath

import av
import pytest

from greenscreen.cli import main
from greenscreen.cli.profiles import editing
from greenscreen.control.profiles import profile_path, read_profile


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["greenscreen", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_a_profile_is_saved_listed_and_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "profile", "save", "my talk", "-b", "blur:12", "--mirror", "--size", "640x360") == 0
    capsys.readouterr()
    assert call(monkeypatch, "profile", "list") == 0
    assert capsys.readouterr().out == "my talk\n"
    assert call(monkeypatch, "profile", "show", "my talk") == 0
    assert 'background = "blur:12"' in capsys.readouterr().out
    assert read_profile("my talk") == {"background": "blur:12", "mirror": True, "size": [640, 360]}


@pytest.mark.parametrize(
    "words",
    [
        ["save", "talk", "--fps", "0"],
        ["save", "../talk", "--mirror"],
        ["show", "missing"],
        ["edit", "a/b"],
    ],
)
def test_what_is_wrong_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert call(monkeypatch, "profile", *words) == 2
    said = capsys.readouterr().err
    assert [line.split(":")[0] for line in said.splitlines()] == ["error", "hint"]
    assert not profile_path("talk").exists()


def editor(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """An editor that replaces what it is given by `text`."""
    program = folder / "an editor.py"
    program.write_text(f"import sys, pathlib\npathlib.Path(sys.argv[-1]).write_text({text!r})\n")
    monkeypatch.setenv("VISUAL", f'"{sys.executable}" "{program}" --wait')


def test_editing_checks_what_was_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    editor(monkeypatch, tmp_path, "mirror = true\n")
    assert call(monkeypatch, "profile", "edit", "talk") == 0
    assert read_profile("talk") == {"mirror": True}
    editor(monkeypatch, tmp_path, "mirror = true\nzoom = 9\n")
    assert call(monkeypatch, "profile", "edit", "talk") == 2
    assert "talk.toml, line 2: zoom 9 is not possible" in capsys.readouterr().err
    monkeypatch.setenv("VISUAL", "no-such-editor")
    assert call(monkeypatch, "profile", "edit", "talk") == 2
    assert "the editor no-such-editor fails" in capsys.readouterr().err


def test_an_editor_named_by_nothing_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("VISUAL", "")
    monkeypatch.setenv("EDITOR", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert call(monkeypatch, "profile", "edit", "talk") == 2
    assert "error: no program opens" in capsys.readouterr().err
    assert profile_path("talk").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="how Linux opens files")
def test_a_desktop_that_knows_no_program_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    opener = tmp_path / "xdg-open"
    opener.write_text("#!/bin/sh\nexit 3\n")
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert call(monkeypatch, "profile", "edit", "talk") == 2
    assert "error: no program opens" in capsys.readouterr().err


@pytest.mark.usefixtures("half")
def test_a_run_takes_a_profile_and_options_count_for_more(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    path = profile_path("talk")
    path.parent.mkdir(parents=True)
    path.write_text("size = '96x64'\nframes = 3\nengine = 'stub'\ncamera = 'synthetic'\nrecord = 'profile.mp4'\n")
    assert call(monkeypatch, "run", "--profile", "talk", "--record", "typed.mkv", "--frames", "2") == 0
    assert [file.name for file in bare.iterdir()] == ["typed.mkv"]
    with av.open("typed.mkv") as video:
        assert [(frame.width, frame.height) for frame in video.decode(video=0)] == [(96, 64)] * 2


def test_an_editor_may_be_a_path_with_spaces(tmp_path: Path) -> None:
    editor = r'"C:\Program Files\Editor\edit.exe" --wait'
    assert editing(editor, PureWindowsPath(r"C:\a b\c.toml"), windows=True) == rf'{editor} "C:\a b\c.toml"'
    assert editing("'my editor' -w", tmp_path, windows=False) == ["my editor", "-w", str(tmp_path)]
