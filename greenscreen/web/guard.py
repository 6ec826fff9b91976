"""Who may come in: a camera in someone's home stands behind this door.

Any page in any tab may send requests to this machine, and a name that its owner points here (DNS rebinding) makes them
look as if they belonged. So a request must be addressed to a name of ours, must not come from a foreign page, and must
carry the token where other machines can reach the server.
"""

import hmac
import socket
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from greenscreen.address import Address

COOKIE = "greenscreen"
RATE, BURST = 40.0, 160.0
"""Requests a second and at once, from one address."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Bucket:
    """Requests that an address may still make."""

    left: float = BURST
    at: float = 0.0


class Guard:
    """Its `check` is a middleware, to stand before everything that answers."""

    def __init__(self, address: Address, token: str | None):
        """`token` none lets everybody in who reaches the server, which is for loopback alone."""
        self._names = {"localhost", "127.0.0.1", "::1", address.host.lower()}
        self._names |= {name.lower() for name in (socket.gethostname(), f"{socket.gethostname()}.local")}
        self._any_number = not address.loopback
        self._token = token
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._ours(request.headers.get("Host", "")):
            raise web.HTTPForbidden(text="this server answers only to its own address")
        if foreign(request):
            raise web.HTTPForbidden(text="requests from other sites are refused")
        # Last, as a foreign page in the same browser could otherwise use up what ours may ask.
        if not self._in_time(request.remote or ""):
            raise web.HTTPTooManyRequests(text="too many requests: wait a second", headers={"Retry-After": "1"})
        if self._token is None:
            return await handler(request)
        if self._matches(request.query.get("token")) and request.method == "GET":
            raise self._welcome(request)
        if not self._known(request):
            raise web.HTTPUnauthorized(
                text="a token is needed: open the address that greenscreen showed in the terminal",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return await handler(request)

    def _ours(self, host: str) -> bool:
        """Whether a Host header names this server. Numbers cannot be rebound: only names are looked up."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return self._any_number

    def _in_time(self, remote: str) -> bool:
        now = time.monotonic()
        bucket = self._buckets.pop(remote, None) or Bucket(at=now)
        bucket.left = min(BURST, bucket.left + (now - bucket.at) * RATE) - 1
        bucket.at = now
        self._buckets[remote] = bucket
        while len(self._buckets) > 256:
            self._buckets.popitem(last=False)
        # Whoever goes on knocking is not kept out longer for it.
        bucket.left = max(bucket.left, -1)
        return bucket.left >= 0

    def _matches(self, token: str | None) -> bool:
        if not token or not self._token:
            return False
        # What is no Unicode is no token.
        return hmac.compare_digest(token.encode(errors="replace"), self._token.encode())

    def _known(self, request: web.Request) -> bool:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        return self._matches(request.cookies.get(COOKIE)) or (scheme.lower() == "bearer" and self._matches(bearer))

    def _welcome(self, request: web.Request) -> web.HTTPSeeOther:
        """Keeps the token in a cookie that scripts cannot read, and takes it out of the address bar."""
        answer = web.HTTPSeeOther(request.rel_url.without_query_params("token"))
        answer.set_cookie(COOKIE, str(self._token), httponly=True, samesite="Strict", max_age=400 * 24 * 3600)
        return answer


def foreign(request: web.Request) -> bool:
    """Whether a browser sent this on behalf of another site. Programs that are no browser send neither header."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.headers.get('Host', '')}":
        return True
    # Following a link to a page is no harm, as a page shows nothing to the one that links to it.
    following = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"} and not following


async def dress(_: web.Request, response: web.StreamResponse) -> None:
    """Sets the headers of every answer, errors included."""
    response.headers.update(HEADERS)
    response.headers.pop("Server", None)
