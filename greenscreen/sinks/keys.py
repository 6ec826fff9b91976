"""What each key does in the preview window."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from greenscreen.control import Control
from greenscreen.errors import GreenscreenError, UsageError
from greenscreen.gallery import beside, blurred
from greenscreen.sinks.recorder import begin_recording

log = logging.getLogger(__name__)

_MORE_BLUR = 1.25
_EDGE_STEP = 0.5  # pixels of a picture 720 high
_TRIES = 5  # backgrounds that cannot be opened, before giving up
_USUAL_BLUR = 1 / 50  # of the picture's height, which is what `blur` means without a number


@dataclass
class View:
    """How the window shows the picture; nothing of it changes what is sent."""

    look: Literal["result", "matte", "split"] = "result"
    mirror: bool = False
    meter: bool = False
    help: bool = False


@dataclass(frozen=True)
class Key:
    """`codes` are what OpenCV gives for it, `name` is what people read on it."""

    codes: str
    name: str
    help: str
    press: "Callable[[Keys], None]"


class Keys:
    """Turns key presses into changes of the view and of the settings.

    Panic takes effect before `press` returns. What may take its time, such as opening a background, is done one after
    the other in a thread; what goes wrong there is told in the status. Close it when done.
    """

    def __init__(self, control: Control, height: int):
        """`height` of the pictures, in pixels."""
        self.view = View()
        self._control, self._height = control, height
        self._hands = ThreadPoolExecutor(1, thread_name_prefix="window")

    def close(self) -> None:
        self._hands.shutdown(cancel_futures=True)

    def press(self, code: int) -> bool:
        """Does what the key with this code means, if anything; false for the keys that end the run."""
        if code in _QUIT:
            return False
        for key in KEYS:
            if chr(code) in key.codes:
                key.press(self)
        return True

    def toggle_help(self) -> None:
        self.view.help = not self.view.help

    def toggle_meter(self) -> None:
        self.view.meter = not self.view.meter

    def toggle_mirror(self) -> None:
        self.view.mirror = not self.view.mirror

    def toggle_matte(self) -> None:
        self.view.look = "result" if self.view.look == "matte" else "matte"

    def toggle_split(self) -> None:
        self.view.look = "result" if self.view.look == "split" else "split"

    def panic(self) -> None:
        """The placeholder at once; pressed again, the result, whatever was shown before."""
        hidden = self._control.settings.show == "placeholder"
        self._control.change(show="result" if hidden else "placeholder")

    def next_background(self) -> None:
        self._do(lambda: self._step(1))

    def previous_background(self) -> None:
        self._do(lambda: self._step(-1))

    def more_blur(self) -> None:
        self._do(lambda: self._blur(_MORE_BLUR))

    def less_blur(self) -> None:
        self._do(lambda: self._blur(1 / _MORE_BLUR))

    def wider(self) -> None:
        self._shift("edge_shift", _EDGE_STEP)

    def narrower(self) -> None:
        self._shift("edge_shift", -_EDGE_STEP)

    def softer(self) -> None:
        self._shift("feather_out", _EDGE_STEP)

    def harder(self) -> None:
        self._shift("feather_out", -_EDGE_STEP)

    def follow(self) -> None:
        self._do(lambda: self._toggle("auto_frame"))

    def clean_plate(self) -> None:
        """What it asks for, and what came of it, is told by the loop."""
        self._do(lambda: self._toggle("clean_plate"))

    def toggle_recording(self) -> None:
        self._do(self._record)

    def snapshot(self) -> None:
        self._control.snapshot()

    def _toggle(self, field: str) -> None:
        self._control.change(**{field: not getattr(self._control.settings, field)})

    def _step(self, step: int) -> None:
        """A background that cannot be opened is passed over."""
        now = self._control.settings.background
        for tries in range(1, _TRIES + 1):
            wanted = beside(now, step * tries)
            try:
                self._control.change(background=wanted)
            except GreenscreenError:
                if tries == _TRIES:
                    raise
                log.info("passed over background %s", wanted)
            else:
                self._control.tell(f"background: {wanted}")
                return

    def _blur(self, factor: float) -> None:
        wanted = blurred(self._control.settings.background, factor, self._height * _USUAL_BLUR)
        self._control.change(background=wanted)
        self._control.tell(f"background: {wanted}")

    def _shift(self, field: str, step: float) -> None:
        """Beyond its end a knob does not turn."""
        with suppress(UsageError):
            settings = self._control.change(**{field: getattr(self._control.settings, field) + step})
            self._control.tell(f"{field.replace('_', ' ')}: {getattr(settings, field):g}")

    def _record(self) -> None:
        settings = self._control.settings
        if settings.record:
            self._control.change(record=None)
            self._control.tell(f"saved {settings.record}")
            return
        self._control.tell(f"recording to {begin_recording(self._control)}")

    def _do(self, action: Callable[[], None]) -> None:
        def told() -> None:
            try:
                action()
            except GreenscreenError as error:
                log.info("refused: %s", error)
                self._control.tell(str(error))

        self._hands.submit(told)


_QUIT = {ord("q"), ord("Q"), 27}

KEYS = (
    Key("p ", "p  Space", "panic: placeholder at once, and back", Keys.panic),
    Key("n", "n", "next background", Keys.next_background),
    Key("b", "b", "background before", Keys.previous_background),
    Key("+=", "+", "more blur", Keys.more_blur),
    Key("-_", "-", "less blur", Keys.less_blur),
    Key("e", "e", "wider outline", Keys.wider),
    Key("d", "d", "narrower outline", Keys.narrower),
    Key("f", "f", "softer edge", Keys.softer),
    Key("v", "v", "harder edge", Keys.harder),
    Key("a", "a", "follow me, and stop", Keys.follow),
    Key("k", "k", "clean plate: step aside; and without", Keys.clean_plate),
    Key("r", "r", "record, and stop", Keys.toggle_recording),
    Key("c", "c", "snapshot", Keys.snapshot),
    Key("m", "m", "matte, here only", Keys.toggle_matte),
    Key("s", "s", "split before and after, here only", Keys.toggle_split),
    Key("x", "x", "mirror, here only", Keys.toggle_mirror),
    Key("i", "i", "meter", Keys.toggle_meter),
    Key("h?", "h", "this help", Keys.toggle_help),
)
HELP = [*((key.name, key.help) for key in KEYS), ("q  Esc", "end")]
