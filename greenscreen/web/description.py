"""The API described by OpenAPI 3.1, which is what programs read: https://spec.openapis.org/oas/v3.1.0."""

from typing import Any

from greenscreen import __version__
from greenscreen.web.devices import ENGINE_NAMES
from greenscreen.web.fields import live_fields

Json = dict[str, Any]

_NAME = {"type": "string", "minLength": 1, "maxLength": 80}
_NAMES = {"type": "array", "items": {"type": "string"}}
_SETTINGS = {"$ref": "#/components/schemas/Settings"}
_REFUSALS = {
    "400": "not understood",
    "401": "the token is missing or wrong",
    "403": "a foreign Host or Origin",
    "408": "not sent in time",
    "413": "too large",
    "415": "not the kind of content that is taken",
    "429": "too many requests",
    "503": "too many clients",
}


def describe() -> Json:
    """The whole description as one JSON object."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "greenscreen", "version": __version__, "description": _ABOUT},
        "paths": _paths(),
        "components": {
            "schemas": {"Settings": _settings(), "Refusal": _REFUSAL, "State": _STATE},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


_ABOUT = (
    "Drives a running greenscreen. On loopback no token is asked for; elsewhere it is `Authorization: Bearer TOKEN`. "
    "WebSockets: `/stream` sends the State as JSON, now, at every change and once a second, and takes the texts `hide` "
    "and `show`, the panic button. `/stream/overlay`, "
    "`/stream/pixels`, `/stream/before`, `/stream/after`, `/stream/matte` and `/stream/split` send pictures, the next "
    "one after the text `shown` came back; all are JPEG files but the first two, the person with alpha, which are "
    "described in greenscreen/web/encode.py."
)
_REFUSAL = {
    "type": "object",
    "required": ["error", "hint"],
    "properties": {"error": {"type": "string"}, "hint": {"type": "string"}},
}
_STATE = {
    "type": "object",
    "required": ["settings", "status", "recording", "watchers", "backgrounds", "profiles"],
    "properties": {
        "settings": _SETTINGS,
        "status": {"type": "object"},
        "recording": {"type": "boolean"},
        "watchers": {"type": "array", "items": {"type": "object"}},
        "backgrounds": _NAMES,
        "profiles": _NAMES,
    },
}


_DEVICES = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"camera": {"type": "string"}, "engine": {"enum": ENGINE_NAMES}},
}


def _settings() -> Json:
    return {"type": "object", "additionalProperties": False, "properties": live_fields()}


def _paths() -> Json:
    patch = {"required": True, "content": {"application/json": {"schema": _SETTINGS}}}
    devices = {"required": True, "content": {"application/json": {"schema": _DEVICES}}}
    upload = {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}
    named = [{"name": "name", "in": "path", "required": True, "schema": _NAME}]
    wanted = [{"name": "name", "in": "query", "schema": {"type": "string", "maxLength": 200}}]
    named_file = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    return {
        "/api/state": {"get": _operation("everything at once", {"$ref": "#/components/schemas/State"})},
        "/api/fields": {"get": _operation("what can be set, as JSON Schema by name", {"type": "object"})},
        "/api/settings": {
            "get": _operation("the live settings", _SETTINGS),
            "patch": _operation("change some of them", _SETTINGS, body=patch, refusals={"422": "not possible"}),
        },
        "/api/devices": {
            "get": _operation("the cameras and engines to choose from, and which were asked for", {"type": "object"}),
            "patch": _operation(
                "choose another camera, by its `device`, or engine",
                {"type": "object"},
                body=devices,
                refusals={"409": "the engine cannot be had", "422": "there is no such camera or engine"},
            ),
        },
        "/api/snapshot": {
            "post": _operation("keep the next picture as a file on the machine that runs", named_file, status="201")
        },
        "/api/recording": {
            "post": _operation(
                "start a recording on the machine that runs",
                named_file,
                status="201",
                refusals={"409": "one is under way", "507": "the file cannot be made"},
            ),
            "delete": _operation("end the recording", _SETTINGS),
        },
        "/api/profiles": {"get": _operation("names of the profiles", _NAMES)},
        "/api/profiles/{name}": {
            "put": _operation(
                "keep the settings as they are now under this name",
                _NAMES,
                parameters=named,
                refusals={"404": "no such name is possible, or it cannot be written"},
            ),
            "post": _operation(
                "take over the live settings of a profile",
                _SETTINGS,
                parameters=named,
                refusals={"404": "there is none, or it makes no sense", "422": "its background cannot be had"},
            ),
        },
        "/api/backgrounds": {
            "get": _operation("names of the pictures in the gallery", _NAMES),
            "post": _operation(
                "add a picture, named after the file",
                named_file,
                status="201",
                body=upload,
                parameters=wanted,
                refusals={"422": "no picture", "507": "the gallery is full or cannot be written"},
            ),
        },
        "/api/backgrounds/{name}": {
            "delete": _operation(
                "remove a picture",
                _NAMES,
                parameters=named,
                refusals={"404": "not there", "409": "in use", "507": "cannot be removed"},
            )
        },
        "/api/backgrounds/{name}/thumbnail": {
            "get": _operation(
                "a small JPEG", None, parameters=named, refusals={"404": "not there", "422": "cannot be read"}
            )
        },
    }


def _operation(
    summary: str,
    schema: Json | None,
    status: str = "200",
    body: Json | None = None,
    parameters: list[Json] | None = None,
    refusals: dict[str, str] | None = None,
) -> Json:
    content = {"application/json": {"schema": schema}} if schema else {"image/jpeg": {}}
    said = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    refused = {code: {"description": why, "content": said} for code, why in {**_REFUSALS, **(refusals or {})}.items()}
    operation: Json = {
        "summary": summary,
        "responses": {status: {"description": summary, "content": content}} | refused,
    }
    if body:
        operation["requestBody"] = body
    if parameters:
        operation["parameters"] = parameters
    return operation
