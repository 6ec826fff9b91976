"""The token stays the same and stays secret."""

import stat
from pathlib import Path

import pytest

from greenscreen.address import Address
from greenscreen.control import Control
from greenscreen.settings import make_settings
from greenscreen.web.sink import OverlaySink
from greenscreen.web.token import kept_token, token_path


@pytest.fixture(autouse=True)
def home(folder: Path) -> Path:
    return folder


def test_it_is_made_once_for_this_person_alone() -> None:
    token = kept_token()
    assert len(token) == 32
    assert kept_token() == token
    assert stat.S_IMODE(token_path().stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["empty", "short", "binary", "readable", "gone"])
def test_one_that_is_no_secret_is_replaced(damage: str) -> None:
    token, path = kept_token(), token_path()
    if damage == "readable":
        path.chmod(0o644)
    elif damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "short": b"x", "binary": b"\xff" * 32}[damage])
    assert kept_token() != token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_it_cannot_be_kept_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    token_path().parent.parent.mkdir(parents=True)
    token_path().parent.write_text("a file where a folder should be")
    assert kept_token() != kept_token()
    assert f"{token_path()} cannot be written" in caplog.text
    overlay = OverlaySink(Control(make_settings()), Address("0.0.0.0"))  # Which is never entered.
    assert str(token_path()) not in overlay.directions()
