"""What the tests of the command line share."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Answer, Greenscreen

from greenscreen.cli import main


@pytest.fixture
def greenscreen(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Greenscreen]:
    """The command, in this process, on a machine with nothing attached and in an empty folder."""

    def call(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["greenscreen", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        return Answer(end.value.code or 0, *capsys.readouterr())

    numbers = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
    handlers = {number: signal.getsignal(number) for number in numbers if number}
    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)
