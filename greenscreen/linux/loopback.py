"""A v4l2loopback, Linux's virtual camera: what is written to its node, other programs read as a webcam.

Standard library only. Layout and constants are those of the kernel's `include/uapi/linux/videodev2.h` and of
v4l2loopback's own event.
"""

import fcntl
import os
import struct
from contextlib import suppress
from errno import EBUSY, EIO
from typing import Self

from greenscreen.linux.v4l2 import READ, WRITE, request

_OUTPUT = 2

# struct v4l2_format: type, then a union as aligned and as large as its largest member; ours is struct v4l2_pix_format:
# width, height, pixelformat, field, bytesperline, sizeimage, colorspace, priv, flags, ycbcr_enc, quantization,
# xfer_func.
_FORMAT = struct.Struct("@I0P12I152x")
_S_FMT = request(READ | WRITE, 5, _FORMAT)
_I420, _PROGRESSIVE = struct.unpack("=I", b"YU12")[0], 1
# sRGB's primaries and curve, BT.601's matrix, limited range; the magic number says that the last three are set.
_SRGB, _BT601, _LIMITED, _EXTENDED = 8, 1, 2, 0xFEEDCAFE

# struct v4l2_streamparm with struct v4l2_outputparm: type; capability, mode, seconds as a fraction, two more words.
_RATE = struct.Struct("=I6I176x")
_S_PARM = request(READ | WRITE, 22, _RATE)

_TYPE = struct.Struct("@i")
_STREAMON = request(WRITE, 18, _TYPE)

# struct v4l2_event_subscription: type, id, flags; struct v4l2_event: type, payload of 64 bytes that begins with a
# count, pending, sequence, a timestamp, id.
_SUBSCRIPTION = struct.Struct("=3I20x")
_EVENT = struct.Struct("@I0qI60x2I2lI32x0q")
_SUBSCRIBE = request(WRITE, 90, _SUBSCRIPTION)
_DEQUEUE = request(READ, 89, _EVENT)
_CLIENT_USAGE = 0x0800_0000 + 0x08E0_0000 + 1
_AT_ONCE = 1


class HeldError(OSError):
    """The loopback keeps size and pixel format of an earlier writer, as a program still watches it.

    `form` is the format as four letters where it is another than ours, empty where only the size is.
    """

    def __init__(self, size: tuple[int, int], form: str = ""):
        super().__init__(EBUSY, f"held at {size[0]}x{size[1]} {form}".rstrip())
        self.size, self.form = size, form


class Loopback:
    """The writing end of the loopback at `path`, at this size (width, height; both even) and rate.

    Entering raises `HeldError` when it has another size, `BlockingIOError` when another greenscreen writes to it, and
    `OSError` for everything else that stands in the way, such as a writer of another kind.
    """

    def __init__(self, path: str, size: tuple[int, int], fps: float):
        self.path, self.size, self.fps = path, size, fps

    def __enter__(self) -> Self:
        self._node = os.open(self.path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # A driver that does not exclude a second writer mixes their pictures.
            fcntl.flock(self._node, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._shape()
        except OSError:
            os.close(self._node)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._node)

    def write(self, picture: bytes | memoryview) -> None:
        """Sends one picture as the bytes of its I420 planes; raises `OSError` unless the driver took all of it."""
        size = memoryview(picture).nbytes
        taken = os.write(self._node, picture)
        if taken != size:
            raise OSError(EIO, f"took {taken} of {size} bytes")

    def _shape(self) -> None:
        width, height = self.size
        wanted = (width, height, _I420, _PROGRESSIVE, width, width * height * 3 // 2)
        asked = _FORMAT.pack(_OUTPUT, *wanted, _SRGB, _EXTENDED, 0, _BT601, _LIMITED, 0)
        got = _FORMAT.unpack(fcntl.ioctl(self._node, _S_FMT, asked))[1:4]
        if got[:3] != wanted[:3]:
            form = struct.pack("=I", got[2]).decode("ascii", "replace").strip()
            raise HeldError(got[:2], form if got[2] != _I420 else "")
        # Programs ask for the rate too. A driver that knows none is no reason to fail.
        with suppress(OSError):
            fcntl.ioctl(self._node, _S_PARM, _RATE.pack(_OUTPUT, 0, 0, 1000, round(self.fps * 1000), 0, 0))
        # Before 0.13 the driver offers its output again after us only if we streamed; later ones need no such word.
        with suppress(OSError):
            fcntl.ioctl(self._node, _STREAMON, _TYPE.pack(_OUTPUT))


def streaming_readers(path: str) -> int | None:
    """How many programs watch the loopback now; None where its driver cannot tell, as before 0.13.

    The driver sends an event when that changes, and one at once to a new listener. Listening anew each time misses
    nothing, whereas a lost event would be lost for good. Raises `OSError` when the device is gone.
    """
    node = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        fcntl.ioctl(node, _SUBSCRIBE, _SUBSCRIPTION.pack(_CLIENT_USAGE, 0, _AT_ONCE))
        event = fcntl.ioctl(node, _DEQUEUE, bytes(_EVENT.size))
    except OSError:
        return None
    finally:
        os.close(node)
    return int(_EVENT.unpack(event)[1])
