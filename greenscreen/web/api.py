"""What clients may ask and do, as HTTP with JSON. Every answer is JSON, but for pictures."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from html import escape
from typing import Any

from aiohttp import web
from pydantic import JsonValue, TypeAdapter, ValidationError

from greenscreen.control import Control
from greenscreen.control.profiles import list_profiles, read_profile, write_profile
from greenscreen.errors import GreenscreenError, SinkError, SourceError, UsageError
from greenscreen.gallery import COLOURS, find, gallery
from greenscreen.settings import make_settings
from greenscreen.sinks.recorder import begin_recording
from greenscreen.web.devices import choices, chosen
from greenscreen.web.fields import live_fields
from greenscreen.web.state import State
from greenscreen.web.uploads import MOST_BYTES, add_background, remove_background, thumbnail

log = logging.getLogger(__name__)

MOST_JSON = 16 << 10
SLOWEST = 60.0
"""Seconds that a request may take to come in."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BLUR_OR_COLOUR = re.compile(r"blur(:[0-9.]{1,8})?|#[0-9a-f]{3}|#[0-9a-f]{6}")
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"><title>greenscreen</title><h1>greenscreen</h1><p>{}</p></html>'
)
_OBJECT = TypeAdapter(dict[str, JsonValue])


class Api:
    """The handlers. Whatever may take a moment runs outside the server's loop."""

    def __init__(self, control: Control, state: State):
        self._control, self._state = control, state

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/state", self.get_state),
            web.get("/api/fields", self.get_fields),
            web.get("/api/settings", self.get_settings),
            web.patch("/api/settings", self.change_settings),
            web.get("/api/devices", self.get_devices),
            web.patch("/api/devices", self.choose_devices),
            web.post("/api/snapshot", self.snapshot),
            web.post("/api/recording", self.start_recording),
            web.delete("/api/recording", self.stop_recording),
            web.get("/api/profiles", self.get_profiles),
            web.put("/api/profiles/{name}", self.save_profile),
            web.post("/api/profiles/{name}", self.apply_profile),
            web.get("/api/backgrounds", self.get_backgrounds),
            web.post("/api/backgrounds", self.add_background),
            web.delete("/api/backgrounds/{name}", self.remove_background),
            web.get("/api/backgrounds/{name}/thumbnail", self.get_thumbnail),
        ]

    async def get_state(self, _: web.Request) -> web.Response:
        return web.json_response(self._state.now())

    async def get_fields(self, _: web.Request) -> web.Response:
        return web.json_response(live_fields())

    async def get_settings(self, _: web.Request) -> web.Response:
        return web.json_response(self._state.settings())

    async def change_settings(self, request: web.Request) -> web.Response:
        values = {name: allowed(name, value) for name, value in (await read_object(request)).items()}
        if self._control.waits(*values):
            await asyncio.to_thread(self._control.change, **values)
        else:
            # The panic button queues behind nothing, such as backgrounds that are being opened.
            self._control.change(**values)
        return web.json_response(self._state.settings())

    async def get_devices(self, _: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(choices, self._control.settings))

    async def choose_devices(self, request: web.Request) -> web.Response:
        """Answers when the engine is ready; the camera's pictures come when they come."""
        values = await asyncio.to_thread(chosen, await read_object(request))
        await asyncio.to_thread(self._control.change, **values)
        return web.json_response(await asyncio.to_thread(choices, self._control.settings))

    async def snapshot(self, _: web.Request) -> web.Response:
        return web.json_response({"name": self._control.snapshot().name}, status=201)

    async def start_recording(self, _: web.Request) -> web.Response:
        """To a new file among the person's videos, whose name is ours and not the client's."""
        path = await asyncio.to_thread(begin_recording, self._control)
        return web.json_response({"name": path.name}, status=201)

    async def stop_recording(self, _: web.Request) -> web.Response:
        await asyncio.to_thread(self._control.change, record=None)
        return web.json_response(self._state.settings())

    async def get_profiles(self, _: web.Request) -> web.Response:
        return web.json_response(list_profiles())

    async def save_profile(self, request: web.Request) -> web.Response:
        """Keeps the settings as they are now.

        A recording under way is no setting to begin the next run with; nor is what is shown for the moment, be it the
        placeholder or the room.
        """
        settings = self._control.settings.model_copy(update={"record": None, "show": "result"})
        await asyncio.to_thread(write_profile, request.match_info["name"], settings)
        self._state.changed()
        return web.json_response(list_profiles())

    async def apply_profile(self, request: web.Request) -> web.Response:
        """Takes over what a profile says of the live settings; what else it says counts from the next start on.

        Whoever is hidden stays so.
        """
        wanted = make_settings(**await asyncio.to_thread(read_profile, request.match_info["name"]))
        values = {name: getattr(wanted, name) for name in live_fields()}
        await asyncio.to_thread(self._control.adopt, **values)
        return web.json_response(self._state.settings())

    async def get_backgrounds(self, _: web.Request) -> web.Response:
        return web.json_response(list(gallery()))

    async def add_background(self, request: web.Request) -> web.Response:
        data = await received(request)
        name = await asyncio.to_thread(add_background, data, request.query.get("name", ""))
        self._state.changed()
        return web.json_response({"name": name}, status=201)

    async def remove_background(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name.strip().lower() == self._control.settings.background.strip().lower():
            raise web.HTTPConflict(text="this background is in use: choose another first")
        remove_background(name)
        self._state.changed()
        return web.json_response(list(gallery()))

    async def get_thumbnail(self, request: web.Request) -> web.Response:
        data = await asyncio.to_thread(thumbnail, request.match_info["name"])
        return web.Response(body=data, content_type="image/jpeg")


def allowed(name: str, value: JsonValue) -> JsonValue:
    """The value, if a client may choose it. Raises `UsageError`."""
    if name not in live_fields():
        raise UsageError(f"{name[:80]} cannot be changed from here", f"choose one of: {', '.join(live_fields())}")
    return allowed_background(value) if name == "background" else value


def allowed_background(word: JsonValue) -> str:
    """A background that a client may choose: a word or a name, but no file by its path. Raises `UsageError`."""
    text = str(word).strip()
    lower = text.lower()
    if lower in {*COLOURS, "transparent"} or _BLUR_OR_COLOUR.fullmatch(lower) or find(text):
        return text
    there = [*gallery(), "blur", "blur:SIGMA", *COLOURS, "#rrggbb"]
    raise UsageError(f"there is no background {text[:80]!r}", f"choose one of: {', '.join(there)}")


async def received(request: web.Request) -> bytes:
    """What a request carries. Whoever is stuck while sending it keeps one of few places, and must give that up."""
    try:
        async with asyncio.timeout(SLOWEST):
            return await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text="what was sent did not come in time") from error


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object that a request carries, held to be hostile."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send JSON, with Content-Type: application/json")
    if (request.content_length or 0) > MOST_JSON:
        raise web.HTTPRequestEntityTooLarge(MOST_JSON, request.content_length or 0)
    body = await received(request)
    if len(body) > MOST_JSON:
        raise web.HTTPRequestEntityTooLarge(MOST_JSON, len(body))
    try:
        return _OBJECT.validate_json(body)
    except ValidationError as error:
        raise web.HTTPBadRequest(text=f"this is no JSON object: {error.errors()[0]['msg']}") from error


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as JSON: `error`, one sentence, and `hint`; or as a page, to whoever opens its address."""
    try:
        return await handler(request)
    except UsageError as error:
        return refusal(request, 404 if "name" in request.match_info else 422, error.message, error.hint)
    except SourceError as error:
        return refusal(request, 422, error.message, error.hint)
    except SinkError as error:
        return refusal(request, 507, error.message, error.hint)
    except GreenscreenError as error:
        return refusal(request, 409, error.message, error.hint)
    except web.HTTPRequestEntityTooLarge as error:
        most = f"{MOST_BYTES >> 20} MiB a picture" if request.path == "/api/backgrounds" else f"{MOST_JSON >> 10} KiB"
        return refusal(request, error.status, f"this is too large: at most {most}", "send less")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        # Of itself aiohttp says such as `404: Not Found`.
        words = (error.text or "").removeprefix(f"{error.status}: ") or error.reason
        return refusal(request, error.status, words, "", error.headers)
    except web.RequestPayloadError:
        return refusal(request, 400, "what was sent cannot be read", "send it as its headers say")
    except ConnectionError:  # Nobody is left to hear.
        raise
    except Exception as error:
        log.exception("answering %s %s", request.method, request.path)
        return refusal(request, 500, f"unexpected {type(error).__name__}", "see the log of greenscreen, and report it")


def refusal(request: web.Request, status: int, message: str, hint: str, headers: Any = None) -> web.Response:
    kept = {key: value for key, value in (headers or {}).items() if key in {"Allow", "Retry-After", "WWW-Authenticate"}}
    if "text/html" in request.headers.get("Accept", ""):
        page = _PAGE.format(escape(". ".join(filter(None, (message, hint)))))
        return web.Response(text=page, content_type="text/html", status=status, headers=kept)
    return web.json_response({"error": message, "hint": hint}, status=status, headers=kept)
