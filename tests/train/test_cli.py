"""`python -m train fit`: from arguments to a run, and mistakes without a traceback."""

import sys
from pathlib import Path

import pytest

from train.__main__ import main


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
