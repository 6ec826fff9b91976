"""OBS Studio's virtual camera, on Windows and macOS, through pyvirtualcam."""

from typing import Self

import numpy as np

from greenscreen.errors import SinkError


class ObsCamera:
    """Takes pictures of this size (width, height; both even). Entering raises `SinkError` where OBS is not there."""

    def __init__(self, size: tuple[int, int], fps: float):
        self.path = "OBS Virtual Camera"
        self._size, self._fps = size, fps

    def __enter__(self) -> Self:
        import pyvirtualcam  # Not installed on Linux, which has its own.

        try:
            self._camera = pyvirtualcam.Camera(*self._size, self._fps, fmt=pyvirtualcam.PixelFormat.I420)
        except (RuntimeError, ValueError) as error:
            reason = (str(error).strip() or "no reason given").splitlines()[-1]
            raise SinkError(
                f"the virtual camera cannot be opened: {reason}", "install OBS Studio and start its virtual camera once"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._camera.close()

    def write(self, picture: memoryview) -> None:
        """Sends one picture, the bytes of its I420 planes; raises `OSError` when the camera is gone."""
        try:
            self._camera.send(np.frombuffer(picture, np.uint8))
        except RuntimeError as error:
            raise OSError(0, str(error)) from error
