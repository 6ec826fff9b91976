"""What is logged about a run: as lines of JSON for programs, and in a file that never grows large.

Words and numbers only: no picture, nor anything made of one, is ever logged.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

from greenscreen.control import Control, Status

log = logging.getLogger(__name__)

_MOST_BYTES, _OLDER_FILES = 1_000_000, 3
_STATS_EVERY = 1.0  # seconds


class JsonLines(logging.Formatter):
    """One JSON object a record, with the record's `details` if it has any."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line | getattr(record, "details", {}))


class PrivateFile(RotatingFileHandler):
    """A file that only its owner may read, because it tells when somebody sat before their camera."""

    def _open(self) -> TextIOWrapper:
        with suppress(OSError):
            os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT, 0o600))
            # One from before was everybody's to read.
            if os.path.isfile(self.baseFilename):
                os.chmod(self.baseFilename, 0o600)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # as it is called there
        """A log that cannot be written, as on a full disk, is no reason to fail, nor for a traceback at every line."""


def log_path() -> Path:
    return platformdirs.user_log_path("greenscreen", appauthor=False) / "greenscreen.log"


@contextmanager
def logged_to_file(path: Path) -> Iterator[None]:
    """Logs into this file too, which starts over when it is full; goes on without where it cannot be written."""
    handler = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = PrivateFile(path, maxBytes=_MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8")
    except OSError as error:
        log.info("no log file: %s", error)
    root, package = logging.getLogger(), logging.getLogger("greenscreen")
    level = package.level
    if handler:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
    package.setLevel(logging.INFO)
    try:
        yield
    finally:
        package.setLevel(level)
        if handler:
            root.removeHandler(handler)
            with suppress(OSError):
                handler.close()


def print_json() -> None:
    """From now on prints all that is logged as lines of JSON."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonLines())
        handler.setLevel(logging.INFO)


def prints_json() -> bool:
    """Whether `print_json` was called."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def report_stats(control: Control, report: Callable[[Status], None]) -> None:
    """Reports the status every second until the run ends; for a thread of its own."""
    while not control.wait(_STATS_EVERY):
        report(control.status)


def log_stats(status: Status) -> None:
    log.info(stats_line(status), extra={"details": asdict(status)})


def stats_line(status: Status) -> str:
    """The status in one line."""
    age = "" if status.latency_ms is None else f", {status.latency_ms:.0f} ms old"
    stages = ", ".join(f"{name} {ms:.1f}" for name, ms in status.stages.items())
    rests = f", the network rests on {status.resting:.0%}" if status.resting else ""
    counts = f"{status.fps:.1f} frames a second{age}, {status.dropped} dropped{rests}"
    return f"{status.state}: {counts}; ms: {stages or 'none yet'}"
