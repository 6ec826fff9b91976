"""A desktop of our own."""

import shutil
from collections.abc import Iterator

import pytest
from desktop import x_server


@pytest.fixture(scope="session")
def tools() -> None:
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


@pytest.fixture(scope="session")
def display(tools: None) -> Iterator[str]:
    """A desktop of our own: on a real one, other windows would lie over ours."""
    with x_server() as (display, _):
        yield display
