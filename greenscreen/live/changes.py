"""What may be changed while a run goes on, and what contradicts itself at the start or later."""

import sys

from greenscreen.composite.background import Backdrop
from greenscreen.control import Callback, Control, Hook, Prepared
from greenscreen.errors import UsageError
from greenscreen.gpu import make_ready
from greenscreen.live.outputs import Say, sends
from greenscreen.segment import Segmenter, open_segmenter
from greenscreen.settings import Settings
from greenscreen.sources import Source, other_camera

RESTS = "auto-frame chooses what is seen: zoom and pan count again when it is off"


def refuse_contradictions(settings: Settings) -> None:
    """Raises `UsageError` for what could only fail later, before anything is opened or changed."""
    if settings.device and settings.virtual_camera is False:
        raise UsageError("--device and --no-virtual-camera contradict each other", "leave one of them out")
    if settings.on_demand and not sys.platform.startswith("linux"):
        raise UsageError("only Linux's virtual camera tells who watches it", "leave out --on-demand")
    if settings.on_demand and settings.virtual_camera is False:
        raise UsageError("--on-demand waits for programs that watch the virtual camera", "leave one of them out")
    if settings.clean_plate and settings.auto_frame:
        raise UsageError("--clean-plate wants a picture that stands still, and --auto-frame moves it", "choose one")
    if settings.transparent and settings.slideshow:
        raise UsageError("--slideshow shows backgrounds, and there is none behind a transparent one", "choose one")
    if settings.transparent and sends(settings):
        raise UsageError("a virtual camera carries no transparency", "choose another --background, such as green")


def refuse_transparency(old: Settings, new: Settings) -> Prepared | None:
    """Raises `UsageError`: a run, and the files it records to, are transparent from beginning to end or not at all."""
    if new.transparent != old.transparent:
        raise UsageError(
            "a run cannot become transparent, or stop being so",
            "choose the transparent background at the start, with --background transparent",
        )
    return None


def zoom_rests(settings: Settings) -> bool:
    """Whether zoom and pan are set but do nothing, because the crop follows the person."""
    return settings.auto_frame and (settings.zoom, settings.pan_x, settings.pan_y) != (1, 0, 0)


def zoom_watch(control: Control) -> Callback:
    """Tells whoever changes zoom or pan while they do nothing."""

    def part_of(settings: Settings) -> tuple[object, ...]:
        return settings.auto_frame, settings.zoom, settings.pan_x, settings.pan_y

    last = part_of(control.settings)

    def tell(new: Settings) -> None:
        nonlocal last
        if part_of(new) != last and zoom_rests(new):
            control.tell(RESTS)
        last = part_of(new)

    return tell


def engine_hook(segmenter: Segmenter, say: Say) -> Hook:
    """Opens another engine when the person asks for one; the old one serves until it is ready."""

    def change_engine(old: Settings, new: Settings) -> Prepared | None:
        if new.engine == old.engine:
            return None
        other = open_segmenter(new.engine, new.model, new.gpu, meanwhile=True, say=say, ready=make_ready)
        return Prepared(lambda: segmenter.exchange(other), lambda: other.__exit__())

    return change_engine


def camera_hook(source: Source) -> Hook:
    """Goes on with another camera; until that gives pictures, the placeholder goes out."""

    def change_camera(old: Settings, new: Settings) -> Prepared | None:
        if new.camera == old.camera:
            return None
        return Prepared(other_camera(source, new.camera, new.size, new.fps))

    return change_camera


def close_backdrop(backdrop: Backdrop | None) -> None:
    if backdrop:
        backdrop.close()
