"""What people see in their terminal."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from greenscreen.errors import GreenscreenError, UsageError
from greenscreen.filing import printable

FULL = errno.ENOSPC, errno.EDQUOT
"""What the system says of a full disk, and of a quota that is used up."""

_NO_MEMORY = -4
"""OpenCV's number for it (`cv2.Error.StsNoMem`), which is too much to import for a sentence."""

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def say(message: str, style: str = "dim") -> None:
    """A line of information for the person, on stderr."""
    # As text, here and below, because names of files and devices may look like markup or emoji.
    with suppress(OSError):  # The terminal may be closed, which is no reason to fail.
        err.print(Text(printable(message), style=style))


def progress_bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def complain(error: GreenscreenError) -> None:
    """One sentence and a hint, on stderr."""
    with suppress(OSError):
        err.print(Text.assemble(("error:", "red"), f" {printable(error.message)}"))
        if error.hint:
            err.print(Text.assemble(("hint:", "dim"), f" {printable(error.hint)}"))


def explained(error: Exception) -> GreenscreenError:
    """Whatever went wrong, as one sentence and a hint."""
    if isinstance(error, GreenscreenError):
        return error
    if isinstance(error, typer.TyperException):
        # Choices come on lines of their own, and those that Pydantic refuses with a word of its own.
        words = " ".join(error.format_message().split()).replace("Value error, ", "")
        return UsageError(words.rstrip("."), f"see: {_command(error)} --help")
    if isinstance(error, typer.Abort):
        return GreenscreenError("nothing was done, as nobody answered", "answer y or n in a terminal")
    if isinstance(error, ImportError):
        return GreenscreenError(f"a library does not load: {error}", "see: greenscreen doctor")
    if isinstance(error, OSError) and error.errno in FULL:
        where = error.filename or "what it says"
        return GreenscreenError(f"no space is left to write {where}", "free some space, and run it again")
    if isinstance(error, MemoryError) or getattr(error, "code", None) == _NO_MEMORY:
        return GreenscreenError(
            "there is too little memory for this", "make the pictures smaller, or end other programs"
        )
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return GreenscreenError("the current folder is gone", "change to one that is there")
    return GreenscreenError(f"unexpected {type(error).__name__}: {error}", "run it again with --debug and report it")


@contextmanager
def complaining() -> Iterator[None]:
    """Around a script: what was foreseen ends it with a sentence and an exit code."""
    try:
        yield
    except GreenscreenError as error:
        complain(error)
        sys.exit(error.exit_code)


def _command(error: typer.TyperException) -> str:
    """The command whose help tells more, such as `greenscreen ctl set`."""
    words, context = list[str](), getattr(error, "ctx", None)
    while context and context.parent:
        words, context = [context.info_name, *words], context.parent
    return " ".join(["greenscreen", *words])


def begin_printing() -> None:
    """Has letters that the encoding of a pipe or file lacks printed as `\\u65e5`: on Windows that is seldom UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def finish_printing() -> None:
    """Prints what is still to be printed; raises `OSError` where the disk is full.

    What cannot be printed is dropped: Python would try again as it ends, and end with a code of its own.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if error.errno in FULL:
            raise
