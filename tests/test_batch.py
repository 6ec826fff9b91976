"""Photos and clips: each comes out whole and at its own size, without the room, or not at all and with a reason."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from greenscreen.batch import Job, cut_photos, cut_video, plan_photos
from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.frame import Frame, Matte, Picture
from greenscreen.segment import Segmenter, open_segmenter
from greenscreen.sinks.video import VideoSink

GREEN = (64, 177, 0)
MakeClip = Callable[..., Path]


@pytest.fixture
def segmenter(half: str) -> Iterator[Segmenter]:
    with open_segmenter(half) as opened:
        yield opened


def photo(path: Path, size: tuple[int, int] = (64, 48), mode: str = "RGB", **more: object) -> Path:
    """A photo of one bright colour, so that any of it that is left is seen."""
    path.parent.mkdir(exist_ok=True)
    Pillow.new("RGB", size, (220, 120, 90)).convert(mode).save(path, **more)  # type: ignore[arg-type]
    return path


def turned(path: Path) -> Path:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return photo(path, (40, 24), exif=exif)


def deep(path: Path) -> Path:
    cv2.imwrite(str(path), np.full((30, 50, 3), 40_000, np.uint16))
    return path


PHOTOS: dict[str, tuple[Callable[[Path], Path], tuple[int, int]]] = {
    "plain.jpg": (photo, (64, 48)),
    "turned.jpg": (turned, (24, 40)),
    "tiny.png": (lambda path: photo(path, (1, 1)), (1, 1)),
    "wide.png": (lambda path: photo(path, (20_000, 10)), (20_000, 10)),
    "gray.jpg": (lambda path: photo(path, mode="L"), (64, 48)),
    "deep.png": (deep, (50, 30)),
    "palette.png": (lambda path: photo(path, mode="P"), (64, 48)),
    "cmyk.jpg": (lambda path: photo(path, mode="CMYK"), (64, 48)),
    "odd.webp": (lambda path: photo(path, (33, 21)), (33, 21)),
}


def do(
    segmenter: Segmenter, inputs: list[Path], out: Path, background: str = "transparent", matte: bool = False
) -> list:
    return cut_photos(plan_photos(inputs, out), segmenter, background, matte, lambda job: None)


def read(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("name", PHOTOS)
def test_every_kind_of_photo_comes_out_at_its_own_size(segmenter: Segmenter, tmp_path: Path, name: str) -> None:
    make, (width, height) = PHOTOS[name]
    source = make(tmp_path / name)
    for out, matte, shape in (("cut.png", False, (height, width, 4)), ("matte.png", True, (height, width))):
        assert not do(segmenter, [source], tmp_path / out, matte=matte)
        assert read(tmp_path / out).shape == shape
        assert read(tmp_path / out).dtype == np.uint8


def test_nothing_of_the_room_is_behind_the_transparency(segmenter: Segmenter, tmp_path: Path) -> None:
    """Whoever is sent the picture could otherwise bring the room back."""
    do(segmenter, [photo(tmp_path / "a.png", (200, 120))], tmp_path / "out.png")
    pixels = read(tmp_path / "out.png")
    assert (pixels[pixels[..., 3] == 0] == 0).all()
    assert (pixels[:, :60, 3] == 255).all()
    assert (pixels[:, 140:, 3] == 0).all()
    assert np.abs(pixels[:, :60, :3].astype(int) - (90, 120, 220)).max() <= 2


def test_a_background_makes_it_a_composite(segmenter: Segmenter, tmp_path: Path) -> None:
    do(segmenter, [photo(tmp_path / "a.png", (200, 120))], tmp_path / "out.jpg", "#00ff00")
    pixels = read(tmp_path / "out.jpg")
    assert pixels.shape == (120, 200, 3)
    assert np.abs(pixels[:, 140:].astype(int) - (0, 255, 0)).max() <= 4
    assert np.abs(pixels[:, :60].astype(int) - (90, 120, 220)).max() <= 4


def see_through(path: Path, kind: str = "PNG") -> Path:
    """A photo that is solid above and half transparent below."""
    pixels = np.full((120, 200, 4), 255, np.uint8)
    pixels[..., :3], pixels[60:, :, 3] = (220, 120, 90), 128
    Pillow.fromarray(pixels).save(path, kind)
    return path


def test_a_photos_own_transparency_counts_with_the_matte(segmenter: Segmenter, tmp_path: Path) -> None:
    source = see_through(tmp_path / "a.png")
    do(segmenter, [source], tmp_path / "cut.png")
    do(segmenter, [source], tmp_path / "matte.png", matte=True)
    do(segmenter, [source], tmp_path / "over.png", "#00ff00")
    cut, matte, over = (read(tmp_path / f"{name}.png") for name in ("cut", "matte", "over"))
    assert (cut[:60, :60, 3] == 255).all()
    assert (cut[60:, :60, 3] == 128).all()
    assert (cut[..., 3] == matte).all()
    assert (cut[matte == 0] == 0).all()
    assert np.abs(cut[:, :60, :3].astype(int) - (90, 120, 220)).max() <= 2
    assert np.abs(over[:55, :60].astype(int) - (90, 120, 220)).max() <= 2
    assert np.abs(over[65:, :60].astype(int) - (45, 187, 110)).max() <= 2
    assert (over[:, 140:] == (0, 255, 0)).all()


@pytest.mark.parametrize("name", ["out.png", "out.jpg", "out.webp"])
def test_colours_keep_their_profile_and_whoever_took_it_and_where_stays_behind(
    segmenter: Segmenter, tmp_path: Path, name: str
) -> None:
    profile = (300).to_bytes(4, "big") + bytes(12) + b"RGB " + bytes(16) + b"acsp" + bytes(260)
    exif = Pillow.Exif()
    exif[0x010F] = "the camera's maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 1.0, 2.0)})
    source = photo(tmp_path / "a.jpg", (200, 120), exif=exif, icc_profile=profile, comment=b"a secret")
    assert b"maker" in source.read_bytes()
    assert not do(segmenter, [source], tmp_path / name, "#00ff00")
    with Pillow.open(tmp_path / name) as written:
        assert written.info["icc_profile"] == profile
        assert not written.getexif()
    assert b"maker" not in (tmp_path / name).read_bytes()
    assert b"secret" not in (tmp_path / name).read_bytes()
    do(segmenter, [source], tmp_path / "matte.png", matte=True)
    with Pillow.open(tmp_path / "matte.png") as matte:
        assert "icc_profile" not in matte.info  # A matte has no colours.


def test_photos_that_differ_in_their_ending_alone_keep_it(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "b.png"):
        photo(tmp_path / "in" / name)
    jobs = plan_photos([tmp_path / "in"], tmp_path / "out")
    assert [job.out.name for job in jobs] == ["a.jpg.png", "a.png.png", "b.png"]


def test_a_folder_becomes_a_folder_and_one_bad_photo_stops_no_other(segmenter: Segmenter, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "new" / "out"
    for name in ("a.jpg", "b.jpg", "c.png"):
        photo(folder / name)
    (folder / "b.jpg").write_bytes((folder / "b.jpg").read_bytes()[:300])
    (folder / "notes.txt").write_text("no photo")
    (folder / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    jobs, done = plan_photos([folder], out), []
    failed = cut_photos(jobs, segmenter, "transparent", False, done.append)
    assert [job.photo.name for job, _ in failed] == ["b.jpg", "phone.heic"]
    assert isinstance(failed[0][1], SourceError)
    assert done == jobs
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "c.png"]


def test_photos_and_folders_together_become_a_folder(tmp_path: Path) -> None:
    inputs = [photo(tmp_path / "one.jpg"), photo(tmp_path / "in" / "two.jpg").parent]
    jobs = plan_photos(inputs, tmp_path / "v1.0")
    assert jobs == [
        Job(inputs[0], tmp_path / "v1.0" / "one.png"),
        Job(inputs[1] / "two.jpg", tmp_path / "v1.0" / "two.png"),
    ]
    assert (tmp_path / "v1.0").is_dir()


def test_one_photo_goes_to_a_file_or_into_a_folder(tmp_path: Path) -> None:
    source = photo(tmp_path / "one.jpg")
    (tmp_path / "there.png").mkdir()
    for out, file in (("x.webp", "x.webp"), ("folder", "folder/one.png"), ("there.png", "there.png/one.png")):
        assert plan_photos([source], tmp_path / out) == [Job(source, tmp_path / file)]


def test_what_would_be_lost_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    first, second = photo(tmp_path / "a.png"), photo(tmp_path / "in" / "a.jpg")
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    for inputs, out, reason in (
        ([first, second], tmp_path / "out", "would both be written"),
        ([first], first, "would overwrite the photo"),
        ([first], link / "a.png", "would overwrite the photo"),
        ([first], tmp_path, "would overwrite the photo"),
        ([second, first], tmp_path / "in" / ".." / "in", "would both be written"),
        ([first, second], tmp_path / "out.png", "cannot take several photos"),
        ([second.parent], tmp_path / "out.png", "cannot take several photos"),
    ):
        with pytest.raises(UsageError, match=reason):
            plan_photos(inputs, out)
    assert sorted(os.listdir(tmp_path)) == ["a.png", "in", "link"]


@pytest.mark.parametrize("name", ["no.jpg", "no/where.jpg", "x" * 300])
def test_a_missing_photo_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=f"there is no photo .*{name}"):
        plan_photos([tmp_path / name], tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_folder_without_photos_and_a_folder_that_cannot_be_made_are_told_of(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.jpg")
    with pytest.raises(SinkError, match="cannot be made"):
        plan_photos([source], source / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no photos"):
        plan_photos([tmp_path / "empty"], tmp_path / "out")


@pytest.mark.parametrize(("out", "reason"), [("out.gif", "no kind of image"), ("out.jpg", "cannot hold transparency")])
def test_a_file_that_cannot_hold_the_result_is_refused(
    segmenter: Segmenter, tmp_path: Path, out: str, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        do(segmenter, [photo(tmp_path / "a.png")], tmp_path / out)
    assert os.listdir(tmp_path) == ["a.png"]


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
def test_in_a_hurry_frames_before_a_background_stay_as_they_are_stored(
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
        seen.append(frame.planar)
        return segment(frame)

    monkeypatch.setattr(segmenter, "segment", watched)
    results = []
    for fast in (False, True):
        assert cut_video(clip, tmp_path / name, segmenter, None, matte, lambda *_: None, fast) == 10
        results.append([picture.to_ndarray(format="bgr24").astype(int) for picture in frames(tmp_path / name)])
    assert seen == [False] * 10 + [planar] * 10
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
        SourceError, match=r"cut off: .* after \d+ frames; what there is was written to .*out\.mp4"
    ) as told:
        cut(segmenter, clip, tmp_path / "out.mp4")
    assert told.value.hint
    pictures = frames(tmp_path / "out.mp4")
    assert 20 < len(pictures) < 90
    assert f"after {len(pictures)} frames" in str(told.value)
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


def test_a_clip_is_not_overwritten_while_it_is_read(segmenter: Segmenter, make_clip: MakeClip, tmp_path: Path) -> None:
    clip, link = make_clip(tmp_path / "clip.mp4"), tmp_path / "link.mp4"
    backdrop = make_clip(tmp_path / "backdrop.mp4")
    link.symlink_to(clip)
    whole = clip.read_bytes()
    for out in (clip, link, backdrop):
        with pytest.raises(UsageError, match="while it is read"):
            cut(segmenter, clip, out, str(backdrop))
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
