"""Where the server listens: `HOST:PORT` as people write it."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from greenscreen.errors import UsageError

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8765


@dataclass(frozen=True)
class Address:
    """`port` 0 lets the system choose a free one."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it. A name other than localhost is taken for one that others can."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def everywhere(self) -> bool:
        """Whether it is all of this machine's addresses at once."""
        try:
            return ip_address(self.host).is_unspecified
        except ValueError:
            return False

    def url(self, host: str | None = None) -> str:
        """`http://host:port`, with IPv6 in brackets."""
        name = host or self.host
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}"


def parse_address(text: str) -> Address:
    """`HOST:PORT`, `HOST`, `:PORT`, `PORT` or nothing at all; IPv6 in brackets. Raises `UsageError`."""
    word = text.strip()
    try:
        parts = urlsplit(f"//:{word}" if word.isdecimal() else f"//{word}")
        host, port = parts.hostname or DEFAULT_HOST, parts.port
        host.encode("idna")  # Raises what looking up a name that is none would raise.
    except ValueError:
        host, port = "?", None
    if not re.fullmatch(r"[a-z0-9.:-]{1,253}", host) or set(word) & set("/?#@"):
        raise UsageError(
            f"{text!r} is not an address to listen on", "give host and port, such as 127.0.0.1:8765 or [::1]:8765"
        )
    return Address(host, DEFAULT_PORT if port is None else port)
