"""What a camera sends, made I420: what both ends speak, with no detour over BGR; but for JPEG, once somebody asks.

OpenCV hands out a camera's own bytes where it is told to (`CAP_PROP_CONVERT_RGB`), which only V4L2 heeds everywhere.
"""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from greenscreen.compiled.ready import READY
from greenscreen.picture import memory
from greenscreen.picture.colour import Bytes, planes, to_i420
from greenscreen.picture.forms import Raw
from greenscreen.picture.strips import in_strips

Decoder = Callable[[Bytes], Bytes | Raw | None]
"""A picture's bytes as I420, or to be made that; None where they are damaged, or have no such form."""


def decoder(fourcc: float) -> Decoder | None:
    """What makes pictures of this format I420, as OpenCV tells it; None for those that are better left to OpenCV."""
    name = int(fourcc).to_bytes(4, "little") if 0 <= fourcc < 1 << 32 else b""
    if name == b"MJPG":
        return _jpeg()
    return {b"YUYV": _yuyv, b"NV12": _nv12, b"YU12": _yu12}.get(name)


def _yuyv(sent: Bytes) -> Raw | None:
    fits = sent.shape[2:] == (2,) and sent.shape[0] % 2 == sent.shape[1] % 2 == 0
    return Raw("YUYV", sent, from_yuyv) if fits else None


def _nv12(sent: Bytes) -> Raw | None:
    return Raw("NV12", sent, from_nv12) if _fits(sent) else None


def _yu12(sent: Bytes) -> Bytes | None:
    """I420 by another name."""
    return sent if _fits(sent) else None


def _fits(sent: Bytes) -> bool:
    """Whether it can be a luma plane of even width and height, and half as much colour."""
    return sent.ndim == 2 and len(sent) % 3 == 0 and sent.shape[1] % 2 == 0


def from_yuyv(sent: Bytes) -> Bytes:
    """I420 of YUYV, `(H, W, 2)` of even width and height: each two rows' colours become one."""
    height, width = sent.shape[:2]
    out = memory.empty((height * 3 // 2, width), np.uint8)
    if READY.is_set():
        from greenscreen.compiled import convert

        in_strips(height // 2, partial(convert.unpack, sent.reshape(height, -1), out))
        return out
    y, u, v = planes(out)
    both, mean = memory.empty((height, width), np.uint8), memory.empty((height // 2, width), np.uint8)
    cv2.extractChannel(sent, 0, y)
    cv2.extractChannel(sent, 1, both)
    cv2.addWeighted(both[::2], 0.5, both[1::2], 0.5, 0, mean)
    cv2.split(mean.reshape(height // 2, width // 2, 2), [u, v])
    return out


def from_nv12(sent: Bytes) -> Bytes:
    """I420 of NV12, `(H * 3 / 2, W)`."""
    out = memory.empty(sent.shape, np.uint8)
    y, u, v = planes(out)
    y[:] = sent[: len(y)]
    cv2.split(sent[len(y) :].reshape(*u.shape, 2), [u, v])
    return out


def _jpeg() -> Callable[[Bytes], Bytes | None]:
    """JPEG by FFmpeg, which leaves it planes."""
    # Late, as most start without it.
    import av

    from greenscreen.sources.pixels import planes_of

    codec = av.CodecContext.create("mjpeg", "r")
    codec.thread_count = 1
    # Cut off, it would be decoded all the same: the rest as it was in some picture before.
    codec.options = {"err_detect": "explode"}

    def decode(sent: Bytes) -> Bytes | None:
        if not sent.size:  # To a decoder that is the end of everything.
            return None
        try:
            frame = next(iter(codec.decode(av.Packet(sent.tobytes()))), None)
        except av.FFmpegError:
            return None
        if frame is None or frame.width % 2 or frame.height % 2:
            return None
        made = planes_of(frame)
        return to_i420(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)) if made is None else made

    return decode
