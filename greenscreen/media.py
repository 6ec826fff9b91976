"""Opens media files by PyAV, whichever version is there, with nothing but themselves in reach."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

_REACH = {"protocol_whitelist": "file", "pattern_type": "none"}
"""A name may look like a URL, or like the pattern of many, and a playlist posing as a video must not reach the
network."""
_ANY_TITLE: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
"""Has files read whose titles are no UTF-8. From version 19 on PyAV does so unasked, and does not know the word."""


def open_media(path: Path) -> InputContainer:
    """The file, to be read; raises what PyAV raises."""
    container: InputContainer = av.open(f"file:{path}", container_options=_REACH, **_ANY_TITLE)
    return container


def plays(path: Path) -> bool:
    """Whether there is a picture in a video file, however much of it is missing."""
    with suppress(OSError, av.FFmpegError), open_media(path) as video:
        return next(video.decode(video=0), None) is not None
    return False


def readable(text: str) -> str:
    """A title as PyAV reads it, with a mark for each byte that is no UTF-8; versions before 19 set those themselves."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
