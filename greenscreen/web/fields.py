"""The settings that a client may see and change, described from the one settings type."""

from functools import cache
from typing import Any

from greenscreen.settings import Settings, is_live

Json = dict[str, Any]

_KEPT = ("type", "minimum", "maximum", "enum")


@cache
def live_fields() -> dict[str, Json]:
    """JSON Schema by name for every setting that a client may change, with its default and help.

    Free texts are left out, but for the background, whose words are checked: they could be paths, and what is read and
    written on this machine is decided on this machine.
    """
    properties = Settings.model_json_schema()["properties"]
    plain = {name: _plain(schema) for name, schema in properties.items() if is_live(name)}
    return {name: field for name, field in plain.items() if name == "background" or not _free_text(field)}


def _plain(schema: Json) -> Json:
    """Without `anyOf`, of which only the choice between a type and null occurs."""
    options = schema.get("anyOf", [schema])
    kept = {key: value for key, value in options[0].items() if key in _KEPT}
    if {"type": "null"} in options:
        kept["type"] = [kept["type"], "null"]
    return kept | {"default": schema.get("default"), "description": schema.get("description", "")}


def _free_text(field: Json) -> bool:
    return "string" in field["type"] and "enum" not in field
