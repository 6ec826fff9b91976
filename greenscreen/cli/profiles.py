"""`greenscreen profile`: list, show, keep and edit settings kept under a name."""

import os
import shlex
import subprocess
import sys
from pathlib import PurePath
from typing import Annotated, Any

import typer

from greenscreen.cli.console import say
from greenscreen.cli.options import with_settings
from greenscreen.control.profiles import (
    list_profiles,
    outline_profile,
    profile_path,
    profiles_folder,
    read_profile,
    write_profile,
)
from greenscreen.errors import UsageError
from greenscreen.settings import make_settings

profiles = typer.Typer(help="Settings kept under a name, for: greenscreen run --profile NAME")
Name = Annotated[str, typer.Argument(help="name of the profile")]


@profiles.command("list")
def show_names() -> None:
    """List the profiles there are."""
    for name in list_profiles():
        typer.echo(name)
    say(f"in {profiles_folder()}")


@profiles.command("show")
def show_profile(name: Name) -> None:
    """Print what a profile sets, after checking it."""
    read_profile(name)
    typer.echo(profile_path(name).read_text(encoding="utf-8-sig"), nl=False)


@profiles.command("save")
@with_settings
def save_profile(name: Name, **given: Any) -> None:
    """Keep these options under a name, in place of what was there."""
    say(f"kept in {write_profile(name, make_settings(command='profile save', **given))}")


@profiles.command("edit")
def edit_profile(name: Name) -> None:
    """Open a profile in your editor, and check it afterwards.

    A new one lists everything that can be set.
    """
    path = outline_profile(name)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        if typer.launch(str(path), wait=True):  # Otherwise nobody hears that nothing was found.
            raise UsageError(f"no program opens {path}", "set EDITOR to one that does")
        say(f"opened {path}; set EDITOR to choose a program")
        return
    try:
        subprocess.run(editing(editor, path), check=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise UsageError(f"the editor {editor} fails: {error}", "set EDITOR to one that works") from error
    read_profile(name)


def editing(editor: str, path: PurePath, windows: bool = sys.platform == "win32") -> str | list[str]:
    """The command that opens a file in an editor, which may be more than one word; raises `ValueError`."""
    # There a backslash is part of a path, and programs take their command line apart themselves.
    return f'{editor} "{path}"' if windows else [*shlex.split(editor), str(path)]
