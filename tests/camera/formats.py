"""Runs inside scripts/camera-vm: a webcam that sends one format after another, as greenscreen reads it.

Writes to $OUT: NAME.png, the third picture of each, and found.json, the form in which that went on.
"""

import fcntl
import json
import os
import struct
import sys
from itertools import islice
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from greenscreen.linux import loopback
from greenscreen.picture.colour import planes, to_i420
from greenscreen.sources.camera import CameraSource

WEBCAM, SIZE = "/dev/video11", (320, 240)


def picture() -> np.ndarray:
    """A colour in each quarter."""
    quarters = np.array([[(40, 60, 200), (180, 160, 60)], [(70, 200, 90), (210, 210, 210)]], np.uint8)
    return cv2.resize(quarters, SIZE, interpolation=cv2.INTER_NEAREST)


def forms(image: np.ndarray) -> dict[str, bytes]:
    i420 = to_i420(image)
    y, u, v = planes(i420)
    pairs = np.dstack([u, v])
    return {
        "MJPG": cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes(),
        "YUYV": np.dstack([y, pairs.repeat(2, 0).reshape(y.shape)]).tobytes(),
        "NV12": y.tobytes() + pairs.tobytes(),
        "YU12": i420.tobytes(),
        "UYVY": np.dstack([pairs.repeat(2, 0).reshape(y.shape), y]).tobytes(),
    }


def play(name: str, data: bytes, playing: Event, over: Event) -> None:
    node = os.open(WEBCAM, os.O_RDWR | os.O_NONBLOCK)
    fourcc = struct.unpack("=I", name.encode())[0]
    asked = loopback._FORMAT.pack(2, *SIZE, fourcc, 1, 0, len(data), 8, 0xFEEDCAFE, 0, 1, 2, 0)
    fcntl.ioctl(node, loopback._S_FMT, asked)
    fcntl.ioctl(node, loopback._STREAMON, loopback._TYPE.pack(2))
    while not over.wait(0.05):
        os.write(node, data)
        playing.set()
    os.close(node)


def read(name: str, data: bytes) -> str:
    playing, over = Event(), Event()
    player = Thread(target=play, args=(name, data, playing, over))
    player.start()
    playing.wait(10)
    try:
        with CameraSource(WEBCAM, SIZE, 20) as source:
            frame = list(islice(source, 3))[-1]
    finally:
        over.set()
        player.join()
    cv2.imwrite(str(Path(os.environ["OUT"], f"{name}.png")), frame.image)
    return frame.raw.form


def main() -> None:
    found = {name: read(name, data) for name, data in forms(picture()).items()}
    Path(os.environ["OUT"], "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
