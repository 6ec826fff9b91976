"""What is built once for this machine and kept: compiled kernels and plans, which are code.

Whoever could put a file there could run code as this person. So it is the person's own folder, and nothing is read
from it that someone else owns or may write to.
"""

import os
import stat
import tempfile
from pathlib import Path

import platformdirs

from greenscreen.errors import EngineError


def cache_folder(kind: str) -> Path:
    """The folder for one kind of thing, made if need be; raises `EngineError` if it is not the person's alone."""
    folder = platformdirs.user_cache_path("greenscreen") / kind
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.lstat()
    except OSError as error:
        raise EngineError(f"{folder} cannot be used as a cache: {error.strerror}", "set XDG_CACHE_HOME") from error
    if not _private(about, stat.S_IFDIR):
        raise EngineError(f"{folder} is not yours alone, so nothing is run from it", f"chmod -R go-w {folder}")
    return folder


def read_private(path: Path) -> bytes | None:
    """The file's content; none if there is no such file. Raises `EngineError` if it is not the person's alone."""
    try:
        # Opened first and examined then: between the two nobody can exchange it.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}", f"delete it: {path}") from error
    with os.fdopen(handle, "rb") as file:
        if not _private(os.fstat(handle), stat.S_IFREG):
            raise EngineError(f"{path} is not yours alone, so it is not run", f"delete it: {path}")
        return file.read()


def write_private(path: Path, content: bytes) -> None:
    """Writes the file whole or not at all, readable by the person only; raises `EngineError`."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as draft:
            try:
                draft.write(content)
                draft.flush()
                os.fsync(draft.fileno())
                draft.close()
                os.replace(draft.name, path)
            except BaseException:
                draft.close()
                os.unlink(draft.name)
                raise
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror}", "make room on the disk") from error


def _private(about: os.stat_result, kind: int) -> bool:
    if stat.S_IFMT(about.st_mode) != kind:
        return False
    # Windows has neither owner nor mode here; its profile folders are private by themselves.
    return os.name == "nt" or (about.st_uid == os.getuid() and not about.st_mode & 0o022)
