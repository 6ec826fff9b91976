"""Where frames come from: cameras, video files, photos, and a synthetic picture for tests.

`open_source` is the one way in; it knows what each word on the command line means.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import resources
from os.path import exists
from pathlib import Path
from typing import Protocol, Self

from greenscreen.errors import UsageError
from greenscreen.filing import printable
from greenscreen.linux.v4l2 import JOIN_THE_GROUP, list_devices
from greenscreen.picture.frame import Frame

log = logging.getLogger(__name__)

_LINUX = sys.platform == "linux"
_NETWORK = ("http://", "https://", "rtsp://", "rtsps://", "rtmp://", "srt://", "udp://")


class Source(Protocol):
    """Gives frames, one after the other, until it ends or the `with` block is left.

    The pipeline enters it once, iterates once, in one thread. Entering raises `SourceError` when there is no picture;
    iterating raises it when a stream breaks. Live sources may skip frames that nobody took; files never do.
    """

    name: str
    """What a person would call it, such as `camera 0` or `clip.mp4`."""
    size: tuple[int, int]
    """Width and height of every frame, known once entered."""
    fps: float
    """Nominal frames a second, known once entered."""
    live: bool
    """Whether frames come in real time, whoever is ready or not."""
    note: str = ""
    """What it gives instead of what was asked for, in words, known once entered; empty where it obeyed."""
    message: str = ""
    """Why there are no pictures at the moment; empty while there are."""
    dropped: int = 0
    """Frames that nobody took, until now."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: object, error: object, trace: object) -> None: ...

    def __iter__(self) -> Iterator[Frame]: ...


class Camera(Source, Protocol):
    """A source that can let pictures pass."""

    passes: Callable[[], bool]
    """Asked before each picture: while it is true, pictures pass undecoded, which costs next to nothing."""


def open_source(
    what: str | None,
    size: tuple[int, int] | None = None,
    fps: float | None = None,
    wanted: Callable[[], bool] | None = None,
    tell: Callable[[str], None] = log.info,
) -> Source:
    """Return the source that a word means, not yet entered; `None` means the first camera, or else the demo clip.
    A virtual camera, whose pictures may be our own, is none of these.

    A number or device path is a camera, a URL a network stream, `demo` the bundled clip, `synthetic` a test picture,
    and any other word the path of a video, a photo, or a folder of photos. `size` and `fps` are asked of cameras and
    the test picture; files have their own. Cameras and streams come wrapped in `Steady`, which outlasts their loss.

    With `wanted`, a camera is open only while that returns true, and None means the first camera that there is then;
    `tell` hears when it comes and goes.

    Raises `UsageError` for a word that means nothing, and for a file that should wait until it is wanted.
    """
    if what is None and (wanted is None or not _LINUX):
        what = _first_camera(tell) or "demo"
    if what is None or _names_camera(what):
        return _camera(_device(what), size, fps, wanted, tell)
    if wanted is not None:
        raise UsageError(f"{what} is not a camera, and cannot wait until somebody watches", "leave out --on-demand")
    if what == "demo":
        from greenscreen.sources.video import VideoSource

        return VideoSource(Path(str(resources.files("greenscreen") / "assets" / "demo.mp4")), loop=True, planar=True)
    if what == "synthetic":
        from greenscreen.sources.synthetic import SyntheticSource

        return SyntheticSource(size or (1280, 720), fps or 30)
    return _file(what, fps)


def _first_camera(tell: Callable[[str], None]) -> str | None:
    from greenscreen.sources.camera import list_cameras

    cameras = [camera for camera in list_cameras() if camera.captures]
    if first := next((camera for camera in cameras if not camera.virtual), None):
        return str(first.device)
    only = f" but {cameras[0].name}, a virtual one (--camera {cameras[0].device} takes it)" if cameras else ""
    if closed := [node.path for node in list_devices() if node.forbidden]:
        only += f", and you may not use {', '.join(closed)} ({JOIN_THE_GROUP})"
    tell(f"no camera gives pictures{only}: the demo clip stands in for one")
    return None


def other_camera(
    source: Source, what: str | None, size: tuple[int, int] | None, fps: float | None
) -> Callable[[], None]:
    """A call that makes a camera source go on with another: a number, path or address, or None for the first there is.

    Raises `UsageError` where that cannot be: for files, which have an end, a size and a rate of their own.
    """
    from greenscreen.sources.steady import Steady

    if not isinstance(source, Steady) or not (what is None or _names_camera(what)):
        raise UsageError("while running, a camera can only be exchanged for another one", "choose it at the start")
    return partial(source.switch, *_found(_device(what), size, fps))


def _names_camera(what: str) -> bool:
    return (what.isdecimal() and len(what) <= 3) or what.startswith(("/dev/video", "/dev/v4l/", *_NETWORK))


def _device(what: str | None) -> int | str | None:
    if what and printable(what) != what:  # OpenCV crashes on a name that is no text.
        raise UsageError(f"{what} is not a camera's name", "see: greenscreen devices")
    return int(what) if what and what.isdecimal() else what


def _found(
    device: int | str | None, size: tuple[int, int] | None, fps: float | None
) -> tuple[str, Callable[[], Camera]]:
    """What a camera is called, and what finds it, wherever it is plugged in."""
    from greenscreen.linux.same import SameCamera
    from greenscreen.sources.camera import CameraSource

    same = SameCamera(device)
    name = "the first camera" if device is None else CameraSource(device).name
    return name, lambda: CameraSource(same.find(), size, fps)


def _camera(
    device: int | str | None,
    size: tuple[int, int] | None,
    fps: float | None,
    wanted: Callable[[], bool] | None,
    tell: Callable[[str], None],
) -> Source:
    from greenscreen.sources.camera import USUAL_FPS, USUAL_SIZE
    from greenscreen.sources.steady import Steady

    return Steady(*_found(device, size, fps), size or USUAL_SIZE, fps or USUAL_FPS, wanted, tell)


def _file(name: str, fps: float | None) -> Source:
    from greenscreen.images import STILL_SUFFIXES
    from greenscreen.sources.photos import PhotoSource
    from greenscreen.sources.video import VideoSource

    if not exists(name):
        raise UsageError(
            f"there is no camera, video or photo {name}",
            "give a camera's number, /dev/video0, an http:// or rtsp:// address, demo, or the path of a file",
        )
    path = Path(name)
    if path.is_dir() or path.suffix.lower() in STILL_SUFFIXES:
        return PhotoSource(path, fps or 30)
    return VideoSource(path, planar=True)
