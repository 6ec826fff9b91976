"""Removes the room behind a person, live.

Importing this package is cheap: cameras, engines and windows load when they are chosen.
"""

from greenscreen.telemetry import forbid_telemetry

forbid_telemetry()

__version__ = "0.1.0"
