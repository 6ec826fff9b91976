"""The command `greenscreen`, also as `python -m greenscreen`: what comes before the command line itself, and after."""

import os
import signal
import sys
import threading
from contextlib import suppress


def main() -> None:
    """Loads the command line and hands over. Whoever ends it before it is there sees no traceback of its loading."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from greenscreen.cli import main as command_line

    try:
        command_line()
    except SystemExit as end:
        # Libraries crash where the process is torn down under a thread that compiles with LLVM, or reads a camera that
        # gives nothing; and nobody should wait for either.
        if any(thread.daemon for thread in threading.enumerate()):
            for stream in filter(None, (sys.stdout, sys.stderr)):  # Where they were closed, there are none.
                with suppress(OSError):
                    stream.flush()
            os._exit(int(end.code or 0))
        raise


if __name__ == "__main__":
    main()
