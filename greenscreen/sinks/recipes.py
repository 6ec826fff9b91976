"""Which container, codec and pixel format each kind of recording has."""

from dataclasses import dataclass, replace
from pathlib import Path

from greenscreen.errors import UsageError


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one kind of file is encoded, in ffmpeg's words. An empty pixel format means that the kind has none."""

    container: str
    codec: str
    options: dict[str, str]
    opaque: str
    transparent: str = ""
    odd: str = ""
    """What holds odd sizes exactly, where `opaque` cannot."""
    sound: str = "aac"
    """The codec for sound that is not copied as it is."""
    copied: frozenset[str] = frozenset()
    """The sound codecs that players expect in this container; ffmpeg would write some that nothing plays."""

    def pixel_format(self, size: tuple[int, int], transparent: bool) -> str:
        """Return the pixel format for pictures of `size` (width, height)."""
        if transparent:
            return self.transparent
        return self.odd if self.odd and (size[0] % 2 or size[1] % 2) else self.opaque


_X264 = {"crf": "18", "preset": "veryfast"}
_VP9 = {"crf": "24", "deadline": "good", "cpu-used": "4", "row-mt": "1"}

_MP4_SOUND = frozenset({"aac", "alac", "mp3"})
_SURROUND = frozenset({"ac3", "eac3"})  # Not in MP4, which could not be finished where none of it came.
_PCM = frozenset({"pcm_s16be", "pcm_s16le", "pcm_s24be", "pcm_s24le"})
_FREE_SOUND = frozenset({"opus", "vorbis"})

_MP4 = Recipe("mp4", "libx264", _X264, "yuv420p", odd="yuv444p", copied=_MP4_SOUND | {"flac", "opus"})
_MOV = Recipe(
    "mov", "prores_ks", {"profile": "4444"}, "yuv444p10le", "yuva444p10le", copied=_MP4_SOUND | _SURROUND | _PCM
)
_WEBM = Recipe("webm", "libvpx-vp9", _VP9, "yuv420p", "yuva420p", sound="libopus", copied=_FREE_SOUND)
_MKV = replace(_MP4, container="matroska", copied=_MP4_SOUND | _SURROUND | _FREE_SOUND | _PCM | {"flac"})
_LOSSLESS_MATTE = replace(_MKV, codec="ffv1", options={"level": "3"}, opaque="gray", odd="")

_RECIPES = {".mp4": _MP4, ".webm": _WEBM, ".mov": _MOV, ".mkv": _MKV}


def recipe_for(path: Path, matte: bool) -> Recipe:
    """Return how a file of this name is encoded. Raises `UsageError` for a suffix that is no kind of recording."""
    suffix = path.suffix.lower()
    if suffix not in _RECIPES:
        raise UsageError(
            f"{path.name or path} is no kind of video that can be written", f"end its name in {', '.join(_RECIPES)}"
        )
    return _LOSSLESS_MATTE if matte and suffix == ".mkv" else _RECIPES[suffix]
