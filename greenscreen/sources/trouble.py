"""Why a camera would not open."""

import os
from pathlib import Path

from greenscreen.errors import CameraBusyError, SourceError
from greenscreen.linux.holders import holders


def why_closed(name: str, node: Path | None, others: list[str]) -> SourceError:
    """Return the error to raise for a camera that would not open.

    `node` is its device file, None for a network stream and on systems without such files; `others` are the devices
    that could be opened in its place.
    """
    if node is None:
        return SourceError(
            f"{name} cannot be opened", "check its address or number, and whether another program holds it"
        )
    if not node.exists():
        instead = f"choose one of {', '.join(others)}" if others else "plug a camera in, or try --camera demo"
        return SourceError(f"there is no camera {node}", instead)
    if not os.access(node, os.R_OK | os.W_OK):
        return SourceError(
            f"you may not use the camera {node}",
            "join the group that may: sudo usermod -aG video $USER, then log in again",
        )
    if programs := holders(node):
        return CameraBusyError(f"the camera {node} is in use by {', '.join(programs)}", "close it there")
    return SourceError(
        f"the camera {node} gives no video", "it may be held by another user's program, or be a device of another kind"
    )
