"""The settings that a client may see and change, described from the one settings type."""

from functools import cache
from typing import Any

from greenscreen.settings import Settings, is_live

_KEPT = ("type", "minimum", "maximum", "enum", "maxLength", "pattern")


@cache
def live_fields() -> dict[str, dict[str, Any]]:
    """JSON Schema by name for every setting that a client may change, with its default and help.

    Paths are left out: what is read and written on this machine is decided on this machine.
    """
    properties = Settings.model_json_schema()["properties"]
    plain = {name: _plain(schema) for name, schema in properties.items() if is_live(name)}
    return {name: schema for name, schema in plain.items() if schema.pop("format", "") != "path"}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the choice between a type and null, which pages cannot offer."""
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    kept = {key: value for key, value in options[0].items() if key in (*_KEPT, "format")}
    return kept | {"default": schema.get("default"), "description": schema.get("description", "")}
