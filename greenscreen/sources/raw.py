"""What a camera sends, made I420: what both ends speak, with no detour over BGR.

OpenCV hands out a camera's own bytes where it is told to (`CAP_PROP_CONVERT_RGB`), which only V4L2 heeds everywhere.
"""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from greenscreen import memory
from greenscreen.colour import Bytes, planes, to_i420
from greenscreen.compiled import READY
from greenscreen.strips import in_strips

Decoder = Callable[[Bytes], Bytes | None]
"""Makes a picture's bytes I420, `(H * 3 / 2, W)`; None where they are damaged, or have no I420 form."""

_END = b"\xff\xd9"


def decoder(fourcc: float) -> Decoder | None:
    """What makes pictures of this format I420, as OpenCV tells it; None for those that are better left to OpenCV."""
    name = int(fourcc).to_bytes(4, "little") if 0 <= fourcc < 1 << 32 else b""
    if name == b"MJPG":
        return _jpeg()
    return {b"YUYV": from_yuyv, b"NV12": from_nv12, b"YU12": from_yu12}.get(name)


def from_yuyv(sent: Bytes) -> Bytes | None:
    """`(H, W, 2)`: Y, and U and V in turn. Each two rows' colours become one."""
    height, width = sent.shape[:2]
    if sent.shape[2:] != (2,) or height % 2 or width % 2:
        return None
    out = memory.empty((height * 3 // 2, width), np.uint8)
    if READY.is_set():
        from greenscreen import convert

        in_strips(height // 2, partial(convert.unpack, sent.reshape(height, -1), out))
        return out
    y, u, v = planes(out)
    both, mean = memory.empty((height, width), np.uint8), memory.empty((height // 2, width), np.uint8)
    cv2.extractChannel(sent, 0, y)
    cv2.extractChannel(sent, 1, both)
    cv2.addWeighted(both[::2], 0.5, both[1::2], 0.5, 0, mean)
    cv2.split(mean.reshape(height // 2, width // 2, 2), [u, v])
    return out


def from_nv12(sent: Bytes) -> Bytes | None:
    """`(H * 3 / 2, W)`: Y, then U and V in turn."""
    if not _fits(sent):
        return None
    out = memory.empty(sent.shape, np.uint8)
    y, u, v = planes(out)
    y[:] = sent[: len(y)]
    cv2.split(sent[len(y) :].reshape(*u.shape, 2), [u, v])
    return out


def from_yu12(sent: Bytes) -> Bytes | None:
    """`(H * 3 / 2, W)`: I420 by another name."""
    return sent if _fits(sent) else None


def _fits(sent: Bytes) -> bool:
    """Whether it can be a luma plane of even width and height, and half as much colour."""
    return sent.ndim == 2 and len(sent) % 3 == 0 and sent.shape[1] % 2 == 0


def _jpeg() -> Decoder:
    """JPEG by FFmpeg, which leaves it planes."""
    # Late, as most start without it.
    import av

    from greenscreen.sources.pixels import planes_of

    codec = av.CodecContext.create("mjpeg", "r")
    codec.thread_count = 1

    def decode(sent: Bytes) -> Bytes | None:
        data = sent.tobytes()
        # Cut off, it would be decoded all the same: the rest as it was in some picture before.
        if data.rfind(_END) < 0:
            return None
        try:
            frame = next(iter(codec.decode(av.Packet(data))), None)
        except av.FFmpegError:
            return None
        if frame is None or frame.width % 2 or frame.height % 2:
            return None
        made = planes_of(frame)
        return to_i420(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)) if made is None else made

    return decode
