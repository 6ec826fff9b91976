"""No setting without its option, and values reach the settings as they were typed."""

from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from greenscreen.cli.options import with_settings
from greenscreen.errors import UsageError
from greenscreen.settings import Settings, make_settings

app, given_last = typer.Typer(), {}


@app.command()
@with_settings
def command(own: str = "", **given: Any) -> None:
    given_last.clear()
    given_last.update({key: value for key, value in given.items() if value is not None})


def typed(*words: str) -> dict[str, Any]:
    assert CliRunner().invoke(app, list(words)).exit_code == 0
    return dict(given_last)


def test_every_setting_has_its_option_with_its_help() -> None:
    text = " ".join(CliRunner().invoke(app, ["--help"], env={"COLUMNS": "300"}).output.split())
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in text
        assert field.description in text


def test_what_is_not_typed_is_not_given() -> None:
    assert typed() == typed("--own", "x") == {}


def test_words_become_what_the_setting_takes() -> None:
    words = ["-b", "blur", "--size", "640x360", "--no-mirror", "--auto-frame", "--rotate", "90", "--zoom", "1.5"]
    settings = make_settings(**typed(*words))
    wanted = {"background": "blur", "size": (640, 360), "auto_frame": True, "rotate": 90, "zoom": 1.5}
    assert settings.model_dump(exclude_defaults=True) == wanted
    assert typed(*words)["mirror"] is False


def test_a_wrong_value_is_refused_by_the_settings_with_the_options_name() -> None:
    with pytest.raises(UsageError, match="--rotate 45 is not possible"):
        make_settings(**typed("--rotate", "45"))
