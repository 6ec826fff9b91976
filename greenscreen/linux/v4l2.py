"""What Linux's video devices say they are: asked with ioctls, so that nobody has to guess from numbers.

Standard library only. Layout and constants are those of the kernel's `include/uapi/linux/videodev2.h`.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path

LOOPBACK_DRIVER = "v4l2 loopback"
JOIN_THE_GROUP = "join the group that may: sudo usermod -aG video $USER, then log in again"

_SYSFS = Path("/sys/class/video4linux")
_DEV = Path("/dev")

# struct v4l2_capability: driver, card, bus_info, version, capabilities, device_caps, 3 reserved words.
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
WRITE, READ = 1, 2


def request(direction: int, number: int, argument: struct.Struct) -> int:
    """The code of a video ioctl as the kernel's `_IOC` puts it together."""
    return direction << 30 | argument.size << 16 | ord("V") << 8 | number


_VIDIOC_QUERYCAP = request(READ, 0, _CAPABILITY)

_VIDEO_CAPTURE = 0x0000_0001
_VIDEO_OUTPUT = 0x0000_0002
_VIDEO_CAPTURE_MPLANE = 0x0000_1000
_HAS_DEVICE_CAPS = 0x8000_0000


@dataclass(frozen=True, slots=True)
class Device:
    """One video node. `driver` is empty when the node could not be asked, for instance without permission."""

    path: str
    name: str
    driver: str
    capture: bool
    """Whether frames can be read from it now."""
    output: bool
    """Whether frames can be written to it now."""
    bus: str = ""
    """Where it is attached, such as `usb-0000:00:14.0-1`: the same after it was unplugged and plugged in again."""
    forbidden: bool = False
    """Whether the person may not open it, so that nothing else is known of it."""

    @property
    def camera(self) -> bool:
        """Whether it is one to read from; a loopback that still offers its writing end waits to be fed."""
        return self.capture and not (self.loopback and self.output)

    @property
    def loopback(self) -> bool:
        """Whether it is a v4l2loopback. With `exclusive_caps=1` it is `output` only while nobody writes to it."""
        return self.driver == LOOPBACK_DRIVER

    @property
    def stuck(self) -> bool:
        """Whether it is a loopback that offers nothing: v4l2loopback before 0.13, once a program wrote to it and left.

        It can be written to all the same.
        """
        return self.loopback and not self.capture and not self.output

    @property
    def free(self) -> bool:
        """Whether it is a loopback that nobody sends to."""
        return self.loopback and (self.output or self.stuck)


def list_devices(sysfs: Path = _SYSFS, dev: Path = _DEV) -> list[Device]:
    """Return every `/dev/videoN` in the order of N; empty where there are none, and on other systems than Linux."""
    numbers = sorted(int(node.name[5:]) for node in sysfs.glob("video*") if node.name[5:].isdecimal())
    return [_ask(dev / f"video{number}", sysfs / f"video{number}") for number in numbers]


def _ask(path: Path, entry: Path) -> Device:
    try:
        return parse_capability(str(path), _query(path))
    except OSError as error:
        name, forbidden = _sysfs_name(entry), isinstance(error, PermissionError)
        return Device(str(path), name, "", capture=False, output=False, forbidden=forbidden)


def _query(path: Path) -> bytes:
    return _ioctl(path, _VIDIOC_QUERYCAP, bytes(_CAPABILITY.size))


def _ioctl(path: Path, request: int, argument: bytes) -> bytes:
    import fcntl  # Does not exist on Windows, where this is never reached.

    # Read-only and non-blocking: asking must not disturb whoever uses the device.
    node = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return fcntl.ioctl(node, request, argument)
    finally:
        os.close(node)


def parse_capability(path: str, answer: bytes) -> Device:
    """Read the kernel's `struct v4l2_capability` (104 bytes) about the node at `path`."""
    driver, card, bus, _version, capabilities, device_caps = _CAPABILITY.unpack(answer)
    # `capabilities` covers all nodes of one piece of hardware; a webcam's metadata node shares it with the picture's.
    caps = device_caps if capabilities & _HAS_DEVICE_CAPS else capabilities
    return Device(
        path,
        _text(card) or path,
        _text(driver),
        capture=bool(caps & (_VIDEO_CAPTURE | _VIDEO_CAPTURE_MPLANE)),
        output=bool(caps & _VIDEO_OUTPUT),
        bus=_text(bus),
    )


def _sysfs_name(entry: Path) -> str:
    try:
        return (entry / "name").read_text(errors="replace").strip()
    except OSError:
        return entry.name


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace").strip()
