"""`greenscreen ctl`: the command-line client of a running greenscreen's API."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from greenscreen.errors import GreenscreenError, UsageError

_PATIENCE = 10.0  # seconds; a video may take some to open
_MOST_BYTES = 16 << 20


class Client:
    """Asks a server. Methods raise `GreenscreenError` when it does not answer, and `UsageError` when it refuses."""

    def __init__(self, url: str, token: str | None = None):
        """`url` such as `http://127.0.0.1:8765`; raises `UsageError` for what is none, and for what is no token."""
        try:
            parts = urlsplit(url if "//" in url else f"http://{url}")
            self._host, self._port = parts.hostname, parts.port or 80
        except ValueError as error:
            raise UsageError(f"{url} is not an address: {error}", "give it as http://127.0.0.1:8765") from error
        if parts.scheme != "http" or not self._host:
            raise UsageError(f"{url} is not the address of a greenscreen", "give it as http://127.0.0.1:8765")
        if token and not (token.isascii() and token.isprintable()):
            raise UsageError("the token has characters that no token has", "copy it as greenscreen showed it")
        self._token = token

    def settings(self) -> dict[str, Any]:
        """The live settings by name."""
        return self._ask("GET", "/api/settings", "background")

    def change(self, assignments: list[str]) -> dict[str, Any]:
        """Applies assignments such as `background=beach`, all of them or none, and returns the live settings."""
        return self._ask("PATCH", "/api/settings", "background", parse_assignments(assignments))

    def state(self) -> dict[str, Any]:
        return self._ask("GET", "/api/state", "settings")

    def load(self, profile: str) -> dict[str, Any]:
        """Takes over the live settings of a profile, and returns what they are then."""
        return self._ask("POST", f"/api/profiles/{quote(profile, safe='', errors='replace')}", "background")

    def snapshot(self) -> str:
        """The name of the file that the next picture is kept in."""
        return str(self._ask("POST", "/api/snapshot", "name")["name"])

    def _ask(self, method: str, path: str, key: str, values: Any = None) -> dict[str, Any]:
        """The answer, an object with this `key`: where another program listens, none is."""
        headers = {"Content-Type": "application/json"} if values is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = http.client.HTTPConnection(str(self._host), self._port, timeout=_PATIENCE)
        try:
            connection.request(method, path, None if values is None else json.dumps(values), headers)
            with connection.getresponse() as response:
                answer, refused = json.loads(response.read(_MOST_BYTES)), response.status >= 400
            if not isinstance(answer, dict) or not (isinstance(answer.get("error"), str) if refused else key in answer):
                raise ValueError("what answers is another program")
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            raise GreenscreenError(
                f"no greenscreen answers at {self._host}:{self._port}", "start one with: greenscreen run --overlay"
            ) from error
        finally:
            connection.close()
        if refused:
            kind = UsageError if response.status < 500 else GreenscreenError
            raise kind(answer["error"], str(answer.get("hint", "")))
        return answer


def parse_assignments(words: list[str]) -> dict[str, Any]:
    """`["zoom=1.5", "mirror=on"]` to `{"zoom": 1.5, "mirror": True}`; what is neither is text. Raises `UsageError`."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{word} sets nothing", "give name=value, such as background=beach")
        field = name.strip().replace("-", "_")
        # A background may be called 7, or on.
        values[field] = value.strip() if field == "background" else _value(value.strip())
    return values


def _value(text: str) -> Any:
    spoken = {"on": True, "yes": True, "off": False, "no": False, "none": None}
    if text.lower() in spoken:
        return spoken[text.lower()]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, bool | int | float | None) else text
