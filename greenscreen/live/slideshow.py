"""The person's own backgrounds, one after the other."""

import logging
import time

from greenscreen.control import Control
from greenscreen.errors import GreenscreenError
from greenscreen.gallery import gallery, gallery_folder

log = logging.getLogger(__name__)

_LOOK_EVERY = 0.5  # seconds


def show_slides(control: Control) -> None:
    """Changes the background every `slideshow` seconds, while that is set, until the run ends; for its own thread."""
    changed = time.monotonic()
    while not control.wait(_LOOK_EVERY):
        seconds = control.settings.slideshow
        if seconds is None:
            changed = time.monotonic()
        elif time.monotonic() - changed >= seconds:
            changed = time.monotonic()
            _next_slide(control)


def _next_slide(control: Control) -> None:
    names = list(gallery())
    if not names:
        control.tell(f"no slides: put images or videos into {gallery_folder()}")
        return
    now = control.settings.background
    start = names.index(now) + 1 if now in names else 0
    # One that cannot be opened must not end the show.
    for name in [*names[start:], *names[:start]]:
        try:
            control.change(background=name)
        except GreenscreenError as error:
            log.warning("a slide was skipped: %s", error)
        else:
            return
