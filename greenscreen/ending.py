"""How a run is ended from outside, so that whatever was recorded can be played."""

import signal

from greenscreen.control import Control


def end_by_signals(control: Control) -> None:
    """Ctrl-C, an end asked for by the system, a closed terminal: the first ends the run, later ones change nothing."""

    def end(number: int, stack: object) -> None:
        if control.stopping:
            return
        control.stop()
        # Between two frames; in the middle of one it is only a moment until somebody looks.
        if not control.busy:
            raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What is ignored from the start, as under nohup, is meant to be.
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)
