"""The overlay as a sink: the loop hands it pictures like any other."""

import secrets
from types import TracebackType
from typing import Self

from greenscreen.control import Control
from greenscreen.frame import Picture
from greenscreen.web.address import Address
from greenscreen.web.server import Server


class OverlaySink:
    """Serves the overlay and the control page while it is open. It never makes the loop wait."""

    def __init__(self, control: Control, address: Address):
        """Where other machines can reach `address`, a token is asked for: see `token`."""
        self.name = "overlay"
        self.token = None if address.loopback else secrets.token_urlsafe(24)
        self._server = Server(control, address, self.token)

    @property
    def address(self) -> Address:
        """Where it listens, once entered."""
        return self._server.address

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def send(self, picture: Picture) -> bool:
        self._server.offer(picture)
        return True
