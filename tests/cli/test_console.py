"""What is said is one line, whatever the names in it hold."""

import pytest

from greenscreen.cli.console import complain, say
from greenscreen.errors import SourceError


def test_names_neither_break_the_line_nor_give_the_terminal_orders(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\nb\x1b[2J\udcff[red].jpg"
    complain(SourceError(f"{name} is empty", f"copy {name} again"))
    say(f"{name} written")
    assert capsys.readouterr().err.splitlines() == [
        "error: a?b?[2J?[red].jpg is empty",
        "hint: copy a?b?[2J?[red].jpg again",
        "a?b?[2J?[red].jpg written",
    ]
