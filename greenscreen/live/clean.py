"""The clean plate in a call: asks the person to step aside, and remembers what the room looks like."""

import logging
from collections.abc import Callable

from greenscreen.control import Control
from greenscreen.picture.frame import Frame, Matte
from greenscreen.refine import Plate, Taking
from greenscreen.settings import Settings

log = logging.getLogger(__name__)

ASK = "clean plate: step out of the picture for two seconds"
TAKEN = "clean plate taken: you may come back"
CALLED_OFF = "no clean plate, as it was called off: the network goes on alone"
NOBODY_WENT = "no clean plate, as nobody stepped aside: the network goes on alone"
UNFIT = (
    "the room no longer looks like its clean plate: the network goes on alone; switch it off and on to take a new one"
)


class CleanPlate:
    """Takes a plate whenever one is asked for. Used by the loop's thread."""

    def __init__(
        self,
        control: Control,
        form: Callable[[Frame], Frame],
        look: Callable[[Frame], Matte],
        say: Callable[[str], None],
    ):
        """`form` gives a frame as it is worked on, in whose colours the plate is to be; `look` its coarse matte."""
        self._control, self._form, self._look, self._say = control, form, look, say
        self._taking: Taking | None = None
        self._wanted = self._warned = False
        self.plate: Plate | None = None

    def asks(self, frame: Frame, settings: Settings) -> bool:
        """Whether the person is asked to step aside. Then nothing of this frame, which is looked at, is to be sent.

        Raises `EngineError`.
        """
        if settings.clean_plate != self._wanted:
            called_off = self._taking is not None
            self._wanted, self._warned, self.plate = settings.clean_plate, False, None
            self._taking = Taking() if self._wanted else None
            if self._taking:
                self._say(ASK)
            elif called_off:  # Nobody is to step aside any more.
                self._tell(CALLED_OFF)
        if self._taking is None:
            return False
        frame = self._form(frame)
        self.plate = self._taking.look(frame.guide, self._look(frame), frame.time)
        if self.plate or self._taking.given_up:
            self._taking = None
            self._tell(TAKEN if self.plate else NOBODY_WENT)
        elif self._control.message != ASK:
            self._control.tell(ASK)
        return True

    def check(self) -> None:
        """Says once when the plate no longer fits."""
        if self.plate and not self.plate.fits and not self._warned:
            self._warned = True
            self._tell(UNFIT)

    def _tell(self, message: str) -> None:
        self._say(message)
        self._control.tell(message)
