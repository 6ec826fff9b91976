"""Photos, read from whatever file a person may have and written so that no half file is ever left behind."""

import contextlib
import logging
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.filing import write_whole
from greenscreen.images.headers import AS_JPEG, BrokenImageError, measure, moves, picture_only
from greenscreen.images.pixels import clear, coding, depth, multiplied, orientation, usual
from greenscreen.images.profile import profile_of, with_profile
from greenscreen.images.srgb import in_srgb
from greenscreen.picture.colour import Bytes
from greenscreen.picture.frame import Image
from greenscreen.picture.hdr import HLG, PQ, toned

log = logging.getLogger(__name__)

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif"})
"""Endings of the files `read_photo` reads, in lower case."""

UNREAD_SUFFIXES = frozenset({".heic", ".heif", ".gif", ".jxl"})
"""Endings of photos that `read_photo` refuses, with what to do."""

STILL_SUFFIXES = (PHOTO_SUFFIXES | UNREAD_SUFFIXES) - {".gif"}
"""Endings of photos, readable or not. A GIF plays. FFmpeg would play HEIC too: the tiles in which it stores a photo."""

_WRITTEN_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_MOST_PIXELS, _MOST_SIDE = 200_000_000, 65_535
_MOST_BYTES = 1 << 30

# EXIF orientation: how to turn the stored picture, then whether to mirror it left to right.
_TURNS = {3: cv2.ROTATE_180, 4: cv2.ROTATE_180, 5: cv2.ROTATE_90_CLOCKWISE, 6: cv2.ROTATE_90_CLOCKWISE}
_TURNS |= {7: cv2.ROTATE_90_COUNTERCLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
_MIRRORED = {2, 4, 5, 7}

# What goes wrong is raised; OpenCV's own words about it would only clutter the terminal.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True)
class Photo:
    """What a file holds, upright: its pixels and what they mean. Where it was taken and by what stays behind."""

    image: Image
    """`(H, W, 3)` uint8 BGR, not multiplied by `opacity`; white where nothing is seen."""
    opacity: Bytes | None
    """`(H, W)` uint8, 255 solid; none where all of it is."""
    profile: bytes
    """The ICC profile of the colours, empty for sRGB."""

    @cached_property
    def on_white(self) -> Image:
        """The photo as it looks on paper, in sRGB's colours."""
        image = in_srgb(self.image, self.profile)
        return image if self.opacity is None else on_white(image, self.opacity)


def open_photo(path: Path) -> Photo:
    """Return all that counts of a photo.

    Raises `SourceError` when the file is missing, no image, not whole, or larger than 200 megapixels.
    """
    return _photo(_read(path), path.name, _MOST_PIXELS, _MOST_SIDE)


def read_photo(path: Path) -> Image:
    """Return a photo as `(H, W, 3)` uint8 BGR, upright, on white where transparent, in sRGB; raises as `open_photo`."""
    return open_photo(path).on_white


def decode_photo(data: bytes, name: str, most_pixels: int, most_side: int) -> Image:
    """Return what `read_photo` returns, from a file's bytes; sentences about it begin with `name`.

    Its size is checked before anything is decoded. Raises `SourceError`.
    """
    return _photo(data, name, most_pixels, most_side).on_white


def _photo(data: bytes, name: str, most_pixels: int, most_side: int) -> Photo:
    try:
        width, height = measure(data)
    except BrokenImageError as error:
        raise SourceError(f"{name} {error}", error.hint) from error
    if width * height > most_pixels or max(width, height) > most_side:
        limit = f"{most_pixels // 1_000_000} megapixels or {most_side} pixels a side"
        raise SourceError(
            f"{name} claims to be {width}x{height}, more than {limit}",
            "make it smaller with any image editor and try again",
        )
    if moves(data):
        log.warning("%s is an animation: only its first picture counts", name)
    image, opacity = _decode(data, name)
    return Photo(image, opacity, b"" if coding(data)[1] in (PQ, HLG) else profile_of(data))


def write_image(path: Path, pixels: NDArray[np.uint8], profile: bytes = b"", keep: bool = False) -> Path:
    """Write `(H, W)` gray, `(H, W, 3)` BGR or `(H, W, 4)` BGRA as PNG, JPEG or lossless WebP, by the name's ending.

    `profile` is the ICC profile of the colours, empty for sRGB. The file appears whole or not at all, in place of one
    that is there, or with `keep` under the next free name; it is returned. Raises `UsageError` for an ending that
    cannot hold the picture and `SinkError` when nothing can be written.
    """
    suffix = path.suffix.lower()
    if suffix not in _WRITTEN_SUFFIXES:
        raise UsageError(f"{path.name} is no kind of image that can be written", "end its name in .png, .jpg or .webp")
    if suffix in {".jpg", ".jpeg"} and pixels.ndim == 3 and pixels.shape[2] == 4:
        raise UsageError(f"{path.name} cannot hold transparency", "end its name in .png or .webp")
    encoded = _encode(pixels, suffix, path.name, profile)
    try:
        return write_whole(path, encoded, keep)
    except OSError as error:
        raise SinkError(
            f"{path} cannot be written: {error.strerror}", "check that its folder exists, is yours and has room"
        ) from error


def list_photos(folder: Path, others: bool = False) -> list[Path]:
    """Return the photos in a folder, by name, without those in folders below it and hidden ones.

    With `others`, also those of kinds that cannot be read, so that nobody thinks they were done. Raises `SourceError`
    when the folder cannot be read or holds none.
    """
    kinds = PHOTO_SUFFIXES | UNREAD_SUFFIXES if others else PHOTO_SUFFIXES
    try:
        found = sorted(path for path in folder.iterdir() if _is_photo(path, kinds))
    except OSError as error:
        raise SourceError(f"the folder {folder} cannot be read: {error.strerror}", "check the path") from error
    if not found:
        raise SourceError(f"there are no photos in {folder}", f"it should hold files in {_spoken(PHOTO_SUFFIXES)}")
    return found


def on_white(image: Image, opacity: Bytes) -> Image:
    """Return the picture as it looks on paper: `opacity` `(H, W)`, 255 solid."""
    share = cv2.cvtColor(opacity, cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.add(cv2.multiply(image, share, scale=1 / 255), cv2.bitwise_not(share)), np.uint8)


def _read(path: Path) -> bytes:
    if os.path.isdir(path):
        raise SourceError(f"{path} is a folder, not a photo", "name a file in it")
    # Refuses pipes and devices too, which might never end.
    if not os.path.isfile(path):
        raise SourceError(f"there is no photo {path}", "check the path")
    try:
        with path.open("rb") as file:
            # As many as there are: what is asked for is reserved.
            size = os.fstat(file.fileno()).st_size
            data = file.read(min(size, _MOST_BYTES + 1))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", "check that you may read it") from error
    if not data:
        raise SourceError(f"{path.name} is empty", "copy or download it again")
    if len(data) > _MOST_BYTES:
        raise SourceError(f"{path.name} is larger than any photo", AS_JPEG)
    return data


def _decode(data: bytes, name: str) -> tuple[Image, Bytes | None]:
    buffer = np.frombuffer(picture_only(data), np.uint8)
    try:
        pixels, kinds, blocks = cv2.imdecodeWithMetadata(buffer, flags=cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise SourceError(f"{name} cannot be decoded", AS_JPEG) from error
    if pixels is None:
        raise SourceError(f"{name} is damaged or cut off", "copy or download it again")
    deep = pixels.dtype == np.uint16
    primaries, curve = coding(data)
    if curve in (PQ, HLG) and pixels.ndim == 3:
        pixels = _toned(np.asarray(pixels), depth(data) if deep else 8, curve, primaries)
    elif deep and usual(data):
        pixels = cv2.convertScaleAbs(pixels, alpha=255 / (2 ** depth(data) - 1))
    if pixels.dtype != np.uint8:
        raise SourceError(f"{name} has pixels of an unusual kind ({pixels.dtype})", AS_JPEG)
    exif = (block.tobytes() for kind, block in zip(kinds, blocks, strict=True) if kind == cv2.IMAGE_METADATA_EXIF)
    if pixels.ndim == 3 and not clear(data):
        pixels = np.ascontiguousarray(pixels[..., :3])
    upright = np.asarray(_upright(pixels, orientation(data, next(exif, b""))), np.uint8)
    return _parted(upright, multiplied(data, deep))


def _toned(pixels: NDArray[np.unsignedinteger], bits: int, curve: int, primaries: int) -> Bytes:
    """A picture of high dynamic range, BGR or BGRA, in the usual one; how opaque it is stays."""
    light = toned(pixels[..., :3], bits, curve, primaries)
    if pixels.shape[2] == 3:
        return light
    return np.dstack([light, cv2.convertScaleAbs(pixels[..., 3], alpha=255 / (2**bits - 1))])


def _parted(pixels: Bytes, multiplied: bool) -> tuple[Image, Bytes | None]:
    """BGR and opacity, from gray, BGR or BGRA, whose colours may be `multiplied` by its alpha."""
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8), None
    if pixels.shape[2] == 3:
        return pixels, None
    image, opacity = np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])
    if opacity.min() == 255:
        return image, None
    if multiplied:
        cv2.divide(image, cv2.cvtColor(opacity, cv2.COLOR_GRAY2BGR), dst=image, scale=255)
    # Whatever was hidden stays so.
    image[opacity == 0] = 255
    return image, opacity


def _upright(image: MatLike, turned: int) -> MatLike:
    if turned in _TURNS:
        image = cv2.rotate(image, _TURNS[turned])
    return cv2.flip(image, 1) if turned in _MIRRORED else image


def _encode(pixels: NDArray[np.uint8], suffix: str, name: str, profile: bytes) -> bytes:
    with contextlib.suppress(cv2.error):
        if profile and suffix == ".webp":
            block = np.frombuffer(profile, np.uint8)
            done, encoded = cv2.imencodeWithMetadata(suffix, pixels, [cv2.IMAGE_METADATA_ICCP], [block])
        else:
            done, encoded = cv2.imencode(suffix, pixels)
        if done:
            written = encoded.tobytes()
            return with_profile(written, profile) if profile and suffix != ".webp" else written
    raise SinkError(f"{name} cannot hold a picture of this size", "write a smaller one, or a .png")


def _is_photo(path: Path, kinds: frozenset[str]) -> bool:
    return path.suffix.lower() in kinds and not path.name.startswith(".") and path.is_file()


def _spoken(suffixes: frozenset[str]) -> str:
    return ", ".join(sorted(suffixes))
