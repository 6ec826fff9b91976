"""Backdrops: what a word means, never stretched, at its own pace, and no halo in the blur."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from greenscreen.composite import Composite, Soft
from greenscreen.composite.background import Blur, Clip, Colour, Still, open_backdrop
from greenscreen.errors import GreenscreenError, SourceError, UsageError
from greenscreen.picture.frame import Alpha, Frame, Image, Picture
from greenscreen.sinks.video import VideoSink

NOBODY = np.zeros((90, 160), np.uint8)


def frame(image: Image | None = None, time: float = 0, fresh: bool = False) -> Frame:
    return Frame(np.zeros((90, 160, 3), np.uint8) if image is None else image, time, 0, fresh)


def alpha(values: np.ndarray = NOBODY) -> Alpha:
    return Alpha(frame(), values.astype(np.float32) / 255, np.zeros((4, *values.shape), np.float32))


@pytest.mark.parametrize(
    ("word", "bgr"),
    [("green", (64, 177, 0)), ("BLACK", (0, 0, 0)), ("#ff8000", (0, 128, 255)), (" #0f0 ", (0, 255, 0))],
)
def test_colours(word: str, bgr: tuple[int, int, int]) -> None:
    backdrop = open_backdrop(word)
    assert isinstance(backdrop, Colour)
    assert (backdrop.behind(frame(), alpha()) == bgr).all()
    assert backdrop.behind(frame(np.zeros((3, 5, 3), np.uint8)), alpha()).shape == (3, 5, 3)


def test_transparent_is_no_backdrop() -> None:
    assert open_backdrop("transparent") is None


@pytest.mark.parametrize("word", ["blur", "blur:", "blur:20", "Blur:2.5"])
def test_blur_with_and_without_its_amount(word: str) -> None:
    assert isinstance(open_backdrop(word), Blur)


@pytest.mark.parametrize(
    "word",
    ["nowhere", "", " ", ".", "#12", "#gggggg", "blur:0", "blur:nan", "blur:x", "blur:-3", "~nobody/x", "y" * 5000],
)
def test_words_that_mean_nothing_are_refused_with_the_choices(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_backdrop(word)
    assert "blur" in caught.value.hint


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    for name in ("notes.txt", "broken.jpg"):
        (tmp_path / name).write_text("hello")
        with pytest.raises(GreenscreenError, match=name):
            open_backdrop(str(tmp_path / name))


def test_a_phones_photo_is_told_of_rather_than_shown_in_tiles(tmp_path: Path) -> None:
    (tmp_path / "beach.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    with pytest.raises(SourceError, match="is a HEIC photo"):
        open_backdrop(str(tmp_path / "beach.HEIC"))


def test_an_image_covers_the_frame_without_stretching(tmp_path: Path) -> None:
    image = np.zeros((300, 300, 3), np.uint8)
    cv2.circle(image, (150, 150), 60, (255, 255, 255), -1)
    cv2.imwrite(str(tmp_path / "wall.png"), image)
    backdrop = open_backdrop(str(tmp_path / "wall.png"))
    assert isinstance(backdrop, Still)
    behind = backdrop.behind(frame(), alpha())
    assert (behind[45, :, 0] > 127).sum() == pytest.approx((behind[:, 80, 0] > 127).sum(), abs=1)
    assert backdrop.behind(frame(), alpha()) is behind


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four gray frames, ten a second."""
    path = tmp_path_factory.mktemp("clips") / "four.mp4"
    with VideoSink(path, (160, 90), 10) as sink:
        for index in range(4):
            image = np.full((90, 160, 3), 50 * index + 20, np.uint8)
            sink.send(Picture(image, NOBODY, index / 10))
    return path


@pytest.fixture
def shown(clip: Path) -> Callable[..., int]:
    backdrop = open_backdrop(str(clip))
    assert isinstance(backdrop, Clip)
    return lambda time, **more: round((int(backdrop.behind(frame(time=time, **more), alpha())[0, 0, 0]) - 20) / 50)


def test_a_video_keeps_its_own_rate_and_loops(shown: Callable[..., int]) -> None:
    times = [7 + index / 30 for index in range(18)]
    assert [shown(time) for time in times] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0, 1, 1, 1]


def test_a_video_goes_on_after_a_pause_instead_of_racing(shown: Callable[..., int]) -> None:
    assert [shown(5.0), shown(5.11)] == [0, 1]
    assert shown(1000.0) == 1
    assert shown(1000.11) == 2
    assert shown(3.0, fresh=True) == 2


@pytest.mark.parametrize("rate", [0.8, 10])
def test_a_video_whose_pictures_last_for_seconds_goes_on(tmp_path: Path, rate: float) -> None:
    """Also behind a camera whose pictures take that long."""
    with VideoSink(tmp_path / "slow.mp4", (160, 90), 0.5) as sink:
        for index in range(3):
            sink.send(Picture(np.full((90, 160, 3), 100 * index, np.uint8), NOBODY, 2 * index))
    backdrop = open_backdrop(str(tmp_path / "slow.mp4"))
    assert backdrop
    times = [index / rate for index in range(round(5 * rate))]
    grays = [int(np.asarray(backdrop.behind(frame(time=time), alpha()))[0, 0, 0]) for time in times]
    assert [round(gray / 100) for gray in grays] == [int(time / 2) for time in times]


@pytest.mark.parametrize("planar", [False, True], ids=["plain", "compiled"])
def test_the_persons_colours_do_not_bleed_into_the_blur(planar: bool) -> None:
    """No halo: right beside a red person the blurred gray wall is gray."""
    image = np.full((360, 640, 3), 128, np.uint8)
    person = np.zeros((360, 640), np.uint8)
    cv2.circle(person, (320, 180), 90, 255, -1)
    image[person > 0] = (0, 0, 255)
    # Of an I420 picture half as many colours are kept, so that the room's next to her have some of hers already.
    known = cv2.dilate(person, np.ones((5, 5), np.uint8)) if planar else person
    taken = frame(image).as_planar() if planar else frame(image)
    behind = Blur(15).behind(taken, alpha(known))
    behind = Composite(taken, alpha(np.zeros_like(known)), behind).image if isinstance(behind, Soft) else behind
    assert np.abs(behind[known == 0].astype(int) - 128).max() <= 2


@pytest.mark.parametrize("sigma", [0.5, 4, 40])
def test_blur_blurs_by_about_its_sigma(sigma: float) -> None:
    image = np.zeros((360, 640, 3), np.uint8)
    image[:, 320:] = 255
    behind = Blur(sigma).behind(frame(image), alpha(np.zeros((360, 640), np.uint8)))
    step = np.diff(behind[180, :, 0].astype(float))
    x = np.arange(639) - 319
    centre = (step * x).sum() / step.sum()
    assert np.sqrt((step * (x - centre) ** 2).sum() / step.sum()) == pytest.approx(sigma, rel=0.35, abs=0.4)


def test_blur_works_when_nothing_of_the_room_is_seen() -> None:
    behind = Blur().behind(frame(), alpha(np.full((90, 160), 255, np.uint8)))
    assert behind.shape == (90, 160, 3)


def test_a_video_that_goes_while_it_plays_is_told_of_once_and_stands_still(clip: Path, tmp_path: Path) -> None:
    """A stick that is pulled out must not make a call flicker between picture and placeholder."""
    copy = Path(shutil.copy(clip, tmp_path))
    backdrop = Clip(copy)
    backdrop.behind(frame(time=0), alpha())
    copy.unlink()
    with pytest.raises(SourceError, match="there is no video"):
        backdrop.behind(frame(time=0.4), alpha())
    for time in (0.5, 1.0, 1.5):
        assert backdrop.behind(frame(time=time), alpha())[0, 0, 0] == pytest.approx(170, abs=3)


def test_a_missing_backdrop_video_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        Clip(tmp_path / "gone.mp4")
