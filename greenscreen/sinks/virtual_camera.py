"""The camera that other programs see: v4l2loopback on Linux, OBS's on Windows and macOS."""

import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from errno import EAGAIN, EBUSY
from os.path import exists
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from greenscreen.errors import SinkError, UsageError
from greenscreen.filing import identity
from greenscreen.linux.holders import holders
from greenscreen.linux.v4l2 import JOIN_THE_GROUP, Device, list_devices
from greenscreen.picture.frame import Picture
from greenscreen.sinks import obs

_ON_LINUX = sys.platform.startswith("linux")
HOW_TO_MAKE_ONE = "greenscreen setup" if _ON_LINUX else obs.HOW_TO_INSTALL
_OURS = "greenscreen"


@dataclass(frozen=True, slots=True)
class VirtualCamera:
    """One that pictures can be sent to: `device` is its path or name, `name` what it is listed as, or whose it is."""

    device: str
    name: str


class Writer(AbstractContextManager["Writer"], Protocol):
    """One system's kind of virtual camera. `write` raises `OSError`."""

    path: str

    def write(self, picture: memoryview) -> None:
        """Sends one picture: the bytes of its I420 planes."""


def list_virtual_cameras() -> list[VirtualCamera]:
    """Return the loopback devices that nobody else sends to, ours first; on other systems OBS's camera, if any."""
    if not _ON_LINUX:
        return [VirtualCamera(obs.NAME, "OBS Studio")] if obs.obs_camera() else []
    return [VirtualCamera(found.path, found.name) for found in _loopbacks() if found.free]


class VirtualCameraSink:
    """Sends pictures of `size` (width, height) to `device`, or to the first virtual camera that is free.

    Colours go out as I420, BT.601 limited range, which every program that opens a webcam expects. I420 has no odd
    sizes: the last row or column is left out, rather than refusing a picture over one line that nobody misses. `send`
    does not wait for the next frame to be due, and raises `SinkError` for a picture that was not taken whole. A
    transparent picture raises `UsageError`. Once entered, `path` is the device's.
    """

    def __init__(self, size: tuple[int, int], fps: float, device: str | None = None):
        self.name = f"virtual camera {device}" if device else "virtual camera"
        self.path = device or ""
        self._device = device
        self._width, self._height = size[0] & ~1, size[1] & ~1
        self._fps = fps

    def __enter__(self) -> Self:
        size = self._width, self._height
        self._writer = self._open(size)
        self.path = self._writer.path
        self.name = f"virtual camera {self.path}"
        return self

    def _open(self, size: tuple[int, int]) -> Writer:
        if _ON_LINUX:
            return _open_loopback(self._device, size, self._fps)
        return obs.ObsCamera(size, self._fps, self._device).__enter__()

    def __exit__(self, *_: object) -> None:
        self._writer.__exit__(None, None, None)

    def send(self, picture: Picture) -> bool:
        if picture.transparent:
            raise UsageError("a virtual camera carries no transparency", "choose a background, such as: green")
        try:
            # A picture may be a part of a larger one in memory; the driver takes one run of bytes.
            self._writer.write(np.ascontiguousarray(picture.i420).data)
        except OSError as error:
            raise SinkError(f"{self.name} does not take the picture: {error.strerror}", "start again") from error
        return True


def _open_loopback(asked: str | None, size: tuple[int, int], fps: float) -> Writer:
    from greenscreen.linux.loopback import HeldError, Loopback

    device = _choose(asked)
    try:
        return Loopback(device, size, fps).__enter__()
    except HeldError as held:
        raise _held(device, held.size, held.form) from held
    except PermissionError as error:
        raise SinkError(f"you may not use the virtual camera {device}", JOIN_THE_GROUP) from error
    except OSError as error:
        # Loaded without `exclusive_caps`, a loopback seems free until it is opened.
        if error.errno in (EAGAIN, EBUSY):
            raise _busy([device]) from error
        raise SinkError(f"the virtual camera {device} cannot be opened: {error.strerror}", HOW_TO_MAKE_ONE) from error


def _choose(asked: str | None) -> str:
    """Return the path of a loopback device that is free, or say why there is none."""
    loopbacks = _loopbacks()
    if asked is not None:
        loopbacks = [found for found in loopbacks if identity(found.path) == identity(asked)]
        if not loopbacks and identity(asked) in map(identity, forbidden()):
            raise SinkError(f"you may not use the video device {asked}", JOIN_THE_GROUP)
        if not loopbacks:
            state = "is not a virtual camera" if exists(asked) else "does not exist"
            raise SinkError(f"{asked} {state}", f"{_others()}to make one: {HOW_TO_MAKE_ONE}")
    if not loopbacks and forbidden():
        raise SinkError("there is no virtual camera among the video devices that you may use", JOIN_THE_GROUP)
    if not loopbacks:
        raise SinkError("there is no virtual camera on this computer", f"to make one: {HOW_TO_MAKE_ONE}")
    free = [found for found in loopbacks if found.free]
    if not free:
        raise _busy([found.path for found in loopbacks])
    return free[0].path


def forbidden() -> list[str]:
    """The video devices that the person may not open; one of them may be a virtual camera."""
    return [found.path for found in list_devices() if found.forbidden]


def _held(device: str, size: tuple[int, int], form: str) -> SinkError:
    """Another program's pixel format, such as OBS's, stays as its size does; that no option of ours can follow."""
    watchers, at = " and ".join(holders(Path(device))) or "a program that watches it", f"{size[0]}x{size[1]}"
    kept, remedy = (f"{at} in {form}", "") if form else (at, f"send that with --size {at}, or ")
    return SinkError(
        f"the virtual camera {device} is held at {kept} by {watchers}", f"{remedy}end the program that watches it"
    )


def _busy(paths: list[str]) -> SinkError:
    programs = sorted({program for path in paths for program in holders(Path(path))})
    seen = f" (it is open in {', '.join(programs)})" if programs else ""
    return SinkError(
        f"another program already sends to {', '.join(paths)}", f"close that program{seen}, or name another device"
    )


def _loopbacks() -> list[Device]:
    """The loopbacks, first those that `greenscreen setup` makes; another program's may be meant for its pictures."""
    return sorted((found for found in list_devices() if found.loopback), key=lambda found: found.name != _OURS)


def _others() -> str:
    cameras = list_virtual_cameras()
    return f"there is {', '.join(camera.device for camera in cameras)}; " if cameras else ""
