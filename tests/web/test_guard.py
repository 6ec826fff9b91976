"""Attacks on the door: nobody comes in who should not, every refusal is clear, and the run goes on."""

import socket
import time
from typing import Any
from urllib.parse import quote

import pytest

from greenscreen.web import api, guard
from greenscreen.web.guard import BURST, COOKIE
from greenscreen.web.server import MOST_CONNECTIONS, PATIENCE

HOSTS = [
    "evil.example",
    "evil.example:8765",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "",
    "[",
    "192.168.1.4",
]
ORIGINS = [
    "http://evil.example",
    "null",
    "http://127.0.0.1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}.evil",
]
PAGES = ["/", "/overlay", "/api/state", "/openapi.json"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_is_not_ours_is_refused(run: Any, host: str) -> None:
    """DNS rebinding: the attacker's page asks for its own name, which now points here."""
    for path in PAGES:
        answer = run.ask(path, Host=host)
        assert answer.status in {400, 403}
        assert b"overlay" not in answer.body
    assert run.well()


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST"])
def test_our_own_names_are_answered(run: Any, host: str) -> None:
    assert run.ask("/api/state", Host=host.format(port=run.port)).status == 200


@pytest.mark.parametrize("origin", ORIGINS)
def test_pages_of_other_sites_can_change_nothing(run: Any, origin: str) -> None:
    origin = origin.format(port=run.port)
    answer = run.ask("/api/settings", "PATCH", {"show": "original"}, Origin=origin)
    assert answer.status == 403
    assert answer.json["error"] == "requests from other sites are refused"
    assert run.control.settings.show == "result"
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    assert (
        run.ask("/stream/before", Origin=origin, Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA==", **upgrade).status == 403
    )


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_other_sites_cannot_embed_what_is_here(run: Any, site: str) -> None:
    """An <img> sends no Origin; the browser says by other headers where it stands."""
    assert run.ask("/api/state", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors").status == 403
    assert run.ask("/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 200
    assert run.ask("/api/settings", "PATCH", {}, Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 403


def test_our_own_page_may_change_things(run: Any) -> None:
    answer = run.ask("/api/settings", "PATCH", {"show": "matte"}, Origin=run.url, Sec_Fetch_Site="same-origin")
    assert answer.status == 200
    assert run.control.settings.show == "matte"


def test_every_answer_forbids_framing_sniffing_and_third_parties(run: Any) -> None:
    for path in [*PAGES, "/control.js", "/nothing", "/api/backgrounds/none/thumbnail"]:
        headers = run.ask(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Server" not in headers
        assert "Access-Control-Allow-Origin" not in headers


class TestOffLoopback:
    """Where others on the network can reach it."""

    @pytest.fixture
    def run(self, start: Any) -> Any:
        return start(overlay="0.0.0.0:0")

    @pytest.fixture
    def token(self, run: Any) -> str:
        # The server answers before all of that is said.
        until = time.monotonic() + 10
        while not (said := [line for line in run.said if "overlay?token=" in line]) and time.monotonic() < until:
            time.sleep(0.01)
        return str(said[0].split("token=")[1])

    @pytest.mark.parametrize("wrong", ["", "x", "tokentokentokentokentokentokento", "\u00e4"])
    def test_without_the_token_nothing_is_to_be_had(self, run: Any, wrong: str) -> None:
        for path in [*PAGES, "/control.js", "/stream/before", "/api/backgrounds"]:
            assert run.ask(path).status == 401
            assert run.ask(f"{path}?token={quote(wrong)}").status == 401
        assert run.ask("/api/state", Authorization=f"Bearer {quote(wrong)}").status == 401
        assert run.ask("/api/state", Authorization="Basic eDp5").status == 401
        assert run.ask("/api/state", Cookie=f"{COOKIE}={quote(wrong)}").status == 401
        assert run.ask("/api/settings", "PATCH", {"show": "original"}).status == 401
        assert run.control.settings.show == "result"

    def test_who_opens_it_without_the_token_is_told_so_on_a_page(self, run: Any) -> None:
        answer = run.ask("/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
        assert answer.status == 401
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert b"<p>a token is needed: open the address that greenscreen showed in the terminal</p>" in answer.body

    def test_a_token_that_is_no_text_is_a_wrong_one(self, run: Any) -> None:
        assert run.ask("/api/state", Authorization="Bearer \xff").status == 401
        assert run.ask("/api/state", Cookie=f"{COOKIE}=\xff").status == 401

    def test_the_shown_address_lets_in_and_hides_the_token(self, run: Any, token: str) -> None:
        answer = run.ask(f"/overlay?token={token}&outline=3")
        assert answer.status == 303
        assert answer.headers["Location"] == "/overlay?outline=3"
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert run.ask("/overlay?outline=3", Cookie=cookie.split(";")[0]).status == 200

    def test_programs_send_the_token_as_bearer(self, run: Any, token: str) -> None:
        assert run.ask("/api/state", Authorization=f"Bearer {token}").status == 200

    def test_the_token_does_not_help_foreign_pages_nor_names(self, run: Any, token: str) -> None:
        bearer = f"Bearer {token}"
        assert run.ask("/api/state", Authorization=bearer, Origin="http://evil.example").status == 403
        assert run.ask("/api/state", Authorization=bearer, Host="evil.example").status == 403

    def test_every_run_says_it_to_the_terminal_alone(self, run: Any, token: str) -> None:
        assert len(token) >= 32
        assert token not in str(run.ask("/api/state", Authorization=f"Bearer {token}").json)


def test_a_flood_of_requests_is_slowed_down_and_passes(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "RATE", 2.0)  # However slow the machine is that floods itself.
    statuses = [run.ask("/api/fields").status for _ in range(int(BURST) + 60)]
    assert statuses[0] == 200
    assert 429 in statuses
    time.sleep(1.1)
    assert run.ask("/api/fields").status == 200
    assert run.moves()


def test_a_foreign_page_cannot_use_up_what_ours_may_ask(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "RATE", 2.0)
    refused = {run.ask("/", Origin="http://evil.example").status for _ in range(int(BURST) + 60)}
    assert refused == {403}
    assert run.ask("/api/settings", "PATCH", {"show": "placeholder"}, Origin=run.url).status == 200


def test_two_hundred_silent_connections_do_not_keep_people_out_for_long(run: Any) -> None:
    crowd = [socket.create_connection(("127.0.0.1", run.port), timeout=5) for _ in range(200)]
    try:
        refused = [b"503" in guest.recv(100) for guest in crowd[MOST_CONNECTIONS + 1 :]]
        assert all(refused)
        until = time.monotonic() + PATIENCE + 10
        while (status := run.ask("/api/state").status) == 503 and time.monotonic() < until:
            time.sleep(0.2)
        assert status == 200
        assert run.moves()
    finally:
        for guest in crowd:
            guest.close()


def test_whoever_was_answered_and_says_no_more_is_shown_out(run: Any) -> None:
    """Or sixty-four guests without a token, who ask for one page each, would keep everybody out for an hour."""
    with socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE + 10) as guest:
        guest.sendall(b"GET /api/fields HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while guest.recv(1 << 16):
            pass


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\xff" * 500,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"POST /api/settings HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/backgrounds HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\nno",
        b"GET /stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \xff\r\n\r\n",
    ],
    ids=["noise", "version", "long path", "many headers", "negative length", "smuggling", "no gzip", "no key"],
)
def test_what_is_no_http_is_refused(run: Any, sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(("127.0.0.1", run.port), timeout=5) as guest:
        guest.sendall(sent)
        answer = guest.recv(200)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert run.well()
    assert not caplog.records, "whoever sits at this terminal did nothing wrong"


@pytest.mark.parametrize("request_line", ["POST /api/backgrounds", "PATCH /api/settings"])
def test_an_upload_that_gets_stuck_gives_up_its_place(
    run: Any, monkeypatch: pytest.MonkeyPatch, request_line: str
) -> None:
    """As of a phone that has left: sixty-four of them would keep everybody out."""
    monkeypatch.setattr(api, "SLOWEST", 0.5)
    with socket.create_connection(("127.0.0.1", run.port), timeout=10) as guest:
        guest.sendall(f"{request_line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode())
        guest.sendall(b"Content-Length: 200\r\n\r\nbegun")
        assert guest.recv(1000).startswith(b"HTTP/1.1 408")
    assert run.well()


def test_an_upload_that_is_broken_off_is_no_news(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(("127.0.0.1", run.port), timeout=5) as guest:
        head = (
            b"POST /api/backgrounds HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\nExpect: 100-continue\r\n\r\n"
        )
        guest.sendall(head)
        # From here on it waits for the picture.
        assert guest.recv(200).startswith(b"HTTP/1.1 100")
        guest.sendall(b"begun")
    assert run.moves()
    assert run.well()
    assert not caplog.records
