"""The person's own backgrounds, called by simple names, and stepping from one background to the next."""

from collections import Counter
from itertools import chain
from pathlib import Path

import platformdirs

from greenscreen.images import PHOTO_SUFFIXES

VIDEO_SUFFIXES = {".mp4", ".webm", ".mov", ".mkv"}
BUILT_IN = ("blur", "green", "black", "white")
"""What is stepped through after the person's own."""

COLOURS = {
    "green": (64, 177, 0),
    "blue": (187, 71, 0),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "gray": (128, 128, 128),
}
"""BGR. Green and blue are the chroma-key sheets' colours, which editors' presets expect."""

WORDS = frozenset({"transparent", "blur", *COLOURS})
"""What means something other than a file."""

USUAL_BLUR = 50
"""By this the picture's height is divided for the sigma of plain `blur`."""
LEAST_BLUR, MOST_BLUR = 1.0, 200.0


def gallery_folder() -> Path:
    """Where the person puts images and videos: `backgrounds` in the folder of greenscreen's settings."""
    return platformdirs.user_config_path("greenscreen", appauthor=False) / "backgrounds"


def gallery() -> dict[str, Path]:
    """The images and videos there, by name without suffix, in alphabetical order; empty where there is no folder.

    Those that differ only in their suffix keep it: `beach.jpg` beside `beach.mp4`. Those named like a built-in
    background, such as `blur.jpg`, are left out: choosing one would give that background.
    """
    try:
        files = sorted(gallery_folder().iterdir(), key=lambda path: path.name.lower())
    except OSError:
        return {}
    known = PHOTO_SUFFIXES | VIDEO_SUFFIXES
    files = [path for path in files if path.suffix.lower() in known and _is_name(path.stem)]
    alike = Counter(_word(path.stem) for path in files)
    return {path.stem if alike[_word(path.stem)] == 1 else path.name: path for path in files}


def find(name: str) -> Path | None:
    """The background of this name, in upper or lower case; None if there is none.

    Of those that differ in their suffix alone, the first answers to the name without it: a profile may have it so.
    """
    found = gallery()
    by_stem = {_word(path.stem): path for path in reversed(found.values())}
    return (by_stem | {_word(known): path for known, path in found.items()}).get(_word(name))


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


def _word(text: str) -> str:
    return text.strip().lower()


def _is_name(stem: str) -> bool:
    word = _word(stem)
    return word not in WORDS and not word.startswith((".", "#", "blur:"))
