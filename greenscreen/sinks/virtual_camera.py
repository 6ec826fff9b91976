"""The camera that other programs see: v4l2loopback on Linux, OBS's on Windows and macOS."""

import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyvirtualcam

from greenscreen.errors import SinkError, UsageError
from greenscreen.frame import Picture
from greenscreen.v4l2 import Device, list_devices, output_size, release

_ON_LINUX = sys.platform.startswith("linux")
HOW_TO_MAKE_ONE = (
    "sudo apt install v4l2loopback-dkms && sudo modprobe v4l2loopback exclusive_caps=1 card_label=greenscreen"
    if _ON_LINUX
    else "install OBS Studio and start its virtual camera once"
)


@dataclass(frozen=True, slots=True)
class VirtualCamera:
    """One that pictures can be sent to: `device` is its path, `name` is what other programs list it as."""

    device: str
    name: str


def list_virtual_cameras() -> list[VirtualCamera]:
    """Return the loopback devices that nobody else sends to; always empty on other systems than Linux."""
    return [VirtualCamera(found.path, found.name) for found in _loopbacks() if _free(found)]


class VirtualCameraSink:
    """Sends pictures of `size` (width, height) to `device`, or to the first virtual camera that is free.

    Colours go out as I420, BT.601 limited range, which every program that opens a webcam expects. I420 has no odd
    sizes: the last row or column is left out, rather than refusing a picture over one line that nobody misses. `send`
    does not wait for the next frame to be due. A transparent picture raises `UsageError`.
    """

    def __init__(self, size: tuple[int, int], fps: float, device: str | None = None):
        self.name = f"virtual camera {device}" if device else "virtual camera"
        self._width, self._height = size[0] & ~1, size[1] & ~1
        self._fps = fps
        self._device = device
        self._node: Path | None = None

    def __enter__(self) -> Self:
        device = _choose(self._device) if _ON_LINUX else self._device
        try:
            self._camera = pyvirtualcam.Camera(
                self._width, self._height, self._fps, fmt=pyvirtualcam.PixelFormat.I420, device=device
            )
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1] or "no reason given"
            raise SinkError(f"the virtual camera cannot be opened: {reason}", HOW_TO_MAKE_ONE) from error
        self.name = f"virtual camera {self._camera.device}"
        if _ON_LINUX:
            self._node = Path(self._camera.device)
            self._check_size()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._camera.close()
        if self._node is not None:
            release(str(self._node))

    def _check_size(self) -> None:
        """A loopback keeps the size of its last writer as long as somebody watches, and says so only when asked."""
        try:
            width, height = output_size(str(self._node))
        except OSError:  # Then it is a driver that cannot say, and pyvirtualcam took its word.
            return
        if (width, height) != (self._width, self._height):
            self._camera.close()
            raise SinkError(
                f"{self.name} is held at {width}x{height} by a program that watches it",
                f"close that program first, or send {width}x{height}",
            )

    def send(self, picture: Picture) -> bool:
        if picture.transparent:
            raise UsageError("a virtual camera carries no transparency", "choose a background, such as: green")
        # pyvirtualcam only prints when a write fails, so a device that went away is looked for here.
        if self._node is not None and not self._node.exists():
            raise SinkError(f"{self.name} went away", HOW_TO_MAKE_ONE)
        try:
            self._camera.send(picture.i420)
        except (RuntimeError, ValueError) as error:
            raise SinkError(f"{self.name} does not take the picture: {error}", "start again") from error
        return True


def _choose(asked: str | None) -> str:
    """Return the path of a loopback device that is free, or say why there is none."""
    loopbacks = _loopbacks()
    if asked is not None:
        loopbacks = [found for found in loopbacks if Path(found.path) == Path(asked).resolve()]
        if not loopbacks:
            state = "is no virtual camera" if Path(asked).exists() else "does not exist"
            raise SinkError(f"{asked} {state}", f"{_others()}to make one: {HOW_TO_MAKE_ONE}")
    if not loopbacks:
        raise SinkError("there is no virtual camera on this computer", HOW_TO_MAKE_ONE)
    free = [found for found in loopbacks if _free(found)]
    if not free:
        busy = ", ".join(found.path for found in loopbacks)
        raise SinkError(f"another program already sends to {busy}", "close that program, or name another device")
    if free[0].stuck:
        release(free[0].path)
    return free[0].path


def _loopbacks() -> list[Device]:
    return [found for found in list_devices() if found.loopback]


def _free(loopback: Device) -> bool:
    return loopback.output or loopback.stuck


def _others() -> str:
    cameras = list_virtual_cameras()
    return f"there is {', '.join(camera.device for camera in cameras)}; " if cameras else ""
