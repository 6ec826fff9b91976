"""The WebSockets: each client at its own pace, stuck ones at nobody's cost, and nonsense is shown the door."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import aiohttp
import cv2
import numpy as np
import pytest

from greenscreen.address import Address
from greenscreen.control import Control
from greenscreen.picture.frame import Frame, Picture
from greenscreen.settings import make_settings
from greenscreen.web import broadcast
from greenscreen.web.broadcast import AT_ONCE
from greenscreen.web.sink import OverlaySink
from greenscreen.web.streams import MOST_VISITORS

Talk = Callable[[aiohttp.ClientSession], Awaitable[Any]]


@pytest.fixture
def control() -> Control:
    return Control(make_settings())


@pytest.fixture
def sink(control: Control) -> Iterator[OverlaySink]:
    with OverlaySink(control, Address(port=0)) as sink:
        yield sink


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When a picture was encoded for the overlay."""
    times: list[float] = []

    def spied(*taken: np.ndarray) -> bytes:
        times.append(time.monotonic())
        return broadcast.encode_taken(*taken)

    overlay = replace(broadcast.VIEWS["overlay"], encode=spied)
    monkeypatch.setattr(broadcast, "VIEWS", {**broadcast.VIEWS, "overlay": overlay})
    return times


def talk(url: str, conversation: Talk) -> Any:
    async def whole() -> Any:
        async with aiohttp.ClientSession(url) as session:
            return await asyncio.wait_for(conversation(session), 20)

    return asyncio.run(whole())


async def send(sink: OverlaySink, picture: Picture, count: int) -> None:
    for _ in range(count):
        began = time.perf_counter()
        assert sink.send(picture)
        assert time.perf_counter() - began < 0.5
        await asyncio.sleep(0.01)


def test_nothing_is_encoded_while_nobody_watches(sink: OverlaySink, disc: Picture, encoded: list[float]) -> None:
    for _ in range(20):
        sink.send(disc)
    time.sleep(0.2)
    assert encoded == []


def test_a_stuck_client_costs_a_few_pictures_and_no_more(
    sink: OverlaySink, disc: Picture, encoded: list[float]
) -> None:
    """It never says that it showed one: nothing piles up, and the encoder rests."""

    async def stuck(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/stream/overlay"):
            await send(sink, disc, 50)

    talk(sink.address.url(), stuck)
    assert 1 <= len(encoded) <= AT_ONCE + 2


def test_a_stuck_client_takes_less_than_a_twentieth_of_the_loops_time(sink: OverlaySink, disc: Picture) -> None:
    """At 30 frames a second, as the loop's own thread is charged for it, whatever else the machine does."""

    async def stuck(session: aiohttp.ClientSession) -> float:
        async with session.ws_connect("/stream/overlay"):
            await send(sink, disc, 20)  # It has all that it will ever take.
            before = time.thread_time()
            for _ in range(300):
                sink.send(disc)
            return time.thread_time() - before

    assert talk(sink.address.url(), stuck) < 0.05 * 300 / 30


def test_a_slow_client_does_not_slow_a_fast_one(sink: OverlaySink, disc: Picture, encoded: list[float]) -> None:
    async def both(session: aiohttp.ClientSession) -> int:
        got = 0
        async with session.ws_connect("/stream/overlay"), session.ws_connect("/stream/overlay") as fast:
            sending = asyncio.create_task(send(sink, disc, 60))
            while not sending.done():
                with_picture = asyncio.create_task(fast.receive_bytes())
                await asyncio.wait([with_picture, sending], return_when=asyncio.FIRST_COMPLETED)
                if with_picture.done():
                    got += 1
                    await fast.send_str("shown")
            with_picture.cancel()
        return got

    got = talk(sink.address.url(), both)
    assert got > 5 * AT_ONCE
    assert len(encoded) <= 60, "a picture was encoded for each client, and not once for both"


def first_message(sink: OverlaySink, picture: Picture, view: str) -> bytes:
    async def first(session: aiohttp.ClientSession) -> bytes:
        async with session.ws_connect(f"/stream/{view}") as socket:
            sending = asyncio.create_task(send(sink, picture, 20))
            message = await socket.receive_bytes()
            await sending
            return message

    return talk(sink.address.url(), first)


def test_pixels_hold_the_person_and_nothing_of_the_room(sink: OverlaySink, disc: Picture) -> None:
    message = first_message(sink, disc, "pixels")
    width, height, left, top, w, h, length = struct.unpack_from("<7I", message)
    assert (width, height, length) == (640, 360, 0)
    assert (left, top, w, h) == cv2.boundingRect(disc.alpha)
    pixels = np.frombuffer(message, np.uint8, offset=28).reshape(h, w, 4)
    alpha, person = (picture[top : top + h, left : left + w] for picture in (disc.alpha, disc.person))
    assert (pixels[..., 3] == alpha).all()
    assert (pixels[alpha > 0][:, 2::-1] == person[alpha > 0]).all()
    assert not pixels[alpha == 0].any()


def test_a_message_holds_the_person_and_nothing_of_the_room(sink: OverlaySink, disc: Picture) -> None:
    message = first_message(sink, disc, "overlay")
    width, height, left, top, w, h, length = struct.unpack_from("<7I", message)
    assert (width, height) == (640, 360)
    assert (left, top, w, h) == cv2.boundingRect(disc.alpha)
    colour = cv2.imdecode(np.frombuffer(message, np.uint8, length, 28), cv2.IMREAD_COLOR)
    alpha = cv2.imdecode(np.frombuffer(message, np.uint8, offset=28 + length), cv2.IMREAD_UNCHANGED)
    assert (alpha[..., 3] == disc.alpha[top : top + h, left : left + w]).all()
    # The room is cyan, in which there is no red; the person and what is filled in around it are mostly red.
    assert (colour[..., 2].astype(int)[alpha[..., 3] > 0] > colour[..., 0].astype(int)[alpha[..., 3] > 0] + 60).all()
    assert not ((colour[..., 0] > 120) & (colour[..., 2] < 90)).any()


def test_the_state_comes_at_once_and_with_every_change(sink: OverlaySink, control: Control) -> None:
    async def listen(session: aiohttp.ClientSession) -> list[Any]:
        async with session.ws_connect("/stream") as socket:
            seen = [json.loads(await socket.receive_str())]
            await asyncio.to_thread(control.change, background="blue")
            while seen[-1]["settings"]["background"] != "blue":
                seen.append(json.loads(await socket.receive_str()))
            return seen

    began = time.monotonic()
    seen = talk(sink.address.url(), listen)
    assert seen[0]["settings"]["background"] == "green"
    assert seen[-1]["watchers"][0]["page"] == "control"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("path", ["/stream", "/stream/overlay", "/stream/before"])
@pytest.mark.parametrize(
    "message",
    ["x", "shown\x00", "x" * 100_000, b"\x00\xff", b"x" * 1_000_000],
    ids=["word", "nul", "long", "bytes", "huge"],
)
def test_nonsense_ends_the_conversation(sink: OverlaySink, path: str, message: str | bytes) -> None:
    async def babble(session: aiohttp.ClientSession) -> int | None:
        async with session.ws_connect(path) as socket:
            await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
            while (answer := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
            assert answer.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSED}
            return socket.close_code

    assert talk(sink.address.url(), babble) in {1006, 1008, 1009}

    async def well(session: aiohttp.ClientSession) -> int:
        return (await session.get("/api/state")).status

    assert talk(sink.address.url(), well) == 200


def test_a_view_that_there_is_not_and_a_request_that_is_no_websocket_are_refused(sink: OverlaySink) -> None:
    async def ask(session: aiohttp.ClientSession) -> list[int]:
        return [(await session.get(path)).status for path in ("/stream/everything", "/stream/overlay", "/stream")]

    assert talk(sink.address.url(), ask) == [404, 400, 400]


def test_the_crowd_is_bounded_and_places_come_free(sink: OverlaySink) -> None:
    async def crowd(session: aiohttp.ClientSession) -> None:
        sockets = [await session.ws_connect("/stream/matte") for _ in range(MOST_VISITORS)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect("/stream/matte")
        assert refused.value.status == 503
        for client in sockets:
            await client.close()
        await asyncio.sleep(0.2)
        await (await session.ws_connect("/stream/matte")).close()

    talk(sink.address.url(), crowd)


def test_clients_hear_the_end_and_the_port_is_free_again(control: Control) -> None:
    sink = OverlaySink(control, Address(port=0)).__enter__()

    async def until_the_end(session: aiohttp.ClientSession) -> int | None:
        async with session.ws_connect("/stream/overlay") as socket:
            ending = asyncio.create_task(asyncio.to_thread(sink.__exit__, None, None, None))
            await socket.receive()
            await ending
            return socket.close_code

    assert talk(sink.address.url(), until_the_end) == 1001
    with OverlaySink(control, Address(port=sink.address.port)):
        pass


def test_pages_that_are_stuck_do_not_hold_up_the_end(control: Control) -> None:
    """They took a picture's beginning and read no further, so that not even a goodbye can be sent to them."""
    large = np.random.default_rng(0).integers(0, 256, (1440, 2560, 3), np.uint8)
    picture = Picture(large, np.full(large.shape[:2], 255, np.uint8), 0.0, True, Frame(large, 0.0, 0))
    sink = OverlaySink(control, Address(port=0)).__enter__()
    pages = []
    for _ in range(3):
        page = socket.socket()
        page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        page.connect(("127.0.0.1", sink.address.port))
        page.sendall(
            b"GET /stream/pixels HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert page.recv(12) == b"HTTP/1.1 101"
        pages.append(page)
    for _ in range(10):
        sink.send(picture)
        time.sleep(0.1)
    began = time.monotonic()
    sink.__exit__(None, None, None)
    took = time.monotonic() - began
    for page in pages:
        page.close()
    assert took < 20, "it took for ever"


def test_the_panic_button_works_by_the_connection_that_is_there(sink: OverlaySink, control: Control) -> None:
    async def hide_and_show(session: aiohttp.ClientSession) -> list[str]:
        async with session.ws_connect("/stream") as line:
            seen = [json.loads(await line.receive_str())["settings"]["show"]]
            for word, wanted in (("hide", "placeholder"), ("show", "result"), ("hide", "placeholder")):
                await line.send_str(word)
                while seen[-1] != wanted:
                    seen.append(json.loads(await line.receive_str())["settings"]["show"])
            return seen

    assert talk(sink.address.url(), hide_and_show)[-1] == "placeholder"
    assert control.settings.show == "placeholder"
