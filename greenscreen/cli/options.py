"""Settings as options of the command line: one for every field, with its help, so that none is ever forgotten."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from greenscreen.settings import Settings, help_of

Command = TypeVar("Command", bound=Callable[..., None])

Engine = Annotated[str, typer.Option(help=help_of("engine"))]
Gpu = Annotated[int | None, typer.Option(min=0, help=help_of("gpu"))]
Model = Annotated[Path | None, typer.Option(help=help_of("model"))]
Background = Annotated[str | None, typer.Option("--background", "-b", help=help_of("background"))]
"""Settings that other commands than `run` have, too."""

_SHORT = {"background": "-b"}
_METAVARS = {"size": "WxH"}


def with_settings(command: Command) -> Command:
    """Gives a command an option for every setting; what is set arrives in its `**given`, and None for what is not.

    What a value may be is left to `Settings`, so that a wrong one is refused in the same words everywhere.
    """
    own = [item for item in inspect.signature(command).parameters.values() if item.kind is not item.VAR_KEYWORD]
    parameters = [*own, *(_option(name, field) for name, field in Settings.model_fields.items())]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    kind, word = _kind(field.annotation), "--" + name.replace("_", "-")
    names = [f"{word}/--no-{word[2:]}"] if kind is bool else [word, *([_SHORT[name]] if name in _SHORT else [])]
    option = typer.Option(*names, help=field.description, metavar=_METAVARS.get(name), show_default=False)
    annotation = Annotated[kind | None, option]  # type: ignore[valid-type]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _kind(annotation: Any) -> type:
    """What the command line makes of a word for a field of this type."""
    members = get_args(annotation) or (annotation,)
    if get_origin(annotation) is Literal:
        return type(members[0])
    return next((kind for kind in (bool, int, float, Path) if kind in members), str)
