"""The WebSockets: pictures for those who watch, the state for those who listen."""

import asyncio
from contextlib import suppress

from aiohttp import WSMsgType, web

from greenscreen.web.broadcast import VIEWS, Broadcast, Watcher
from greenscreen.web.state import State, Visitor

MOST_VISITORS = 24
_MOST_SAID = 64
"""Bytes of a client's message, which is one word."""
_PANIC = {"hide", "show"}
_HEARTBEAT = 10.0
"""Seconds after which a client that does not answer counts as gone."""
_STATE_EVERY = 1.0
_FAREWELL = 1.0
"""Seconds that clients have to take the goodbye."""


class Streams:
    """The handlers. Each client has its own pace; one that is stuck costs its socket and nothing else."""

    def __init__(self, broadcast: Broadcast, state: State):
        self._broadcast, self._state = broadcast, state
        self._open: dict[web.WebSocketResponse, asyncio.Transport | None] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/stream/{view}", self.pictures), web.get("/stream", self.states)]

    async def pictures(self, request: web.Request) -> web.StreamResponse:
        """Sends a view's pictures, each after the one before was `shown`."""
        view = request.match_info["view"]
        if view not in VIEWS:
            raise web.HTTPNotFound(text=f"there is no view {view!r}: choose one of {', '.join(VIEWS)}")
        socket = await self._connect(request)
        # What is sent to an overlay on this machine is the overlay all the same.
        watcher, visitor = Watcher(view), Visitor(request.remote or "", "overlay" if view == "pixels" else view)
        self._broadcast.add(watcher)
        self._state.enter(visitor)
        sender = asyncio.create_task(_send(socket, watcher))
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT or message.data != "shown":
                    await socket.close(code=1008, message=b"say shown, or nothing")
                    break
                watcher.shown()
        finally:
            sender.cancel()
            self._broadcast.remove(watcher)
            self._state.leave(visitor)
            self._open.pop(socket, None)
        return socket

    async def states(self, request: web.Request) -> web.StreamResponse:
        """Sends the state as JSON: now, at every change, and once a second.

        Takes `hide` and `show`: the panic button, which here waits neither for other requests of its page nor for a
        new connection.
        """
        socket = await self._connect(request)
        visitor, latest = Visitor(request.remote or "", "control"), asyncio.Event()
        self._state.enter(visitor)
        unlisten = self._state.listen(latest.set)
        sender = asyncio.create_task(_report(socket, self._state, latest))
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT or message.data not in _PANIC:
                    await socket.close(code=1008, message=b"say hide or show, or nothing")
                    break
                self._state.panic(hide=message.data == "hide")
        finally:
            sender.cancel()
            unlisten()
            self._state.leave(visitor)
            self._open.pop(socket, None)
        return socket

    async def close(self) -> None:
        """Says goodbye, so that clients reconnect at once; a client that does not listen is cut off."""
        goodbyes = [
            asyncio.create_task(socket.close(code=1001, message=b"greenscreen has ended")) for socket in self._open
        ]
        if goodbyes:
            _, unheard = await asyncio.wait(goodbyes, timeout=_FAREWELL)
            for goodbye in unheard:
                goodbye.cancel()
        for transport in self._open.values():
            if transport:
                transport.abort()

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        if self._state.crowd >= MOST_VISITORS:
            raise web.HTTPServiceUnavailable(
                text=f"{MOST_VISITORS} clients watch already", headers={"Retry-After": "5"}
            )
        # What is sent is compressed already.
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_MOST_SAID, compress=False, timeout=1.0)
        try:
            await socket.prepare(request)
        except ValueError as error:  # Its key is not even text.
            raise web.HTTPBadRequest(text="this is no WebSocket's request") from error
        self._open[socket] = request.transport
        return socket


async def _send(socket: web.WebSocketResponse, watcher: Watcher) -> None:
    with suppress(ConnectionError):
        while True:
            await socket.send_bytes(await watcher.next())


async def _report(socket: web.WebSocketResponse, state: State, changed: asyncio.Event) -> None:
    with suppress(ConnectionError):
        while True:
            changed.clear()
            await socket.send_json(state.now())
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _STATE_EVERY)
