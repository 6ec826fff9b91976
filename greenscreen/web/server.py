"""The server, in a thread with a loop of its own."""

import asyncio
import errno
import logging
from concurrent.futures import Future
from importlib import resources
from pathlib import Path
from threading import Thread
from typing import Self

from aiohttp import web

from greenscreen.address import Address
from greenscreen.control import Control
from greenscreen.errors import SinkError
from greenscreen.picture.frame import Picture
from greenscreen.web.api import Api, Handler, explain
from greenscreen.web.broadcast import Broadcast
from greenscreen.web.description import describe
from greenscreen.web.guard import Guard, dress
from greenscreen.web.state import State
from greenscreen.web.streams import Streams
from greenscreen.web.uploads import MOST_BYTES

# What a client sends amiss is answered, and nothing for the person's terminal; what we do amiss, `explain` logs.
logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)

MOST_CONNECTIONS = 64
PATIENCE = 5.0
"""Seconds that a connection has to ask for something, at first and after each answer."""

_KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Server:
    """Serves from entering to leaving. Entering raises `SinkError` when the address is taken."""

    def __init__(self, control: Control, address: Address, token: str | None):
        self.address = address
        self._control, self._token = control, token
        self._ready: Future[Broadcast] = Future()
        self._thread = Thread(target=self._run, name="overlay server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._broadcast = self._ready.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def offer(self, picture: Picture) -> None:
        """Takes the newest picture, and returns at once whoever watches."""
        self._broadcast.offer(picture)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            if self._ready.done():
                raise
            # To whoever enters, and would wait for ever.
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        state = State(self._control, self._loop)
        broadcast = Broadcast(self._loop)
        streams = Streams(broadcast, state)
        door = Door()
        app = web.Application(
            client_max_size=MOST_BYTES,
            middlewares=[explain, door.note, Guard(self.address, self._token).check],
        )
        app.on_response_prepare.append(dress)
        app.add_routes([*pages(), *Api(self._control, state).routes(), *streams.routes()])
        runner = web.AppRunner(
            app, access_log=None, handle_signals=False, keepalive_timeout=PATIENCE, shutdown_timeout=1.0
        )
        await runner.setup()
        try:
            try:
                self.address = await door.open(runner, self.address)
            except OSError as error:
                raise _unavailable(self.address, error) from error
            unwatch = self._control.watch(lambda _: state.changed())
            self._ready.set_result(broadcast)
            await self._end.wait()
            unwatch()
            await streams.close()
        finally:
            await door.close()
            await runner.cleanup()
            broadcast.close()


class Door:
    """Limits the connections at once, and closes those that come in and say nothing."""

    def __init__(self) -> None:
        self._silent: set[object] = set()
        self._arriving: set[object] = set()
        self._server: asyncio.Server | None = None

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._silent.discard(request.protocol)
        return await handler(request)

    async def open(self, runner: web.AppRunner, address: Address) -> Address:
        """Listens, and returns where, with the port that the system chose; raises `OSError`."""
        loop, inside = asyncio.get_running_loop(), runner.server
        assert inside

        def enter() -> asyncio.Protocol:
            if len(inside.connections) + len(self._arriving) >= MOST_CONNECTIONS:
                return Full()
            guest = inside()
            # Many may be accepted in one turn of the loop, before the first of them counts as a connection.
            self._arriving.add(guest)
            loop.call_soon(self._arriving.discard, guest)
            self._silent.add(guest)
            loop.call_later(PATIENCE, self._show_out, guest)
            return guest

        self._server = await loop.create_server(enter, address.host, address.port, backlog=128)
        return Address(address.host, self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server:
            self._server.close()

    def _show_out(self, guest: web.RequestHandler) -> None:
        if guest in self._silent:
            self._silent.remove(guest)
            if guest.transport:
                guest.transport.abort()


class Full(asyncio.Protocol):
    """Answers a connection for which there is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        transport.close()


def pages() -> list[web.RouteDef]:
    """The pages, read once. Requests are looked up by name, and no path is ever made of them."""
    routes = []
    for file in (resources.files("greenscreen.web") / "pages").iterdir():
        kind = _KINDS.get(Path(file.name).suffix)
        if kind:
            path = {"control.html": "/", "overlay.html": "/overlay"}.get(file.name, f"/{file.name}")
            routes.append(web.get(path, _page(file.read_bytes(), kind)))
    return [*routes, web.get("/openapi.json", _description)]


def _page(body: bytes, kind: str) -> Handler:
    async def page(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8")

    return page


async def _description(_: web.Request) -> web.Response:
    return web.json_response(describe())


def _unavailable(address: Address, error: OSError) -> SinkError:
    # asyncio has words of its own for this one, and a long way to say it.
    reason = "another program does so" if error.errno == errno.EADDRINUSE else error.strerror or error
    return SinkError(
        f"the overlay cannot listen on {address.host}:{address.port}: {reason}",
        "choose another with --overlay HOST:PORT, or end what uses it",
    )
