"""Cameras and engines to choose from: those that are there, so that no client names a path or an address of its own."""

import sys
from typing import Any

from greenscreen.errors import UsageError
from greenscreen.linux.v4l2 import Device, list_devices
from greenscreen.segment import ENGINES
from greenscreen.settings import Settings

Json = dict[str, Any]

ENGINE_NAMES = ["auto", *ENGINES]


def choices(settings: Settings) -> Json:
    """`cameras`, each with `device` and `name`, `engines` by name, and which of them were asked for.

    `camera` is none where that is not among those listed. Other systems than Linux can list cameras only by switching
    each of them on, so there none are.
    """
    found = cameras()
    asked = settings.camera or ""
    path = f"/dev/video{asked}" if asked.isdecimal() else asked
    return {
        "camera": next((camera.path for camera in found if camera.path == path), None),
        "cameras": [{"device": camera.path, "name": camera.name} for camera in found],
        "engine": settings.engine,
        "engines": ENGINE_NAMES,
    }


def chosen(values: Json) -> Json:
    """The values, if a client may choose them; raises `UsageError` for everything that `choices` does not name."""
    for name, value in values.items():
        possible = {"camera": [camera.path for camera in cameras()], "engine": ENGINE_NAMES}
        if value not in possible.get(name, []):
            there = possible.get(name, list(possible))
            hint = f"choose one of: {', '.join(there)}" if there else "plug a camera in"
            raise UsageError(f"there is no {name[:80]} {str(value)[:80]!r} to choose", hint)
    return values


def cameras() -> list[Device]:
    """Without virtual ones, as our own pictures may come out of them."""
    if not sys.platform.startswith("linux"):
        return []
    return [device for device in list_devices() if device.camera and not device.loopback]
