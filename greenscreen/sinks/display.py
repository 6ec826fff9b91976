"""What is written over the preview: help, meter, a word about what just happened. Nothing of it is ever sent."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from greenscreen.filing import printable
from greenscreen.picture.frame import Image

_PANEL, _TEXT, _QUIET, _RED = (30, 26, 24), (244, 242, 240), (190, 180, 172), (70, 70, 235)
_LINES_A_PICTURE = 32
_COLUMNS_A_PICTURE = 44
_SHADE = 0.82  # how much of a panel is the panel's own colour
_WEIGHT = 450  # of the letters: a little more than regular, as they stand on a moving picture

Row = tuple[str, str]


def write_table(image: Image, rows: Sequence[Row], right: bool = False) -> None:
    """Writes rows of two columns into an upper corner of the picture, in place; sized by the picture, so that it is as
    readable in a small window as on a screen of many pixels."""
    size = _text_size(image)
    gap, line = round(size * 0.8), round(size * 1.5)
    first = max(_width(left, size) for left, _ in rows)
    second = max(_width(words, size) for _, words in rows)
    width, height = first + second + 3 * gap, len(rows) * line + gap
    x = image.shape[1] - width - gap if right else gap
    _panel(image, x, gap, width, height, size // 2)
    for index, (left, words) in enumerate(rows):
        baseline = gap + gap // 2 + index * line + round(size * 1.05)
        _write(image, left, x + gap, baseline, size, _QUIET)
        _write(image, words, x + 2 * gap + first, baseline, size, _TEXT)


def write_note(image: Image, text: str) -> None:
    """Writes one line at the bottom of the picture, in place, smaller if it is long."""
    text, size = printable(text), _text_size(image)
    room = image.shape[1] - 4 * size
    size = max(8, min(size, size * room // max(1, _width(text, size))))
    width, height = _width(text, size) + 2 * size, 2 * size
    x, y = (image.shape[1] - width) // 2, image.shape[0] - height - size
    _panel(image, x, y, width, height, size // 2)
    _write(image, text, x + size, y + round(size * 1.35), size, _TEXT)


def mark_recording(image: Image) -> None:
    """Puts a red dot into the lower right corner, in place."""
    size = _text_size(image)
    spot = image.shape[1] - 2 * size, image.shape[0] - 2 * size
    cv2.circle(image, spot, round(size * 0.7), _PANEL, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(image, spot, size // 2, _RED, cv2.FILLED, cv2.LINE_AA)


def draw_divide(image: Image, mirrored: bool) -> None:
    """Draws the line between before and after, in place, and says which is which."""
    height, width = image.shape[:2]
    size = _text_size(image)
    cv2.line(image, (width // 2, 0), (width // 2, height), _TEXT, max(1, size // 10), cv2.LINE_AA)
    words = ("after", "before") if mirrored else ("before", "after")
    for word, x in zip(words, (width // 4, 3 * width // 4), strict=True):
        half = _width(word, size) // 2
        _panel(image, x - half - size, height - 3 * size, 2 * half + 2 * size, 2 * size, size // 2)
        _write(image, word, x - half, height - 3 * size + round(size * 1.35), size, _TEXT)


def _text_size(image: Image) -> int:
    """Height of the letters in pixels."""
    height, width = image.shape[:2]
    size: int = min(height // _LINES_A_PICTURE, width // _COLUMNS_A_PICTURE)
    return max(8, size)


def _panel(image: Image, x: int, y: int, width: int, height: int, radius: int) -> None:
    """A dark rectangle with round corners, through which the picture can be guessed."""
    x0, y0 = max(0, x), max(0, y)
    part = image[y0 : max(y0, y + height), x0 : max(x0, x + width)]
    if part.size == 0:
        return
    dark = np.rint(part * (1 - _SHADE) + np.array(_PANEL) * _SHADE).astype(np.uint8)
    mask = np.zeros(part.shape[:2], np.uint8)
    inner = (radius, radius), (part.shape[1] - 1 - radius, part.shape[0] - 1 - radius)
    cv2.rectangle(mask, *inner, 255, 2 * radius, cv2.LINE_AA)  # A thick outline has round corners.
    cv2.rectangle(mask, *inner, 255, cv2.FILLED)
    part[mask > 127] = dark[mask > 127]


def _width(text: str, size: int) -> int:
    box = cv2.getTextSize((8192, 8192), text, (0, 0), _font(), size, _WEIGHT)
    return int(box[0] + box[2])


def _write(image: Image, text: str, x: int, baseline: int, size: int, colour: tuple[int, ...]) -> None:
    cv2.putText(image, text, (x, baseline), colour, _font(), size, _WEIGHT)


@cache
def _font() -> cv2.FontFace:
    """The typeface that OpenCV brings along."""
    return cv2.FontFace("sans")
