"""What cameras are called where OpenCV only numbers them."""

import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise


def camera_names(system: str = sys.platform) -> list[str]:
    """The cameras' names by OpenCV's numbers; empty where it is not known whose number is whose.

    On Windows OpenCV and FFmpeg go through the same list, DirectShow's. On macOS OpenCV sorts cameras by ids that
    FFmpeg does not tell.
    """
    return names_in(_told()) if system == "win32" else []


def names_in(messages: Iterable[str]) -> list[str]:
    """The cameras that FFmpeg lists: each name in quotes, then what the device gives. Microphones come after them."""
    named = ((re.fullmatch(r'"(.*)"', name), gives.strip()) for name, gives in pairwise(messages))
    return [name[1] for name, gives in named if name and gives != "(audio)"]


def _told() -> list[str]:
    """What FFmpeg says when it is asked for a list: as a list, it gives none where there is no microphone."""
    import av
    import av.logging

    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        with av.logging.Capture() as said, suppress(av.FFmpegError, OSError, ValueError):
            # This is always refused in the end, as nothing is opened.
            av.open("list", format="dshow", options={"list_devices": "true"})
    finally:
        av.logging.set_level(level)
    return [message for _, _, message in said]
