"""Settings kept in TOML files, one a profile, in the platform's folder for settings, and followed while running."""

import errno
import logging
import re
import sys
import tomllib
from os.path import exists, isfile, realpath
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w

from greenscreen.control import Control
from greenscreen.errors import GreenscreenError, SinkError, UsageError
from greenscreen.filing import write_whole
from greenscreen.settings import Settings, help_of, is_live, make_settings, settings_from

log = logging.getLogger(__name__)

_MOST_BYTES = 100_000
_LOOK_EVERY = 1.0  # seconds
_NAME = re.compile(r"\w[\w -]{0,63}")
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[\d¹²³]) *", re.IGNORECASE)
"""What Windows takes for a device, whatever ending and folder it has."""

Values = dict[str, Any]


def profiles_folder() -> Path:
    return platformdirs.user_config_path("greenscreen", appauthor=False) / "profiles"


def profile_path(name: str, windows: bool = sys.platform == "win32") -> Path:
    """The file of a profile, whether there is one or not; raises `UsageError` for what cannot be a name."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a profile's name", "use letters, digits, spaces, - and _")
    if windows and _DEVICE.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a profile's name: Windows keeps it for a device", "choose another name")
    return profiles_folder() / f"{name}.toml"


def list_profiles() -> list[str]:
    """The names of all profiles, in alphabetical order; none where the folder may not be read."""
    try:
        files = list(profiles_folder().glob("*.toml"))
    except OSError:
        return []
    return sorted(path.stem for path in files if _NAME.fullmatch(path.stem) and isfile(path))


def read_profile(name: str) -> Values:
    """What a profile sets, checked; raises `UsageError` that names the line and the reason when something is wrong."""
    path = profile_path(name)
    if not isfile(path):
        there = ", ".join(list_profiles()) or "none yet; greenscreen profile save makes one"
        raise UsageError(f"there is no profile {name}", f"there is {there}")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large for a profile")
        text = path.read_text(encoding="utf-8-sig")  # Windows' editors mark it as UTF-8.
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name} is not text in UTF-8", "save it as UTF-8 in your editor") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is not TOML: {error}", f"fix it: greenscreen profile edit {name}") from error
    # Deep nesting, and numbers of thousands of digits, are TOML that Python does not read.
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be read: {reason}", "see: greenscreen profile edit") from error
    where = _lines(text)
    settings_from(
        values,
        lambda field: f"{path.name}, line {where.get(field, 1)}: {field}",
        f"fix it: greenscreen profile edit {name}",
    )
    return values


def write_profile(name: str, settings: Settings) -> Path:
    """Keeps the settings that are not the default; returns the file. Raises `SinkError` when it cannot be written."""
    path = profile_path(name)
    values = settings.model_dump(mode="json", exclude_defaults=True)
    lines = [f"# {help_of(field)}\n{tomli_w.dumps({field: value})}" for field, value in values.items()]
    return _write(path, "\n".join(lines))


def outline_profile(name: str) -> Path:
    """The file of a profile to be edited; a new one lists all settings, each as a comment."""
    path = profile_path(name)
    if exists(path):
        return path
    defaults = make_settings().model_dump(mode="json")
    lines = [
        f"# {help_of(field)}\n# {tomli_w.dumps({field: value}) if value is not None else f'{field} ='}".rstrip()
        for field, value in defaults.items()
    ]
    return _write(path, "\n\n".join(lines) + "\n")


def follow_profile(name: str, control: Control, fixed: set[str]) -> None:
    """Applies what changes in the profile's file until the run ends; for a thread of its own.

    A profile with an error is refused as a whole, which the status says, and the old settings stay. `fixed` settings
    were given on the command line, which overrides the profile. Whoever is hidden stays so, whatever the profile says.
    A changed file is read once it has stayed the same for a moment, as editors write in steps.
    """
    path, values = profile_path(name), make_settings(**read_profile(name))
    used = seen = _stamp(path)
    while not control.wait(_LOOK_EVERY):
        before, seen = seen, _stamp(path)
        if seen is None or seen != before or seen == used:
            continue
        used = seen
        try:
            new = make_settings(**read_profile(name))
            changes = {key: value for key, value in new if value != getattr(values, key) and key not in fixed}
            control.adopt(**{key: value for key, value in changes.items() if is_live(key)})
        except GreenscreenError as error:
            log.warning("nothing changed: %s", error)
            control.tell(f"nothing changed: {error}")
            continue
        values = new
        if later := [key for key in changes if not is_live(key)]:
            control.tell(f"{', '.join(later)}: from the next start on")
        elif changes:
            kept = "; you stay hidden" if "show" in changes and control.settings.show != new.show else ""
            control.tell(f"profile {name}: {', '.join(changes)}{kept}")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        info = path.stat()
    except OSError:  # Between an editor's removing and renaming.
        return None
    return info.st_mtime_ns, info.st_size, info.st_ino


def _lines(text: str) -> dict[str, int]:
    """The line of each key."""
    keys = (re.match(r"\s*[\"']?(\w+)[\"']?\s*[=.]|\s*\[+\s*(\w+)", line) for line in text.splitlines())
    return {key[1] or key[2]: number for number, key in enumerate(keys, 1) if key}


def _write(path: Path, text: str) -> Path:
    try:
        # A link, as of people who keep such files elsewhere, stays one.
        file = Path(realpath(path))
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text.encode())
    except UnicodeEncodeError as error:
        raise UsageError("a profile cannot hold a file name that is not text", "rename that file") from error
    except OSError as error:
        hint = "free some space" if error.errno == errno.ENOSPC else "check who owns its folder"
        raise SinkError(f"{path} cannot be written: {error.strerror}", hint) from error
    return path
