"""What is wrong with a camera or network stream, and what to do."""

import os
import sys
from pathlib import Path

from greenscreen.errors import CameraBusyError, SourceError
from greenscreen.linux.holders import holders
from greenscreen.linux.v4l2 import JOIN_THE_GROUP

PERMISSION = {
    "darwin": "; or allow your terminal the camera in System Settings, Privacy & Security, and run it again",
    "win32": "; or allow desktop apps the camera in Settings, Privacy & security",
}.get(sys.platform, "")
"""The remedy where a system keeps programs from the camera, of which they are not told."""


def why_closed(name: str, node: Path | None, others: list[str]) -> SourceError:
    """Return the error to raise for a camera that would not open.

    `node` is its device file, None for a network stream and on systems without such files; `others` are the devices
    that could be opened in its place.
    """
    if node is None:
        check = (
            "the address, and that what sends it is on"
            if _sent(name)
            else f"whether another program holds it{PERMISSION}"
        )
        return SourceError(f"{name} cannot be opened", f"check {check}")
    if not os.path.exists(node):  # Of a name that is too long, a path's own method raises.
        instead = f"choose one of {', '.join(others)}" if others else "plug a camera in, or try --camera demo"
        return SourceError(f"there is no camera {node}", instead)
    if not os.access(node, os.R_OK | os.W_OK):
        return SourceError(
            f"you may not use the camera {node}",
            JOIN_THE_GROUP,
        )
    if programs := holders(node):
        return CameraBusyError(f"the camera {node} is in use by {', '.join(programs)}", "close it there")
    return SourceError(
        f"the camera {node} gives no video", "it may be held by another user's program, or be a device of another kind"
    )


def silent(name: str) -> SourceError:
    """The error to raise for one that opens and gives no picture."""
    hint = (
        "see whether a video player shows it"
        if _sent(name)
        else "unplug it and plug it in again, or try another USB port"
    )
    return SourceError(f"{name} opens but gives no picture", hint)


def lost(name: str) -> SourceError:
    """The error to raise for one that gave pictures and does not any more."""
    hint = (
        "check that what sends it is on, and in reach" if _sent(name) else "check that it is plugged in and switched on"
    )
    return SourceError(f"{name} stopped giving pictures", hint)


def _sent(name: str) -> bool:
    """Whether it comes over the network, and has no plug."""
    return "://" in name
