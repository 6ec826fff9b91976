"""The command line, for the tests of it: how it is called and what it leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Answer:
    """What a command left behind."""

    code: object
    out: str
    err: str


Greenscreen = Callable[..., Answer]
