"""`greenscreen run` uses what is there, says what that is, does what was asked, and never lets the room out."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from small_run import go

from greenscreen.errors import EngineError, SinkError, SourceError
from greenscreen.live import outputs
from greenscreen.live import run as live
from greenscreen.picture.frame import Frame, Matte, Picture
from greenscreen.sinks.video import VideoSink
from greenscreen.sources.synthetic import SyntheticSource

GREEN = (64, 177, 0)
MakeClip = Callable[..., Path]
StubEngine = Callable[[Callable[[int, int], Matte]], str]


def frames(path: Path | str) -> list[np.ndarray]:
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="bgr24").astype(int) for frame in video.decode(video=0)]


def times(path: Path | str) -> list[float]:
    with av.open(str(path)) as video:
        return [frame.time for frame in video.decode(video=0)]


@pytest.mark.usefixtures("half")
def test_with_nothing_there_it_records_a_demo_and_a_still_and_says_so(bare: Path) -> None:
    summary, said = go(frames=5)
    assert sorted(path.name for path in bare.iterdir()) == ["greenscreen-demo.mp4", "greenscreen-demo.png"]
    assert summary.frames == len(frames("greenscreen-demo.mp4")) == 5
    still = cv2.imread("greenscreen-demo.png").astype(int)
    assert still.shape == (96, 160, 3)
    assert np.abs(still[:, 120:] - GREEN).max() <= 1
    text = "\n".join(said)
    for part in ("synthetic, 160x96", "no virtual camera", "no window", "greenscreen-demo.mp4", "greenscreen-demo.png"):
        assert part in text


@pytest.mark.usefixtures("half", "bare")
def test_the_demo_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "DEMO_SECONDS", 0.5)
    summary, said = go(camera="demo", size="96x64")
    assert summary.frames == pytest.approx(15, abs=3)
    assert "Ctrl-C ends it" not in said


@pytest.mark.usefixtures("half", "bare")
def test_a_transparent_demo_is_transparent() -> None:
    _, said = go(frames=3, background="transparent")
    assert "no virtual camera: it carries no transparency" in said
    with av.open("greenscreen-demo.mov") as video:
        assert video.streams.video[0].codec_context.pix_fmt.startswith("yuva")
    assert (cv2.imread("greenscreen-demo.png", cv2.IMREAD_UNCHANGED)[:, 120:] == 0).all()


@pytest.mark.usefixtures("half")
def test_a_recording_asked_for_is_all_there_is(bare: Path) -> None:
    summary, _ = go(record="call.mp4", frames=6)
    assert [path.name for path in bare.iterdir()] == ["call.mp4"]
    assert summary.frames == len(frames("call.mp4")) == 6
    assert set(summary.meter.medians()) == {"convert", "segment", "refine", "backdrop", "composite", "send"}


@pytest.mark.usefixtures("half")
def test_who_records_again_hears_of_a_recording_that_could_not_be_finished(bare: Path) -> None:
    go(record="call.mp4", frames=6)
    (bare / "call.mp4").rename(".greenscreen-01234567.mp4")
    _, said = go(record="call.mp4", frames=3)
    (found,) = bare.glob("*recovered.mp4")
    assert f"a recording that could not be finished is now {found.name}" in said
    assert (len(frames(found)), len(frames("call.mp4"))) == (6, 3)


@pytest.mark.usefixtures("bare")
def test_files_are_cut_to_the_size_asked_for_and_never_stretched(stub_engine: StubEngine) -> None:
    stub_engine(lambda width, height: np.ones((height, width), np.float32))
    photo = np.zeros((60, 180, 3), np.uint8)
    photo[:, 60:120] = 200
    cv2.imwrite("photo.png", photo)
    go(camera="photo.png", size="96x96", record="out.mkv", frames=2)
    for image in frames("out.mkv"):
        assert image.shape == (96, 96, 3)
        assert np.abs(image - 200).max() <= 6


@pytest.mark.usefixtures("half", "bare")
def test_a_lower_rate_leaves_frames_out_and_keeps_the_time(make_clip: MakeClip) -> None:
    clip = make_clip(Path("clip.mp4"), range(0, 800, 40))
    summary, _ = go(camera=str(clip), size=None, fps=12.5, record="out.mp4", frames=50)
    assert summary.frames == 10
    assert times("out.mp4") == pytest.approx([index * 0.08 for index in range(10)], abs=0.002)


@pytest.mark.usefixtures("half", "bare")
def test_a_file_without_end_is_recorded_in_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits ten seconds before Ctrl-C expects about ten seconds; nobody expects the disk to fill."""
    start = time.monotonic()
    seen = []

    class Stopping(VideoSink):
        def send(self, picture: Picture) -> bool:
            seen.append(picture.time)
            return super().send(picture) and len(seen) < 16

    monkeypatch.setattr(outputs, "VideoSink", Stopping)
    _, said = go(record="out.mp4")
    assert time.monotonic() - start >= 0.5
    assert "Ctrl-C ends it" in said


@pytest.mark.usefixtures("bare")
def test_an_engine_that_fails_lets_no_room_out(monkeypatch: pytest.MonkeyPatch, stub_engine: StubEngine) -> None:
    """What was sent before is composited, the frame without a matte is not sent, and what was recorded stays."""
    sent: list[Picture] = []

    def failing(width: int, height: int) -> Matte:
        if len(sent) >= 3:
            raise EngineError("it broke", "mend it")
        return np.zeros((height, width), np.float32)

    class Spy(VideoSink):
        def send(self, picture: Picture) -> bool:
            sent.append(picture)
            return super().send(picture)

    stub_engine(failing)
    monkeypatch.setattr(outputs, "VideoSink", Spy)
    with pytest.raises(EngineError, match="it broke"):
        go(record="out.mp4", frames=10)
    # Where a frame holds nothing new, nobody asks.
    assert len(sent) in (3, 4)
    assert all(np.abs(picture.image.astype(int) - GREEN).max() <= 2 for picture in sent)
    assert os.listdir() == ["out.mp4"]


@pytest.mark.usefixtures("half")
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"virtual_camera": True}, "there is no virtual camera"),
        ({"device": "/dev/video99"}, "/dev/video99 does not exist"),
        ({"preview": True}, "no display"),
        ({"record": "no/where.mp4"}, "cannot be written"),
    ],
)
def test_what_was_asked_for_must_be_there(bare: Path, asked: dict[str, object], reason: str) -> None:
    with pytest.raises(SinkError, match=reason):
        go(frames=2, **{"record": "call.mp4"} | asked)
    assert not list(bare.iterdir())


@pytest.mark.usefixtures("half")
def test_what_was_declined_is_not_even_mentioned(bare: Path) -> None:
    _, said = go(frames=2, virtual_camera=False, preview=False, record="call.mp4")
    assert not [line for line in said if line.startswith("no ")]


@pytest.mark.usefixtures("half")
def test_a_recording_does_not_take_the_place_of_what_it_is_made_from(bare: Path, make_clip: MakeClip) -> None:
    clip = make_clip(bare / "clip.mp4")
    demo = make_clip(bare / "greenscreen-demo.mp4")
    before = clip.read_bytes()
    for settings in (
        {"camera": "clip.mp4", "record": str(clip)},
        {"background": "clip.mp4", "record": "clip.mp4"},
        {"camera": str(demo)},
    ):
        go(frames=2, **settings)
    assert clip.read_bytes() == demo.read_bytes() == before
    names = {path.name for path in bare.glob("*.mp4")}
    assert names == {"clip.mp4", "clip-2.mp4", "clip-3.mp4", "greenscreen-demo.mp4", "greenscreen-demo-2.mp4"}


class Camera(SyntheticSource):
    """A live source that gives another size than was asked for, and is lost after some frames."""

    name = "camera 0"
    live = True
    note = "camera 0 gives 96x64 at 30 instead of the 160x96 at 30 asked for"

    def __init__(self) -> None:
        super().__init__((96, 64), 30, 4)

    def __iter__(self) -> Iterator[Frame]:
        yield from super().__iter__()
        raise SourceError("camera 0 stopped giving pictures", "check that it is plugged in")


@pytest.mark.usefixtures("half", "bare")
def test_a_camera_that_does_not_obey_is_fitted_and_the_difference_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that watch were promised the size that was asked for."""
    monkeypatch.setattr(live, "open_source", lambda *_: Camera())
    _, said = go(record="call.mp4", size="160x96", frames=3)
    assert Camera.note in said
    assert frames("call.mp4")[0].shape == (96, 160, 3)


@pytest.mark.usefixtures("half", "bare")
def test_without_a_size_a_camera_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "open_source", lambda *_: Camera())
    go(record="call.mp4", size=None, frames=3)
    assert frames("call.mp4")[0].shape == (64, 96, 3)


@pytest.mark.usefixtures("half", "bare")
def test_a_lost_camera_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "open_source", lambda *_: Camera())
    with pytest.raises(SourceError, match="stopped giving pictures"):
        go(record="call.mp4")


@pytest.mark.usefixtures("half", "bare")
def test_everything_is_closed_in_the_end() -> None:
    threads = threading.active_count()
    go(camera="demo", size="96x64", frames=2, background="blur")
    assert threading.active_count() == threads
