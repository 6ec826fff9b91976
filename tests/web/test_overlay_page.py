"""The overlay in a real browser: the person with true transparency, and nothing whenever that is not sure."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from greenscreen.address import Address
from greenscreen.control import Control
from greenscreen.picture.frame import Picture
from greenscreen.settings import make_settings
from greenscreen.web.sink import OverlaySink

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Any]
Pixels = NDArray[np.uint8]


def pixels(page: Any) -> Pixels:
    """The page as it would lie over a game, `(H, W, 4)` BGRA, not multiplied by alpha."""
    png = np.frombuffer(page.screenshot(omit_background=True), np.uint8)
    return np.asarray(cv2.imdecode(png, cv2.IMREAD_UNCHANGED), np.uint8)


def until(page: Any, wanted: Callable[[Pixels], bool], seconds: float = 10) -> Pixels:
    """The page's pixels once they are as wanted."""
    end = time.monotonic() + seconds
    while not wanted(seen := pixels(page)):
        assert time.monotonic() < end, f"not seen: alpha has a mean of {seen[..., 3].mean():.1f}"
        time.sleep(0.1)
    return seen


def there(seen: Pixels) -> bool:
    return bool(seen[..., 3].any())


def nothing(seen: Pixels) -> bool:
    return not there(seen)


@pytest.fixture
def url(serving: Any, disc: Picture) -> Iterator[str]:
    with serving(disc) as sink:
        yield f"{sink.address.url()}/overlay"


BOTH = pytest.mark.parametrize("way", ["", "&compressed=1"], ids=["pixels", "compressed"])
"""What a page on this machine is sent, and what one elsewhere is."""


@BOTH
def test_alpha_arrives_exactly_and_is_nothing_where_nobody_is(
    url: str, open_page: OpenPage, disc: Picture, way: str
) -> None:
    seen = until(open_page(f"{url}?{way}"), there)
    assert np.abs(seen[..., 3].astype(int) - disc.alpha).max() <= 1
    assert not seen[..., 3][disc.alpha == 0].any()
    assert (seen[..., 3][disc.alpha == 255] == 255).all()


@BOTH
@pytest.mark.parametrize("ground", [(255, 0, 255), (0, 0, 0), (255, 255, 255)], ids=["magenta", "black", "white"])
def test_over_a_coloured_page_the_edge_has_no_fringe(
    url: str, open_page: OpenPage, disc: Picture, ground: tuple[int, int, int], way: str
) -> None:
    page = open_page(f"{url}?{way}")
    until(page, there)
    page.evaluate("colour => { document.body.style.background = colour; }", f"rgb{ground[::-1]}")
    png = page.screenshot()
    seen = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR).astype(float)
    share = disc.alpha[..., None] / 255
    error = seen - (disc.image * share + np.array(ground) * (1 - share))
    edge = (disc.alpha > 0) & (disc.alpha < 255)
    assert (error[disc.alpha == 0] == 0).all()
    assert np.abs(error[edge].mean(axis=0)).max() < 1.5, "the edge is darker or lighter than the person"
    assert np.percentile(np.abs(error[edge]), 99) < 10
    assert np.abs(error[disc.alpha == 255]).mean() < 3


def test_place_size_and_mirror_are_said_by_the_address(url: str, open_page: OpenPage) -> None:
    seen = until(open_page(f"{url}?size=50&x=0&y=100"), there)
    rows, columns = np.nonzero(seen[..., 3])
    assert (rows.min(), rows.max()) == (pytest.approx(180 + 28, abs=2), pytest.approx(180 + 153, abs=2))
    assert columns.mean() == pytest.approx(150, abs=2)
    mirrored = until(open_page(f"{url}?mirror=1"), there)
    assert np.nonzero(mirrored[..., 3])[1].mean() == pytest.approx(640 - 300, abs=2)


@BOTH
def test_an_outline_follows_the_person(url: str, open_page: OpenPage, disc: Picture, way: str) -> None:
    seen = until(open_page(f"{url}?outline=10&colour=0000ff{way}"), there)
    ring = cv2.dilate(disc.alpha, np.ones((5, 5), np.uint8)) > 0
    outside = (seen[..., 3] > 200) & ~ring
    assert outside.sum() == pytest.approx(np.pi * (133**2 - 130**2), rel=0.3)
    assert np.median(seen[outside], axis=0).tolist()[:3] == [255, 0, 0]


@pytest.mark.parametrize("wishes", ["size=x&x=1e99&y=-5&outline=nan&colour=javascript:", "size=&mirror=<script>"])
def test_nonsense_in_the_address_means_the_usual(
    url: str, open_page: OpenPage, wishes: str, complaints: list[str]
) -> None:
    assert until(open_page(f"{url}?{wishes}"), there)[180, 300, 3] == 255
    assert complaints == []


def test_a_stalled_run_leaves_nothing_on_the_stream(open_page: OpenPage, disc: Picture) -> None:
    """A frozen picture of somebody who has left, or stopped the camera, would be worse than none."""
    with OverlaySink(Control(make_settings()), Address(port=0)) as sink:
        page = open_page(f"{sink.address.url()}/overlay")
        end = time.monotonic() + 10
        while not there(pixels(page)):
            assert time.monotonic() < end
            sink.send(disc)
        until(page, nothing, 4)
        assert page.inner_text("body").strip() == ""


def test_it_comes_back_after_the_server_did(serving: Any, open_page: OpenPage, disc: Picture) -> None:
    with serving(disc) as sink:
        port = sink.address.port
        page = open_page(f"{sink.address.url()}/overlay")
        until(page, there)
    until(page, nothing)
    assert page.inner_text("body").strip() == ""
    with serving(disc, port):
        until(page, there)


def test_what_is_not_the_result_never_reaches_the_stream(run: Any, open_page: OpenPage) -> None:
    """The panic button, and the room itself when somebody looks at it, show nothing here."""
    page = open_page(f"{run.url}/overlay", 320, 192)
    until(page, there)
    for show in ("placeholder", "original", "matte", "split"):
        run.change(show=show)
        until(page, nothing)
        run.change(show="result")
        seen = until(page, there)
        assert not seen[:, 200:, 3].any()


def test_three_clients_at_once_see_the_same(url: str, open_page: OpenPage) -> None:
    pages = [open_page(url) for _ in range(3)]
    for page in pages:
        assert until(page, there)[180, 300, 3] == 255
