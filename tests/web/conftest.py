"""A real run, served to real clients: the loop, the server and the network are the ones that people use."""

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from greenscreen.control import Control
from greenscreen.live import run_live
from greenscreen.settings import make_settings


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Run:
    """A run in progress, with its control and the port of its server."""

    control: Control
    port: int
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        """One request. Names of headers are written with underscores; a body that is no bytes is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body, sent = json.dumps(body).encode(), {"Content-Type": "application/json"} | sent
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    def change(self, **values: Any) -> Answer:
        return self.ask("/api/settings", "PATCH", values)

    def well(self) -> bool:
        """Whether the loop still runs and the server still answers."""
        before = self.control.status.frames
        until = time.monotonic() + 5
        while self.control.status.frames <= before and time.monotonic() < until:
            time.sleep(0.05)
        return self.control.status.frames > before and self.ask("/api/state").status == 200


StartRun = Callable[..., Run]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's own backgrounds folder, not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "greenscreen" / "backgrounds"


@pytest.fixture
def start(half: str, bare: Path, folder: Path) -> Iterator[StartRun]:
    """Starts runs in which the left half of a synthetic picture is the person, and ends them."""
    threads: list[tuple[Control, threading.Thread]] = []

    def begin(**settings: Any) -> Run:
        usual = {"camera": "synthetic", "size": "320x192", "engine": half, "overlay": "127.0.0.1:0"}
        control, said = Control(make_settings(**usual | settings)), list[str]()
        thread = threading.Thread(target=run_live, args=(control, said.append))
        threads.append((control, thread))
        thread.start()
        until = time.monotonic() + 20
        while time.monotonic() < until and thread.is_alive():
            for line in list(said):
                if address := re.search(r"overlay http://\S+?:(\d+)/overlay", line):
                    return Run(control, int(address[1]), said)
            time.sleep(0.02)
        raise AssertionError(f"the run did not start: {said}")

    yield begin
    for control, thread in threads:
        control.stop()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def run(start: StartRun) -> Run:
    return start()
