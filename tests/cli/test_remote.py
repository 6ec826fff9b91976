"""The command-line client says what it set, and why not when not."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from typer.testing import CliRunner

from greenscreen.address import Address
from greenscreen.cli import app
from greenscreen.cli.client import Client, parse_assignments
from greenscreen.control import Control
from greenscreen.errors import GreenscreenError, UsageError
from greenscreen.settings import make_settings
from greenscreen.web.sink import OverlaySink


@pytest.fixture
def control() -> Control:
    return Control(make_settings())


@pytest.fixture
def url(control: Control) -> Iterator[str]:
    with OverlaySink(control, Address(port=0)) as sink:
        yield sink.address.url()


def ctl(url: str, *words: str) -> str:
    result = CliRunner().invoke(app, ["ctl", "--url", url, *words], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout


def test_it_sets_and_gets(url: str, control: Control) -> None:
    ctl(url, "set", "background=blur:30", "mirror=on", "zoom=1.5", "slideshow=none")
    now = control.settings
    assert (now.background, now.mirror, now.zoom, now.slideshow) == ("blur:30", True, 1.5, None)
    assert ctl(url, "get", "background") == "blur:30\n"
    assert json.loads(ctl(url, "get"))["zoom"] == 1.5
    assert json.loads(ctl(url, "status"))["status"]["state"] == "starting"


def test_what_the_server_refuses_is_said_in_its_words(url: str, control: Control) -> None:
    with pytest.raises(UsageError, match="there is no background 'nowhere'"):
        ctl(url, "set", "background=nowhere", "mirror=on")
    assert control.settings == make_settings()
    with pytest.raises(UsageError, match="camera cannot be changed from here"):
        ctl(url, "set", "camera=0")
    with pytest.raises(UsageError, match="there is no live setting x"):
        ctl(url, "get", "x")
    with pytest.raises(UsageError, match="cannot be a profile's name"):
        ctl(url, "profile", "\udcff")


def test_off_loopback_it_brings_the_token(control: Control) -> None:
    with OverlaySink(control, Address("0.0.0.0", 0)) as sink:
        url = f"http://127.0.0.1:{sink.address.port}"
        with pytest.raises(UsageError, match="a token is needed"):
            Client(url).settings()
        assert Client(url, sink.token).change(["zoom=2"])["zoom"] == 2


def test_nobody_there_is_said_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(GreenscreenError, match="no greenscreen answers") as caught:
            Client(f"http://127.0.0.1:{taken.getsockname()[1]}").settings()
    assert "--overlay" in caught.value.hint


@contextmanager
def answering(status: int, body: bytes) -> Iterator[Client]:
    """A client of a program that answers so, once."""

    class Program(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Program) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        yield Client(f"http://127.0.0.1:{server.server_port}")
        thread.join()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"[1]"),
        (200, b"{}"),
        (200, b"[" * 100_000),
        (200, b" " * (17 << 20) + b'{"name": ""}'),
        (404, b'{"error": null}'),
        (500, b'{"error": {"code": 500}}'),
    ],
    ids=["list", "empty", "deep", "endless", "no error", "another error"],
)
def test_another_program_at_its_address_is_not_taken_for_it(status: int, body: bytes) -> None:
    with answering(status, body) as client, pytest.raises(GreenscreenError, match="no greenscreen answers"):
        client.snapshot()


@pytest.mark.parametrize(("status", "code"), [(422, 2), (507, 1)])
def test_a_refusal_is_of_usage_unless_something_failed_there(status: int, code: int) -> None:
    answer = b'{"error": "it cannot be", "hint": "wait"}'
    with answering(status, answer) as client, pytest.raises(GreenscreenError, match="it cannot be") as caught:
        client.snapshot()
    assert (caught.value.exit_code, caught.value.hint) == (code, "wait")


@pytest.mark.parametrize("token", ["naïve", "two\nlines"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="token"):
        Client("http://127.0.0.1:1", token).settings()


@pytest.mark.parametrize("url", ["https://x", "http://", "http://x:y", "ftp://x", "http://[x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        Client(url)


def test_values_are_read_as_people_write_them() -> None:
    words = ["a=1", "b=-0.5", "c=on", "d=No", "e=blur:3", "f=#fff", "g=none", "h=a=b", "pan-x=1", "i={}", "j="]
    expected = {"a": 1, "b": -0.5, "c": True, "d": False, "e": "blur:3", "f": "#fff", "g": None, "h": "a=b"}
    assert parse_assignments(words) == expected | {"pan_x": 1, "i": "{}", "j": ""}
    assert parse_assignments(["background=7"]) == {"background": "7"}
    for wrong in ("a", "=1", ""):
        with pytest.raises(UsageError, match="sets nothing"):
            parse_assignments([wrong])
