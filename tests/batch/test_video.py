"""Clips: each comes out whole, in its own time and size, without the room, or not at all and with a reason."""

import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from greenscreen.batch import cut_video
from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.picture.frame import Frame, Matte, Picture
from greenscreen.segment import Segmenter
from greenscreen.sinks.video import VideoSink

GREEN = (64, 177, 0)
MakeClip = Callable[..., Path]


def cut(
    segmenter: Segmenter, clip: Path, out: Path, background: str | None = None, matte: bool = False
) -> list[tuple[int, int | None]]:
    """Cuts the video; returns what the progress bar was told."""
    told: list[tuple[int, int | None]] = []
    count = cut_video(clip, out, segmenter, background, matte, lambda done, total: told.append((done, total)))
    assert count == len(told)
    return told


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as video:
        return list(video.decode(video=0))


def codec(path: Path) -> str:
    with av.open(str(path)) as video:
        return video.streams.video[0].codec_context.name


def test_every_frame_keeps_its_time_and_the_clip_its_size_and_sound(
    segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path
) -> None:
    times = [0, 33, 66, 180, 200, 500, 533, 566, 600]
    clip = make_clip(tmp_path / "clip.mp4", times, (98, 66), sound=True)
    told = cut(segmenter, clip, tmp_path / "out.mp4")
    assert told == [(done, 9) for done in range(1, 10)]
    pictures = frames(tmp_path / "out.mp4")
    assert [1000 * picture.time for picture in pictures] == pytest.approx(times, abs=2)
    assert {(picture.width, picture.height) for picture in pictures} == {(98, 66)}
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert codec(tmp_path / "out.mp4") == "h264"
        assert len(video.streams.audio) == 1
        assert float(video.duration / av.time_base) == pytest.approx(0.64, abs=0.06)


def test_an_mp4_is_green_by_default_and_keeps_the_person(
    segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path
) -> None:
    cut(segmenter, make_clip(tmp_path / "clip.mp4", range(0, 160, 40), (160, 96)), tmp_path / "out.mp4")
    for index, picture in enumerate(frames(tmp_path / "out.mp4")):
        image = picture.to_ndarray(format="bgr24").astype(int)
        assert np.abs(image[:, 120:] - GREEN).max() <= 6
        assert np.abs(image[:, :40] - (60 + 5 * index)).max() <= 6
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert not video.streams.audio


@pytest.mark.parametrize(("name", "kind"), [("out.webm", "libvpx-vp9"), ("out.mov", "prores")])
def test_webm_and_mov_are_transparent_unless_a_background_is_given(
    segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path, name: str, kind: str
) -> None:
    clip, out = make_clip(tmp_path / "clip.mp4", range(0, 120, 40), (160, 96)), tmp_path / name
    cut(segmenter, clip, out)
    decoder = av.CodecContext.create(kind, "r")  # ffmpeg's own VP9 decoder leaves the alpha out
    with av.open(str(out)) as video:
        decoder.extradata = video.streams.video[0].codec_context.extradata
        pictures = [frame for packet in video.demux(video=0) if packet.size for frame in decoder.decode(packet)]
    pixels = pictures[0].to_ndarray(format="rgba")
    assert (pixels[:, :40, 3] > 250).all()
    assert (pixels[:, 120:, 3] < 5).all()
    assert (pixels[:, 120:, :3] < 8).all()
    cut(segmenter, clip, out, "#0000ff")
    composite = frames(out)[0].to_ndarray(format="bgr24").astype(int)
    assert np.abs(composite[:, 120:] - (255, 0, 0)).max() <= 8


@pytest.mark.parametrize(
    ("name", "matte", "planar"), [("out.mp4", False, True), ("out.mkv", True, False), ("out.mov", False, False)]
)
def test_in_a_hurry_frames_before_a_background_are_done_as_in_a_call(
    segmenter: Segmenter,
    make_clip: MakeClip,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    matte: bool,
    planar: bool,
) -> None:
    """They look the same; mattes, and what is transparent, are made as carefully as ever."""
    clip, seen, segment = make_clip(tmp_path / "clip.mp4", size=(160, 96)), [], segmenter.segment

    def watched(frame: Frame) -> Matte:
        seen.append((frame.planar, segmenter.thorough))
        return segment(frame)

    monkeypatch.setattr(segmenter, "segment", watched)
    results = []
    for fast in (False, True):
        assert cut_video(clip, tmp_path / name, segmenter, None, matte, lambda *_: None, fast) == 10
        results.append([picture.to_ndarray(format="bgr24").astype(int) for picture in frames(tmp_path / name)])
    assert seen == [(False, True)] * 10 + [(planar, not planar)] * 10
    for slow, quick in zip(*results, strict=True):
        assert np.abs(slow - quick)[:, :60].max() <= 3
        assert np.abs(slow - quick)[:, 100:].max() <= 3


def test_a_matte_in_mkv_is_lossless_gray(segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path) -> None:
    cut(segmenter, make_clip(tmp_path / "clip.mp4", size=(160, 96)), tmp_path / "out.mkv", matte=True)
    pictures = frames(tmp_path / "out.mkv")
    assert codec(tmp_path / "out.mkv") == "ffv1"
    assert len(pictures) == 10
    assert pictures[0].format.name == "gray"
    values = pictures[-1].to_ndarray()
    assert (values[:, :40] == 255).all()
    assert (values[:, 120:] == 0).all()


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.webm"])
def test_a_matte_in_other_files_is_white_on_black(
    segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path, name: str
) -> None:
    cut(segmenter, make_clip(tmp_path / "clip.mp4", range(0, 120, 40), (160, 96)), tmp_path / name, matte=True)
    image = frames(tmp_path / name)[0].to_ndarray(format="gray")
    assert (image[:, :40] > 250).all()
    assert (image[:, 120:] < 5).all()


def test_a_clip_that_is_cut_off_leaves_no_file_and_the_old_one_stays(
    segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path
) -> None:
    clip, out = make_clip(tmp_path / "clip.mp4", range(0, 4000, 40)), tmp_path / "out.mkv"
    clip.write_bytes(clip.read_bytes()[:-900])
    out.write_bytes(b"the last result")
    with pytest.raises(SourceError):
        cut(segmenter, clip, out)
    assert out.read_bytes() == b"the last result"
    assert sorted(os.listdir(tmp_path)) == ["clip.mp4", "out.mkv"]


def test_of_a_clip_that_is_cut_off_what_there_is_is_written_and_told(
    segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mkv", range(0, 4000, 40), sound=True)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    with pytest.raises(
        SourceError, match=r"cut off: .* after frame \d+; what there is was written to .*out\.mp4"
    ) as told:
        cut(segmenter, clip, tmp_path / "out.mp4")
    assert told.value.hint
    pictures = frames(tmp_path / "out.mp4")
    assert 20 < len(pictures) < 90
    assert f"after frame {len(pictures)}" in str(told.value)
    assert [picture.time for picture in pictures] == pytest.approx([0.04 * i for i in range(len(pictures))], abs=2e-3)
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert len(video.streams.audio) == 1
    assert sorted(os.listdir(tmp_path)) == ["clip.mkv", "out.mp4"]


def test_what_is_transparent_in_a_clip_stays_so(segmenter: Segmenter, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mov"
    with VideoSink(clip, (160, 96), 25) as sink:
        pixels, alpha = np.full((96, 160, 3), 200, np.uint8), np.full((96, 160), 255, np.uint8)
        alpha[48:] = 0
        for index in range(3):
            sink.send(Picture(pixels, alpha, index / 25, transparent=True))
    cut(segmenter, clip, tmp_path / "matte.mkv", matte=True)
    cut(segmenter, clip, tmp_path / "out.mp4", "#0000ff")
    matte = frames(tmp_path / "matte.mkv")[0].to_ndarray()
    assert (matte[:44, :60] > 250).all()
    assert (matte[52:] < 3).all()
    over = frames(tmp_path / "out.mp4")[0].to_ndarray(format="bgr24").astype(int)
    assert np.abs(over[:44, :60] - 200).max() <= 6
    assert np.abs(over[52:] - (255, 0, 0)).max() <= 6


def test_what_holds_no_frames_is_refused(segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path) -> None:
    make_clip(tmp_path / "empty.mp4", [], sound=True)
    (tmp_path / "nothing.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video at all\n" * 100)
    for name in ("empty.mp4", "nothing.mp4", "text.mp4", "missing.mp4"):
        with pytest.raises(SourceError) as caught:
            cut(segmenter, tmp_path / name, tmp_path / "out.mp4")
        assert caught.value.hint
    assert not (tmp_path / "out.mp4").exists()


def test_a_clip_is_not_overwritten_while_it_is_read(
    segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = home / "config" / "greenscreen" / "backgrounds"
    folder.mkdir(parents=True)
    clip, link = make_clip(tmp_path / "clip.mp4"), tmp_path / "link.mp4"
    backdrop, kept = make_clip(tmp_path / "backdrop.mp4"), make_clip(folder / "kept.mp4")
    link.symlink_to(clip)
    whole = clip.read_bytes()
    for out, background in (
        (clip, "green"),
        (link, "green"),
        (backdrop, str(backdrop)),
        (backdrop, "~/backdrop.mp4"),
        (kept, "kept"),
    ):
        with pytest.raises(UsageError, match="while it is read"):
            cut(segmenter, clip, out, background)
    assert clip.read_bytes() == whole


def test_transparency_is_refused_where_no_file_can_hold_it(
    segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    with pytest.raises(UsageError, match="cannot be transparent"):
        cut(segmenter, clip, tmp_path / "out.mp4", "transparent")
    with pytest.raises(UsageError, match="no kind of video"):
        cut(segmenter, clip, tmp_path / "out.avi")
    assert os.listdir(tmp_path) == ["clip.mp4"]


def test_ctrl_c_leaves_no_half_clip(segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path) -> None:
    """Unlike a live recording, which has no end of its own, half a clip would pass for the whole."""

    def interrupt(done: int, total: int | None) -> None:
        if done == 5:
            raise KeyboardInterrupt

    clip = make_clip(tmp_path / "clip.mp4")
    with pytest.raises(SinkError, match="was not finished"):
        cut_video(clip, tmp_path / "out.mp4", segmenter, None, False, interrupt)
    assert os.listdir(tmp_path) == ["clip.mp4"]
