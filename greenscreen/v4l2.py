"""What Linux's video devices say they are: asked with ioctls, so that nobody has to guess from numbers.

Standard library only. Layout and constants are those of the kernel's `include/uapi/linux/videodev2.h`.
"""

import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOOPBACK_DRIVER = "v4l2 loopback"

_SYSFS = Path("/sys/class/video4linux")
_DEV = Path("/dev")

# struct v4l2_capability: driver, card, bus_info, version, capabilities, device_caps, 3 reserved words.
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
# struct v4l2_format: type, then a union as aligned and as large as its largest member; ours begins width, height.
_FORMAT = struct.Struct("@I0P2I192x")
_BUFFER_TYPE = struct.Struct("@i")
_OUTPUT_BUFFERS = 2

_WRITE, _READ = 1, 2


def _request(direction: int, number: int, argument: struct.Struct) -> int:
    """Return the code of an ioctl as the kernel's `_IOC` puts it together."""
    return direction << 30 | argument.size << 16 | ord("V") << 8 | number


_VIDIOC_QUERYCAP = _request(_READ, 0, _CAPABILITY)
_VIDIOC_G_FMT = _request(_READ | _WRITE, 4, _FORMAT)
_VIDIOC_STREAMON = _request(_WRITE, 18, _BUFFER_TYPE)

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

    @property
    def loopback(self) -> bool:
        """Whether it is a v4l2loopback. With `exclusive_caps=1` it is `output` only while nobody writes to it."""
        return self.driver == LOOPBACK_DRIVER

    @property
    def stuck(self) -> bool:
        """Whether it is a loopback that offers nothing: v4l2loopback before 0.13, once a program wrote to it and left.

        `release` gives it its output back.
        """
        return self.loopback and not self.capture and not self.output


def list_devices(sysfs: Path = _SYSFS, dev: Path = _DEV) -> list[Device]:
    """Return every `/dev/videoN` in the order of N; empty where there are none, and on other systems than Linux."""
    numbers = sorted(int(node.name[5:]) for node in sysfs.glob("video*") if node.name[5:].isdecimal())
    return [_ask(dev / f"video{number}", sysfs / f"video{number}") for number in numbers]


def _ask(path: Path, entry: Path) -> Device:
    try:
        return parse_capability(str(path), _query(path))
    except OSError:
        return Device(str(path), _sysfs_name(entry), "", capture=False, output=False)


def _query(path: Path) -> bytes:
    return _ioctl(path, _VIDIOC_QUERYCAP, bytes(_CAPABILITY.size))


def output_size(path: str) -> tuple[int, int]:
    """Return width and height of what a loopback takes from its writer. Raises `OSError`."""
    _type, width, height = _FORMAT.unpack(_ioctl(Path(path), _VIDIOC_G_FMT, _FORMAT.pack(_OUTPUT_BUFFERS, 0, 0)))
    return width, height


def release(path: str) -> None:
    """Make a loopback that nobody writes to offer its output again, where it does not by itself.

    It only notices that a writer left if that one had started streaming, which programs that just write do not. So:
    start streaming, and leave.
    """
    with suppress(OSError):
        if not parse_capability(path, _query(Path(path))).output:
            _ioctl(Path(path), _VIDIOC_STREAMON, _BUFFER_TYPE.pack(_OUTPUT_BUFFERS))


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
    driver, card, _bus, _version, capabilities, device_caps = _CAPABILITY.unpack(answer)
    # `capabilities` covers all nodes of one piece of hardware; a webcam's metadata node shares it with the picture's.
    caps = device_caps if capabilities & _HAS_DEVICE_CAPS else capabilities
    return Device(
        path,
        _text(card) or path,
        _text(driver),
        capture=bool(caps & (_VIDEO_CAPTURE | _VIDEO_CAPTURE_MPLANE)),
        output=bool(caps & _VIDEO_OUTPUT),
    )


def _sysfs_name(entry: Path) -> str:
    try:
        return (entry / "name").read_text(errors="replace").strip()
    except OSError:
        return entry.name


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace").strip()
