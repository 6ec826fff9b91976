"""Small videos as files, for the tests of what reads them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation

from greenscreen.sources.video import VideoSource

LIMITED = 1
ACCURATE = Interpolation.BILINEAR | Interpolation.ACCURATE_RND


def level(index: int) -> int:
    """The gray by which a frame of `clip` can be told."""
    return 40 + 5 * (index % 40)


def clip(path: Path, frames: int = 20, size: tuple[int, int] = (64, 48), **more: object) -> Path:
    """A video whose frame `i` is gray `level(i)`, with some noise so that it has a weight in bytes."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w", options=more.get("options", {})) as container:
        coding = more.get("coding", {})
        stream = container.add_stream(more.get("codec", "libx264"), rate=more.get("rate", 30), options=coding)
        stream.width, stream.height = size
        stream.pix_fmt = more.get("pix_fmt", "yuv420p")
        if "turn" in more:
            stream.set_display_rotation(more["turn"])
        stamps = more.get("stamps", range(frames))
        if "stamps" in more:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for index, stamp in zip(range(frames), stamps, strict=False):
            gray = np.full((size[1], size[0], 3), level(index), np.int16) + rng.integers(-8, 9, (size[1], size[0], 1))
            if "mark" in more:
                gray[: size[1] // 4, : size[0] // 4] = 255
            # By default FFmpeg rounds gray to a tint of green.
            frame = av.VideoFrame.from_ndarray(np.uint8(gray), "bgr24")
            frame = frame.reformat(format=stream.pix_fmt, interpolation=ACCURATE)
            frame.pts = stamp
            if "stamps" in more:
                frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def still(path: Path, picture: np.ndarray, colours: int, curve: int, matrix: int) -> Path:
    """An AV1 of one frame that names its colours by H.273's numbers: a video, or a photo if it is called AVIF.

    `picture` is BGR of 8 or 16 bits, which become 8 or 10, limited range.
    """
    deep = picture.dtype == np.uint16
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libsvtav1", rate=25)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p10le" if deep else "yuv420p"
        frame = av.VideoFrame.from_ndarray(picture, "bgr48le" if deep else "bgr24")
        frame = frame.reformat(format=stream.pix_fmt, dst_colorspace=matrix, dst_color_range=LIMITED)
        for target in (stream.codec_context, frame):
            target.color_primaries, target.color_trc = colours, curve
            target.colorspace, target.color_range = matrix, LIMITED
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def add_silence(container: av.container.OutputContainer, stream: av.AudioStream, frames: int) -> None:
    """So many times 1024 samples, to the stream's end."""
    for _ in range(frames):
        sound = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        sound.sample_rate = stream.rate
        container.mux(stream.encode(sound))
    container.mux(stream.encode())


def read(path: Path) -> list:
    with VideoSource(path) as source:
        return list(source)
