"""One camera found again after it was unplugged, whatever its number is then."""

from greenscreen.errors import SourceError
from greenscreen.filing import identity
from greenscreen.linux.v4l2 import JOIN_THE_GROUP, Device, list_devices


class SameCamera:
    """The camera that a number or device path meant when it was first there; None means the first there is."""

    def __init__(self, word: int | str | None):
        self._word = word
        self._known: Device | None = None

    def find(self) -> int | str:
        """What to open now; raises `SourceError` while the camera is not there."""
        devices = list_devices()
        if self._known is not None:
            now = same_device(self._known, devices)
            if now is None and any(device.forbidden and device.path == self._known.path for device in devices):
                # As when the machine is handed to another user, to whom the cameras then belong.
                raise SourceError(f"you may not use the camera {self._known.path} any more", JOIN_THE_GROUP)
            if now is None:
                raise SourceError(f"the camera {self._known.name} is gone", "plug it in again")
            return now.path
        self._known = self._meant(devices)
        # A camera that the list does not hold, on a network or another system, is known by its word alone.
        if self._word is not None:
            return self._word
        if self._known is None and any(device.forbidden for device in devices):
            raise SourceError("there is no camera among the video devices that you may use", JOIN_THE_GROUP)
        if self._known is None:
            raise SourceError("there is no camera", "plug one in, or name another with --camera")
        return self._known.path

    def _meant(self, devices: list[Device]) -> Device | None:
        cameras = [device for device in devices if device.camera]
        if self._word is None:
            # A loopback that is a camera now may be so because of our own pictures.
            return next((device for device in cameras if not device.loopback), None)
        meant = identity(f"/dev/video{self._word}" if isinstance(self._word, int) else self._word)
        return next((device for device in cameras if identity(device.path) == meant), None)


def same_device(known: Device, devices: list[Device]) -> Device | None:
    """The device that is the known one again: of its name at its place on the bus, or else the only one of its name."""
    named = [device for device in devices if device.camera and device.name == known.name]
    here = [device for device in named if device.bus == known.bus]
    # A camera with several nodes of one name keeps the one that was chosen.
    unmoved = [device for device in here if device.path == known.path]
    found = unmoved or here or (named if len(named) == 1 else [])
    return found[0] if found else None
