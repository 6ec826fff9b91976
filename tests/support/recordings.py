"""Recordings as files, for the tests of what writes them."""

from pathlib import Path

import av
import numpy as np

from greenscreen.picture.frame import Picture
from greenscreen.sinks.video import VideoSink

PATCHES = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (128, 128, 128), (0, 0, 0), (255, 255, 255)]
KINDS = [".mp4", ".webm", ".mov", ".mkv"]


def patches(width: int = 192, height: int = 64, patch_alpha: int = 255) -> Picture:
    image = np.zeros((height, width, 3), np.uint8)
    for bar, colour in zip(np.array_split(np.arange(width), len(PATCHES)), PATCHES, strict=True):
        image[:, bar] = colour
    return Picture(image, np.full((height, width), patch_alpha, np.uint8), 0.0)


def at(picture: Picture, time: float, transparent: bool = False) -> Picture:
    return Picture(picture.image, picture.alpha, time, transparent)


def record(path: Path, picture: Picture, times: list[float], **options: object) -> None:
    height, width = picture.image.shape[:2]
    with VideoSink(path, (width, height), 30.0, **options) as sink:  # type: ignore[arg-type]
        for time in times:
            assert sink.send(at(picture, time, picture.transparent))


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as video:
        return list(video.decode(video=0))
