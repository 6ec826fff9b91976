"""Which programs have a device open, as Linux's /proc tells."""

import os
from pathlib import Path

_PROC = Path("/proc")


def holders(node: Path, proc: Path = _PROC) -> list[str]:
    """Return the other programs that have a device open, such as `zoom (1234)`, as far as we may look."""
    target, found = os.path.realpath(node), []
    for process in proc.glob("[0-9]*"):
        try:
            if process.name != str(os.getpid()) and any(_leads(fd, target) for fd in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()} ({process.name})")
        except OSError:  # Another user's, or gone meanwhile.
            continue
    return sorted(found)


def _leads(fd: Path, target: str) -> bool:
    try:
        return os.readlink(fd) == target
    except OSError:  # Closed meanwhile, which says nothing of the others.
        return False
