"""The token that lets other machines in: made once and kept, so that addresses saved in OBS go on working."""

import logging
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

import platformdirs

log = logging.getLogger(__name__)


def token_path() -> Path:
    """Removing this file shuts everybody out who was let in before."""
    return platformdirs.user_config_path("greenscreen", appauthor=False) / "overlay-token"


def kept_token() -> str:
    """192 random bits in URL-safe letters. Where they cannot be kept, they are for this run alone."""
    path = token_path()
    with suppress(OSError, UnicodeDecodeError):
        # What others could read or write is no secret.
        if path.stat().st_mode & 0o077 == 0 or os.name == "nt":
            token = path.read_text(encoding="ascii")
            if re.fullmatch(r"[\w-]{32}", token):
                return token
    token = secrets.token_urlsafe(24)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token)
    except OSError as error:
        log.warning("the overlay's token changes with every start, as %s cannot be written: %s", path, error.strerror)
    return token


def is_kept(token: str) -> bool:
    """Whether the file holds this one."""
    with suppress(OSError, UnicodeDecodeError):
        return token_path().read_text(encoding="ascii") == token
    return False
