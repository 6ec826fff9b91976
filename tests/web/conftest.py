"""A real run, served to real clients: the loop, the server and the network are the ones that people use."""

import http.client
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenscreen.address import Address
from greenscreen.control import Control
from greenscreen.live.run import run_live
from greenscreen.picture.frame import Frame, Picture
from greenscreen.settings import make_settings
from greenscreen.web.sink import OverlaySink

CHROMIUM = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
CHROMIUM += " --disable-component-update --disable-sync --use-gl=angle --use-angle=swiftshader"
CHROMIUM += " --enable-unsafe-swiftshader"


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
    thread: threading.Thread
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
        """Whether the run goes on and the server still answers."""
        return self.thread.is_alive() and self.ask("/api/state").status == 200

    def moves(self) -> bool:
        """Whether pictures go on being sent."""
        before, until = self.control.status.frames, time.monotonic() + 10
        while self.control.status.frames <= before and time.monotonic() < until:
            time.sleep(0.05)
        return self.control.status.frames > before


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
        thread = threading.Thread(target=run_live, args=(control, said.append, said.append))
        threads.append((control, thread))
        thread.start()
        until = time.monotonic() + 20
        while time.monotonic() < until and thread.is_alive():
            for line in list(said):
                if address := re.search(r"overlay http://\S+?:(\d+)/overlay", line):
                    return Run(control, int(address[1]), thread, said)
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


@contextmanager
def serve_again_and_again(picture: Picture, port: int = 0) -> Iterator[OverlaySink]:
    """Serves one picture over and over, thirty times a second."""
    ended = threading.Event()
    with OverlaySink(Control(make_settings()), Address(port=port)) as sink:

        def feed() -> None:
            while not ended.wait(1 / 30):
                assert sink.send(picture)

        thread = threading.Thread(target=feed)
        thread.start()
        try:
            yield sink
        finally:
            ended.set()
            thread.join()


@pytest.fixture
def serving(folder: Path) -> Callable[..., Any]:
    return serve_again_and_again


@pytest.fixture(scope="session")
def disc() -> Picture:
    """A textured orange disc with a soft edge before a room of which nothing may be seen, 640x360."""
    y, x = np.mgrid[:360, :640].astype(np.float32)
    distance = np.hypot(x - 300, y - 180)
    alpha = np.rint(255 * np.clip((124 - distance) / 8 + 0.5, 0, 1)).astype(np.uint8)
    texture = 12 * np.sin(x / 9) + 12 * np.cos(y / 7)
    colours = np.stack([40 + texture, 110 + texture, 220 + texture], axis=-1).astype(np.uint8)
    person = np.where(alpha[..., None] > 0, colours, 0).astype(np.uint8)
    room = np.full_like(person, (255, 255, 0))
    return Picture(person, alpha, 0.0, True, Frame(room, 0.0, 0))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=CHROMIUM.split())
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console says is wrong."""
    return []


@pytest.fixture
def open_page(chromium: Any, complaints: list[str]) -> Iterator[Callable[..., Any]]:
    """Opens pages in windows of their own."""
    contexts = []

    def begin(url: str, width: int = 640, height: int = 360, **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return page

    yield begin
    for context in contexts:
        context.close()
