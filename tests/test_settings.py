"""What a person sets is checked once, and refused in words that name the option."""

from pathlib import Path

import pytest

from greenscreen.composite.background import open_backdrop
from greenscreen.errors import UsageError
from greenscreen.settings import Settings, help_of, make_settings


@pytest.mark.parametrize("text", ["1280x720", "1280X720", " 1280 x 720 ", "1280*720"])
def test_a_size_is_width_and_height(text: str) -> None:
    assert make_settings(size=text).size == (1280, 720)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(
            ("size", text)
            for text in ["", "x", "1280", "1280x", "0x0", "-1x5", "8x720", "99999x720", "123456x1", "axb"]
        ),
        *(("fps", rate) for rate in [0, -1, 241, float("nan"), float("inf")]),
        ("frames", 0),
        ("frames", -3),
        ("frames", 1 << 63),
        *((field, "a\0b.mp4") for field in ["camera", "background", "device", "record", "engine", "model"]),
        ("record", Path("a\0b.mp4")),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"^--{option} .*is not possible: ") as caught:
        make_settings(**{option: value})
    assert caught.value.hint


def test_what_is_not_given_is_the_default() -> None:
    assert make_settings(camera=None, size=None, fps=None) == Settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().background = "blur"


@pytest.mark.parametrize("background", ["transparent", " Transparent", "green", "blur"])
def test_transparent_is_recognised_as_the_backdrop_does(background: str) -> None:
    assert make_settings(background=background).transparent == (open_backdrop(background) is None)


def test_every_field_has_help_and_paths_are_paths() -> None:
    assert all(help_of(field) for field in Settings.model_fields)
    assert make_settings(record="a.mp4").record == Path("a.mp4")
