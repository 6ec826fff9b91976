"""A run on a small picture."""

from greenscreen.control import Control
from greenscreen.live.run import Summary, run_live
from greenscreen.settings import make_settings


def go(**settings: object) -> tuple[Summary, list[str]]:
    """Runs with these settings on a small synthetic picture, unless they say otherwise; returns what was said, too."""
    said: list[str] = []
    defaults: dict[str, object] = {"camera": "synthetic", "size": "160x96", "engine": "stub"}
    return run_live(Control(make_settings(**defaults | settings)), said.append), said
