"""OBS Studio's virtual camera, on Windows and macOS, through pyvirtualcam."""

import sys
from pathlib import Path
from typing import Self

import numpy as np

from greenscreen.errors import SinkError

NAME = "OBS Virtual Camera"
HOW_TO_INSTALL = "install OBS Studio from https://obsproject.com, start its virtual camera once, and stop it"

_ON_WINDOWS = r"CLSID\{A3FCE0F5-3493-419F-958A-ABA1250EC20B}\InprocServer32"
_ON_MACOS = (
    "Applications/OBS.app/Contents/Library/SystemExtensions/"
    "com.obsproject.obs-studio.mac-camera-extension.systemextension",
    "Library/CoreMediaIO/Plug-Ins/DAL/obs-mac-virtualcam.plugin",
)


class ObsCamera:
    """Takes pictures of this size (width, height; both even). Entering raises `SinkError` where OBS is not there.

    `device` may name another camera that pyvirtualcam knows, such as UnityCapture's on Windows.
    """

    def __init__(self, size: tuple[int, int], fps: float, device: str | None = None):
        self.path = device or NAME
        self._size, self._fps, self._device = size, fps, device

    def __enter__(self) -> Self:
        import pyvirtualcam  # Not installed on Linux, which has its own.

        form = pyvirtualcam.PixelFormat.I420
        try:
            self._camera = pyvirtualcam.Camera(*self._size, self._fps, fmt=form, device=self._device)
        except (RuntimeError, ValueError) as error:
            raise SinkError(f"{self.path} cannot be opened: {reason(str(error))}", self._remedy()) from error
        self.path = self._camera.device
        return self

    def __exit__(self, *_: object) -> None:
        self._camera.close()

    def _remedy(self) -> str:
        if self.path != NAME:
            return f"leave out --device, which means {NAME}"
        if obs_camera():
            return "stop it in OBS, or end the program that sends to it; or else start it there once"
        return HOW_TO_INSTALL

    def write(self, picture: memoryview) -> None:
        """Sends one picture, the bytes of its I420 planes; raises `OSError` when the camera is gone."""
        try:
            self._camera.send(np.frombuffer(picture, np.uint8))
        except RuntimeError as error:
            raise OSError(0, str(error)) from error


def reason(words: str) -> str:
    """Why pyvirtualcam could not open a camera: it has a line for each kind of camera that it knows, OBS's first."""
    first = words.strip().partition("\n")[0]
    return first.removeprefix("'obs' backend: ").strip() or "no reason given"


def obs_camera(system: str = sys.platform, root: Path = Path("/")) -> bool:
    """Whether OBS Studio's virtual camera is installed, on Windows and macOS."""
    if system == "darwin":
        return any((root / path).exists() for path in _ON_MACOS)
    if sys.platform == "win32":
        import winreg

        try:
            winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, _ON_WINDOWS).Close()
        except OSError:
            return False
        return True
    return False
