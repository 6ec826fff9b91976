"""The command `greenscreen`, also as `python -m greenscreen`: what comes before the command line itself."""

import signal


def main() -> None:
    """Loads the command line and hands over. Whoever ends it before it is there sees no traceback of its loading."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from greenscreen.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
