"""How a run is ended from outside, so that whatever was recorded can be played."""

import _thread
import signal
import sys
import threading
from collections.abc import Iterator

from greenscreen.control import Control

_CONSOLE_ENDS = {2, 5, 6}
"""Windows' numbers for a console that is closed, a logoff and a shutdown."""


def endings() -> Iterator[signal.Signals]:
    """What this system asks for the end with: Ctrl-C, a wish of another program, a closed terminal, Ctrl-Break."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # What is ignored from the start, as under nohup, is meant to be.
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            yield number


def unwind_by_signals() -> None:
    """Whoever asks for the end, however this was started: everything is unwound, and no half file stays behind."""
    for number in endings():
        signal.signal(number, signal.default_int_handler)
    _heed_closing()


def end_by_signals(control: Control) -> None:
    """The first who asks for the end ends the run, after its frame; later ones change nothing."""

    def end(number: int, stack: object) -> None:
        if control.stopping:
            return
        control.stop()
        # Between two frames; in the middle of one it is only a moment until somebody looks.
        if not control.busy:
            raise KeyboardInterrupt

    for number in endings():
        signal.signal(number, end)


def _heed_closing() -> None:
    """Has a console that is closed on Windows do what Ctrl-Break does; elsewhere that is a signal anyway.

    Python's handler returns at once, and the process is ended with it. This one returns when the main thread is done;
    Windows waits for five seconds.
    """
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        @ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)
        def heed(event: int) -> bool:
            if event not in _CONSOLE_ENDS:
                return False
            _thread.interrupt_main(signal.SIGBREAK)
            threading.main_thread().join()
            return True

        if ctypes.WinDLL("kernel32").SetConsoleCtrlHandler(heed, True):
            _kept.append(heed)  # Windows keeps no count of who holds it.


_kept: list[object] = []
