"""What is said is one line, whatever the names in it hold."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from greenscreen.cli.console import complain, explained, say
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


@pytest.mark.parametrize(
    "work",
    [lambda: np.empty(2**62, np.uint8), lambda: cv2.resize(np.zeros((1, 1, 3)), (2**30, 2**20))],
    ids=["NumPy", "OpenCV"],
)
def test_too_little_memory_is_no_fault_to_report(work: Callable[[], object]) -> None:
    with pytest.raises(Exception, match="llocate") as caught:
        work()
    told = explained(caught.value)
    assert told.message == "there is too little memory for this"
    assert "report" not in told.hint
