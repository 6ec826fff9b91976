"""Removes the room behind a person, live.

Importing this package is cheap: cameras, engines and windows load when they are chosen.
"""

__version__ = "0.1.0"
