"""The overlay as a sink: opens where it is told or says why not, and tells the person where to find it."""

import socket

import pytest

from greenscreen.address import Address
from greenscreen.cli.console import say
from greenscreen.control import Control
from greenscreen.errors import SinkError
from greenscreen.settings import make_settings
from greenscreen.web.sink import OverlaySink, qr_code
from greenscreen.web.token import token_path


@pytest.fixture
def control() -> Control:
    return Control(make_settings())


def test_a_taken_port_is_said_with_what_to_do(control: Control) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SinkError, match=f"cannot listen on 127.0.0.1:{port}: another program does so") as caught:
            OverlaySink(control, Address(port=port)).__enter__()
    assert "--overlay HOST:PORT" in caught.value.hint


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_said(control: Control, host: str) -> None:
    with pytest.raises(SinkError, match="cannot listen"):
        OverlaySink(control, Address(host, 0)).__enter__()


def test_whatever_else_stands_in_the_way_is_raised_and_not_waited_for(control: Control) -> None:
    with pytest.raises(UnicodeError):
        OverlaySink(control, Address("a..b", 0)).__enter__()


def test_on_loopback_no_token_is_needed(control: Control) -> None:
    with OverlaySink(control, Address(port=0)) as sink:
        url = sink.address.url()
        assert sink.token is None
        assert sink.directions() == f"to overlay {url}/overlay, controlled at {url}/"
        assert sink.invitation() == []


@pytest.mark.usefixtures("folder")
def test_off_loopback_the_token_is_shown_once_as_address_and_qr_code(control: Control) -> None:
    with OverlaySink(control, Address("0.0.0.0", 0)) as sink:
        overlay, page, warning, *code = sink.invitation()
        assert str(sink.token) not in sink.directions(), "it may be logged"
        assert str(token_path()) in sink.directions()
    assert f"/overlay?token={sink.token}" in overlay
    assert "0.0.0.0" not in overlay
    assert page.endswith(f"/?token={sink.token}")
    assert "keep them to yourself" in warning
    assert len(code) > 10


def test_a_qr_code_reads_as_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    """As it is printed."""
    import cv2
    import numpy as np

    text = "http://192.168.1.4:8765/?token=0123456789abcdef"
    for line in qr_code(text):
        say(line)
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    lines = [[halves[letter] for letter in line] for line in capsys.readouterr().err.splitlines()]
    modules = np.array(lines, np.uint8).transpose(0, 2, 1).reshape(-1, len(lines[0]))
    image = cv2.resize(modules, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    image = cv2.copyMakeBorder(image, 32, 32, 32, 32, cv2.BORDER_CONSTANT, value=255)
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == text
