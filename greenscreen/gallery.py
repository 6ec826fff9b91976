"""The person's own backgrounds, called by simple names, and stepping from one background to the next."""

from itertools import chain
from pathlib import Path

import platformdirs

from greenscreen.images import PHOTO_SUFFIXES

VIDEO_SUFFIXES = {".mp4", ".webm", ".mov", ".mkv"}
BUILT_IN = ("blur", "green", "black", "white")
"""What is stepped through after the person's own."""

WORDS = frozenset({"transparent", "blur", "green", "blue", "black", "white", "gray"})
"""What means something else than a file."""

LEAST_BLUR, MOST_BLUR = 1.0, 200.0


def gallery_folder() -> Path:
    """Where the person puts images and videos: `backgrounds` in the folder of greenscreen's settings."""
    return platformdirs.user_config_path("greenscreen", appauthor=False) / "backgrounds"


def gallery() -> dict[str, Path]:
    """The images and videos there, by name without suffix, in alphabetical order; empty where there is no folder.

    Those called like another background, such as `blur.jpg`, are left out: who chose them would get that one.
    """
    try:
        files = sorted(gallery_folder().iterdir(), key=lambda path: path.name.lower())
    except OSError:
        return {}
    known = PHOTO_SUFFIXES | VIDEO_SUFFIXES
    return {path.stem: path for path in files if path.suffix.lower() in known and _is_name(path.stem)}


def find(name: str) -> Path | None:
    """The background of this name, however its letters are written; none if there is none."""
    return {found.strip().lower(): path for found, path in gallery().items()}.get(name.strip().lower())


def beside(background: str, step: int) -> str:
    """The background `step` places after this one: the person's own, then the built-in ones, and round again."""
    choices = list(dict.fromkeys(chain(gallery(), BUILT_IN)))
    word = background.strip().lower().split(":")[0]
    places = [index for index, choice in enumerate(choices) if choice.lower() == word]
    if not places:
        return choices[0 if step > 0 else -1]
    return choices[(places[0] + step) % len(choices)]


def blurred(background: str, factor: float, usual: float) -> str:
    """More or less blur than now, by this factor; `usual` is the sigma, in pixels, that plain `blur` stands for."""
    word, _, sigma = background.strip().lower().partition(":")
    if word != "blur":
        return "blur"
    return f"blur:{min(max(float(sigma or usual) * factor, LEAST_BLUR), MOST_BLUR):.3g}"


def _is_name(stem: str) -> bool:
    word = stem.strip().lower()
    return word not in WORDS and not word.startswith((".", "#", "blur:"))
