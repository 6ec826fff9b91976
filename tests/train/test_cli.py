"""`python -m train fit`: from arguments to a run, and mistakes without a traceback."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from train.__main__ import main
from train.checkpoint import read_checkpoint


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["lunch", "m.csv"], "error: there is no recipe lunch\nhint: choose one of compared, distil, large, ", 2),
        (["student", "m.csv", "--set", "steps=-1"], "error: recipe student: steps: ", 2),
        (["distil", "m.csv"], "set teacher=CHECKPOINT", 2),
        (["student", "none.csv"], "error: the manifest none.csv cannot be read", 1),
    ],
)
def test_a_mistake_is_one_sentence_and_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], told: str, code: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["train", "fit", *words, "--out", "run"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    assert told in capsys.readouterr().err
    assert not Path("run").exists()


def test_what_is_exported_is_called_a_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], untrained: Callable[[str], Path]
) -> None:
    """`mine.json` would be written over by its own contract."""
    monkeypatch.setattr(sys, "argv", ["train", "export", str(untrained("student-small")), "--out", "mine.json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "mine.json is no name of a model\nhint: end it in .onnx" in capsys.readouterr().err
    assert not Path("mine.json").exists()


def test_the_whole_command_is_kept_with_the_checkpoint(
    monkeypatch: pytest.MonkeyPatch, manifest: Path, tmp_path: Path
) -> None:
    """A run can be repeated from what it left: pictures, first weights and settings, as a shell takes them."""
    out = tmp_path / "a run"
    tiny = ("steps=1", "epoch=1", "batch=2", "area=4096", "aspects=[1.0]", "judged=1", "workers=0", "warmup=0")
    words = ["fit", "student", str(manifest), "--out", str(out), *(word for each in tiny for word in ("--set", each))]
    monkeypatch.setattr(sys, "argv", ["train", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert shlex.split(read_checkpoint(out / "last.ckpt").facts["command"]) == words
    again = [*words, "--start", str(out / "last.ckpt")]
    again[again.index("--out") + 1] = str(tmp_path / "next")
    monkeypatch.setattr(sys, "argv", ["train", *again])
    with pytest.raises(SystemExit):
        main()
    assert f"--start '{out / 'last.ckpt'}'" in read_checkpoint(tmp_path / "next" / "last.ckpt").facts["command"]
