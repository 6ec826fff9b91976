"""Addresses as people write them, and whether others can reach them."""

import pytest

from greenscreen.address import Address, parse_address
from greenscreen.errors import UsageError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("", "127.0.0.1", 8765),
        ("9000", "127.0.0.1", 9000),
        (":80", "127.0.0.1", 80),
        ("0.0.0.0", "0.0.0.0", 8765),
        ("192.168.1.4:1", "192.168.1.4", 1),
        ("[::1]:5", "::1", 5),
        ("Studio:9", "studio", 9),
    ],
)
def test_host_and_port_may_each_be_left_out(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text", ["a b", "h:99999", "h/x", "http://x:1", "::1", "u@h", "[x", "\u00fc", 300 * "x", 64 * "x", "a..b", "."]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not an address to listen on"):
        parse_address(text)


def test_only_this_machines_own_addresses_are_loopback() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        assert Address(host).loopback
    for host in ("0.0.0.0", "::", "192.168.1.4", "localhost.evil.example", "studio"):
        assert not Address(host).loopback
    assert Address("0.0.0.0").everywhere
    assert not Address("127.0.0.1").everywhere


def test_urls_put_ipv6_in_brackets() -> None:
    assert Address("::1", 5).url() == "http://[::1]:5"
    assert Address("0.0.0.0", 5).url("192.168.1.4") == "http://192.168.1.4:5"
