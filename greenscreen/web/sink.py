"""The overlay as a sink: the loop hands it pictures like any other."""

import socket
from contextlib import suppress
from typing import Self

import segno

from greenscreen.address import Address
from greenscreen.control import Control
from greenscreen.picture.frame import Picture
from greenscreen.web.server import Server
from greenscreen.web.token import is_kept, kept_token, token_path


class OverlaySink:
    """Serves the overlay and the control page while it is open. The loop waits for no client."""

    def __init__(self, control: Control, address: Address):
        """Where other machines can reach `address`, a token is asked for: see `token`."""
        self.name = "overlay"
        self.token = None if address.loopback else kept_token()
        self._server = Server(control, address, self.token)

    @property
    def address(self) -> Address:
        """Where it listens, once entered."""
        return self._server.address

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def directions(self) -> str:
        """Where to find it, once entered; anybody may read that, as without the token nobody comes in."""
        key = ""
        if self.token:
            where = f"in {token_path()}" if is_kept(self.token) else "that only a terminal shows"
            key = f", with the token {where}"
        return f"to overlay {self._url}/overlay, controlled at {self._url}/{key}"

    def invitation(self) -> list[str]:
        """Lines with the addresses, the token in them, and a QR code for phones, once entered: for no log."""
        if not self.token:
            return []
        secret = f"?token={self.token}"
        return [
            f"overlay for a browser elsewhere: {self._url}/overlay{secret}",
            f"control page: {self._url}/{secret}",
            "whoever has these addresses sees your camera: keep them to yourself",
            *qr_code(f"{self._url}/{secret}"),
        ]

    @property
    def _url(self) -> str:
        return self.address.url(own_address() if self.address.everywhere else None)

    def send(self, picture: Picture) -> bool:
        self._server.offer(picture)
        return True


def own_address() -> str:
    """The address by which others on the network know this machine. Nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # An address kept for examples (RFC 5737): the route to anywhere will do.
        return str(probe.getsockname()[0])
    return socket.gethostname()


def qr_code(text: str) -> list[str]:
    """The lines of a QR code in half blocks, each two rows of modules, light on the terminal's usually dark ground."""
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    return [
        "".join("█▀▄ "[2 * upper + lower] for upper, lower in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]
