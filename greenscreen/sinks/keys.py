"""What each key does in the preview window."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from greenscreen.control import Control
from greenscreen.errors import GreenscreenError, UsageError
from greenscreen.gallery import USUAL_BLUR, beside, blurred
from greenscreen.sinks.recorder import begin_recording

log = logging.getLogger(__name__)

_MORE_BLUR = 1.25
_EDGE_STEP = 0.5  # pixels of a picture 720 high
_TRIES = 5  # backgrounds that cannot be opened, before giving up
_HASTE = 0.8  # seconds; desktops begin to repeat a key that is held after half a second or so


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

    Panic takes effect before `press` returns. What may take a while, such as opening a background, is done in order in
    a thread; the status says what goes wrong there. Close it when done.
    """

    def __init__(self, control: Control, height: int):
        """`height` of the pictures, in pixels."""
        self.view = View()
        self._control, self._height = control, height
        self._panicked = -_HASTE
        self._hands = ThreadPoolExecutor(1, thread_name_prefix="window")

    def close(self) -> None:
        self._hands.shutdown(cancel_futures=True)

    def press(self, code: int) -> bool:
        """Does what the key with this code means, if anything; false for the keys that end the run."""
        if code in _QUIT:
            return False
        # With caps lock on, Windows and macOS give capitals.
        letter = chr(code).lower()
        for key in KEYS:
            if letter in key.codes:
                key.press(self)
        return True

    def flip(self, name: Literal["mirror", "meter", "help"]) -> None:
        """Shows it here, or no longer."""
        setattr(self.view, name, not getattr(self.view, name))

    def look_at(self, look: Literal["matte", "split"]) -> None:
        self.view.look = "result" if self.view.look == look else look

    def panic(self) -> None:
        """The placeholder at once; pressed again, the result, whatever was shown before.

        Whoever holds the key down, or presses it again in haste, wants to be hidden.
        """
        before, self._panicked = self._panicked, time.monotonic()
        if self._control.settings.show != "placeholder":
            self._control.change(show="placeholder")
        elif self._panicked - before > _HASTE:
            self._control.change(show="result")

    def step(self, step: Literal[1, -1]) -> None:
        self._do(lambda: self._step(step))

    def blur(self, factor: float) -> None:
        self._do(lambda: self._blur(factor))

    def shift(self, field: str, step: float) -> None:
        """Beyond its end a knob does not turn."""
        with suppress(UsageError):
            settings = self._control.change(**{field: getattr(self._control.settings, field) + step})
            self._control.tell(f"{field.replace('_', ' ')}: {getattr(settings, field):g}")

    def toggle(self, field: Literal["auto_frame", "clean_plate"]) -> None:
        self._do(lambda: self._control.change(**{field: not getattr(self._control.settings, field)}))

    def record(self) -> None:
        """Starts a recording, or ends the one under way."""
        self._do(self._record)

    def snapshot(self) -> None:
        self._control.snapshot()

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
        wanted = blurred(self._control.settings.background, factor, self._height / USUAL_BLUR)
        self._control.change(background=wanted)
        self._control.tell(f"background: {wanted}")

    def _record(self) -> None:
        if self._control.settings.record:
            self._control.change(record=None)
        else:
            self._control.tell(f"recording to {begin_recording(self._control)}")

    def _do(self, action: Callable[[], object]) -> None:
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
    Key("n", "n", "next background", lambda keys: keys.step(1)),
    Key("b", "b", "previous background", lambda keys: keys.step(-1)),
    Key("+=", "+", "more blur", lambda keys: keys.blur(_MORE_BLUR)),
    Key("-_", "-", "less blur", lambda keys: keys.blur(1 / _MORE_BLUR)),
    Key("e", "e", "wider outline", lambda keys: keys.shift("edge_shift", _EDGE_STEP)),
    Key("d", "d", "narrower outline", lambda keys: keys.shift("edge_shift", -_EDGE_STEP)),
    Key("f", "f", "softer edge", lambda keys: keys.shift("feather_out", _EDGE_STEP)),
    Key("v", "v", "harder edge", lambda keys: keys.shift("feather_out", -_EDGE_STEP)),
    Key("a", "a", "follow me, and stop", lambda keys: keys.toggle("auto_frame")),
    Key("k", "k", "clean plate: step aside; again: without", lambda keys: keys.toggle("clean_plate")),
    Key("r", "r", "record, and stop", Keys.record),
    Key("c", "c", "snapshot", Keys.snapshot),
    Key("m", "m", "matte, here only", lambda keys: keys.look_at("matte")),
    Key("s", "s", "split before and after, here only", lambda keys: keys.look_at("split")),
    Key("x", "x", "mirror, here only", lambda keys: keys.flip("mirror")),
    Key("i", "i", "meter", lambda keys: keys.flip("meter")),
    Key("h?", "h", "this help", lambda keys: keys.flip("help")),
)
HELP = [*((key.name, key.help) for key in KEYS), ("q  Esc", "end")]
