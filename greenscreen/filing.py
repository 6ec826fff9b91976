"""Where snapshots and recordings go when nobody says where."""

from datetime import datetime
from pathlib import Path

import platformdirs


def new_snapshot() -> Path:
    """A file named by the time, among the person's pictures."""
    return platformdirs.user_pictures_path() / f"{_stem()}.png"


def new_recording(transparent: bool) -> Path:
    """A file named by the time, among the person's videos; of a kind that holds transparency where needed."""
    return platformdirs.user_videos_path() / f"{_stem()}{'.mov' if transparent else '.mp4'}"


def _stem() -> str:
    return f"greenscreen {datetime.now():%Y-%m-%d %H.%M.%S}"
