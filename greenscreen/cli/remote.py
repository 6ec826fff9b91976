"""`greenscreen ctl`: set and ask what runs, from another terminal, a script or a key of a Stream Deck."""

import json
from typing import Annotated

import typer

from greenscreen.address import DEFAULT_HOST, DEFAULT_PORT
from greenscreen.cli.client import Client
from greenscreen.cli.profiles import Name
from greenscreen.errors import UsageError

remote = typer.Typer(help="Drive a greenscreen that runs with --overlay.")


@remote.callback()
def connect(
    context: typer.Context,
    url: Annotated[str, typer.Option(help="where it runs")] = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}",
    token: Annotated[
        str | None,
        typer.Option(envvar="GREENSCREEN_TOKEN", help="the token that it asks for elsewhere than on loopback"),
    ] = None,
) -> None:
    context.obj = Client(url, token)


@remote.command("set")
def set_remote(
    context: typer.Context, assignments: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...")]
) -> None:
    """Change settings, all of them or none.

    Such as: greenscreen ctl set background=beach mirror=on
    """
    context.obj.change(assignments)


@remote.command("get")
def get_remote(context: typer.Context, name: Annotated[str | None, typer.Argument(help="one setting")] = None) -> None:
    """Print the settings that can be changed, or one of them."""
    settings = context.obj.settings()
    if name is None:
        typer.echo(json.dumps(settings, indent=2, ensure_ascii=False))
    elif name in settings:
        typer.echo(settings[name])
    else:
        raise UsageError(f"there is no live setting {name}", f"choose one of: {', '.join(settings)}")


@remote.command("status")
def show_status(context: typer.Context) -> None:
    """Print settings, status and who watches, as JSON."""
    typer.echo(json.dumps(context.obj.state(), indent=2, ensure_ascii=False))


@remote.command("profile")
def load_profile(context: typer.Context, name: Name) -> None:
    """Take over the live settings of a profile."""
    context.obj.load(name)


@remote.command("snapshot")
def take_snapshot(context: typer.Context) -> None:
    """Keep the next picture, and print the name of its file."""
    typer.echo(context.obj.snapshot())
