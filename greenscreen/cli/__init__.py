"""The command line: `app.py` has the commands, the others those that have commands of their own."""

from greenscreen.cli.app import app, main

__all__ = ["app", "main"]
