"""A recording's suffix decides everything about it, and every kind can really be encoded here."""

from pathlib import Path

import av
import pytest

from greenscreen.errors import UsageError
from greenscreen.sinks.recipes import recipe_for

SUFFIXES = [".mp4", ".webm", ".mov", ".mkv"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("matte", [False, True])
def test_the_codec_knows_every_pixel_format_it_will_be_asked_for(suffix: str, matte: bool) -> None:
    recipe = recipe_for(Path(f"clip{suffix}"), matte)
    known = {pixel_format.name for pixel_format in av.Codec(recipe.codec, "w").video_formats or ()}
    assert {recipe.opaque, recipe.transparent or recipe.opaque, recipe.odd or recipe.opaque} <= known


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("size", [(641, 480), (640, 481)])
def test_h264_holds_odd_sizes_in_full_colour(suffix: str, size: tuple[int, int]) -> None:
    recipe = recipe_for(Path(f"clip{suffix}"), matte=False)
    assert recipe.pixel_format(size, transparent=False) == "yuv444p"
    assert recipe.pixel_format((640, 480), transparent=False) == "yuv420p"


@pytest.mark.parametrize("name", ["clip.gif", "clip", "mp4", ".mp4", "clip.mp4.txt", "", "."])
def test_an_unknown_suffix_lists_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        recipe_for(Path(name), matte=False)
    assert caught.value.hint == "end its name in .mp4, .webm, .mov, .mkv"
