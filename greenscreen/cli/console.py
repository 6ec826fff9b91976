"""What people see in their terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from greenscreen.errors import GreenscreenError
from greenscreen.filing import printable

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def say(message: str) -> None:
    """A line of information for the person, on stderr."""
    # As text, here and below, because names of files and devices may look like markup or emoji.
    with suppress(OSError):  # The terminal may be closed, which is no reason to fail.
        err.print(Text(printable(message), style="dim"))


def progress_bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def complain(error: GreenscreenError) -> None:
    """One sentence and a hint, on stderr."""
    with suppress(OSError):
        err.print(Text.assemble(("error:", "red"), f" {printable(error.message)}"))
        if error.hint:
            err.print(Text.assemble(("hint:", "dim"), f" {printable(error.hint)}"))


@contextmanager
def complaining() -> Iterator[None]:
    """Around a script: what was foreseen ends it with a sentence and an exit code."""
    try:
        yield
    except GreenscreenError as error:
        complain(error)
        sys.exit(error.exit_code)
