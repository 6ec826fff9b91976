"""Whether the compiled loops are ready to be called: until then everything goes a slower way."""

from threading import Event

READY = Event()
"""Set by planar.py, which has them made."""
