"""Of a file that is broken, strange or no video at all, what there is comes whole, and the rest is told of."""

import itertools
import os
import re
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from clips import add_silence, clip, read

from greenscreen.errors import SourceError
from greenscreen.sources.video import VideoSource


def song(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        add_silence(container, container.add_stream("aac", rate=44100, layout="stereo"), 4)
    return path


def test_a_name_that_looks_like_an_address_is_still_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = clip(tmp_path / "плёнка 写真.mp4", 3)
    if os.name != "nt":
        path = path.rename(tmp_path / "http:clip.mp4")
    assert len(read(Path(path.name))) == 3


def cut(path: Path, keep: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def test_a_phones_photo_is_no_video_of_a_tile(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", 1).rename(tmp_path / "IMG_0001.HEIC")
    with pytest.raises(SourceError, match="is a photo, not a video"):
        read(path)


@pytest.mark.parametrize("movflags", ["+faststart", "frag_keyframe+empty_moov"])
def test_a_clip_cut_in_the_middle_gives_what_there_is_and_then_says_so(tmp_path: Path, movflags: str) -> None:
    path = cut(clip(tmp_path / "clip.mp4", 60, options={"movflags": movflags}), 0.6)
    frames = []
    with VideoSource(path) as source, pytest.raises(SourceError, match=r"after frame \d+") as caught:
        frames.extend(source)
    assert 20 < len(frames) < 45
    assert f"after frame {len(frames)}" in str(caught.value)
    assert caught.value.hint


def test_a_clip_whose_index_was_lost_is_refused(tmp_path: Path) -> None:
    """What remains when a recorder crashes: the data without the moov atom at its end."""
    with pytest.raises(SourceError, match=r"no video|not a video"):
        read(cut(clip(tmp_path / "clip.mp4"), 0.8))


def test_a_clip_whose_sound_has_a_wrong_index_says_what_it_cost(tmp_path: Path) -> None:
    path, frames = tmp_path / "clip.mp4", []
    with av.open(str(path), "w") as container:
        video, sound = container.add_stream("libx264", rate=30), container.add_stream("aac", rate=44100)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for number in range(60):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), "bgr24")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode())
        add_silence(container, sound, 80)
    data = bytearray(path.read_bytes())
    table = data.rindex(b"stco") + 8
    count = int.from_bytes(data[table : table + 4], "big")
    data[table + 4 : table + 4 + 4 * count] = b"\xff" * 4 * count
    path.write_bytes(data)
    with VideoSource(path) as source, pytest.raises(SourceError, match=r"(\d+) of its frames cannot be read") as caught:
        frames.extend(source)
    assert 0 < len(frames) < 60
    assert f"damaged: {60 - len(frames)} of its frames cannot be read" in str(caught.value)


def with_a_hole(path: Path, at: float, within: int = 0) -> Path:
    """A clip of 20 frames of which one is zeros, for the most part, from so many bytes within it on."""
    path = clip(path, 20, codec="png", pix_fmt="rgb24")
    data = bytearray(path.read_bytes())
    place = data.index(b"\x89PNG", int(len(data) * at)) + within
    data[place : place + 300] = bytes(300)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("within", [0, 400], ids=["what FFmpeg sees", "what zlib sees"])
def test_a_frame_that_cannot_be_decoded_costs_no_other_and_is_told(tmp_path: Path, within: int) -> None:
    frames, source = [], VideoSource(with_a_hole(tmp_path / "clip.mov", 0.5, within))
    with source, pytest.raises(SourceError, match=r"is damaged: 1 of its frames cannot be decoded") as caught:
        frames.extend(source)
    assert caught.value.hint
    assert len(frames) == 19
    assert frames[-1].time == pytest.approx(19 / 30, abs=0.01)


def damaged(path: Path, numbers: range, within: int) -> Path:
    """A file with zeros in the packets of these numbers, from so many bytes within them on."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        places = [(packets[number].pos, packets[number].size) for number in numbers]
    data = bytearray(path.read_bytes())
    for place, size in places:
        data[place + within : place + size] = bytes(size - within)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("codec", "broken", "within", "told"),
    [
        ("libx265", range(5, 15), 8, r"\d+ of its frames cannot be decoded$"),
        ("libx264", range(1), 8, r"\d+ of its frames cannot be decoded$"),
        ("libx264", range(20, 23), 300, "3 of its frames can be decoded in part alone$"),
    ],
)
def test_frames_that_decoders_leave_out_or_mend_in_silence_are_told_of(
    tmp_path: Path, codec: str, broken: range, within: int, told: str
) -> None:
    coding = {"x265-params": "log-level=none:crf=10"} if codec == "libx265" else {"crf": "10", "g": "10"}
    path = damaged(clip(tmp_path / "clip.mp4", 60, codec=codec, coding=coding), broken, within)
    frames = []
    with VideoSource(path) as source, pytest.raises(SourceError, match=told) as caught:
        frames.extend(source)
    lost = re.search(r"(\d+) of its frames cannot", str(caught.value))
    assert len(frames) == 60 - int(lost[1] if lost else 0)


def test_seconds_of_a_matroska_file_that_are_not_found_are_told_of(tmp_path: Path) -> None:
    """FFmpeg goes on five seconds later, at the next cluster, or at the file's end, as if nothing had been there."""
    path, frames = clip(tmp_path / "clip.mkv", 600, rate=30), []
    whole = path.read_bytes()
    for share, told in ((0.3, "a part of it cannot be read"), (0.8, "it ends after 1. of 20 seconds")):
        at = int(share * len(whole))
        path.write_bytes(whole[:at] + bytes(3000) + whole[at + 3000 :])
        with VideoSource(path) as source, pytest.raises(SourceError, match=f"is damaged: .*{told}"):
            frames = list(source)
    assert frames == []


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_a_damaged_loop_goes_round_with_what_there_is(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A backdrop that ends in a broken frame is no reason to end a call."""
    if suffix == ".mov":
        path, whole = with_a_hole(tmp_path / "clip.mov", 0.8), 19
    else:
        path, whole = cut(clip(tmp_path / "clip.mkv", 60), 0.6), 0
    with VideoSource(path, loop=True) as source:
        frames = list(itertools.islice(source, 150))
    starts = [frame.index for frame in frames if frame.fresh]
    assert len(starts) > 2
    assert starts[1] == whole or (not whole and 20 < starts[1] < 50)
    assert all(a.time < b.time for a, b in itertools.pairwise(frames))
    assert caplog.text.count("plays on and on") == 1


def transport(path: Path, frames: int, codec: str) -> list[bytes]:
    """The packets of a broadcast, of whose frames every tenth needs no other."""
    params = "log-level=none:crf=4:keyint=10:min-keyint=10:scenecut=0:bframes=0"
    coding = {"x265-params": params} if codec == "libx265" else {"g": "10", "bf": "0", "sc_threshold": "0"}
    data = clip(path, frames, (160, 96), codec=codec, coding=coding).read_bytes()
    return [data[place : place + 188] for place in range(0, len(data), 188)]


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg2video"])
@pytest.mark.parametrize("begins", [True, False], ids=["a frame's first", "one within"])
def test_a_packet_that_a_broadcast_lost_is_told_of(tmp_path: Path, codec: str, begins: bool) -> None:
    """Also where the decoder mends the picture in silence, or a whole one is gone."""
    path, frames = tmp_path / "clip.ts", []
    packets = transport(path, 60, codec)
    ours = [number for number, packet in enumerate(packets) if packet[1] & 0x1F == 1 and packet[2] == 0]
    starts = [number for number in ours if packets[number][1] & 0x40]
    lost = starts[35] + (not begins)
    assert lost in ours
    assert (lost in starts) == begins
    path.write_bytes(b"".join(packets[:lost] + packets[lost + 1 :]))
    with VideoSource(path) as source, pytest.raises(SourceError, match=r"is damaged: .* of its frames"):
        frames.extend(source)
    assert len(frames) > 50


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg2video"])
def test_broadcasts_that_were_joined_lack_nothing(tmp_path: Path, codec: str) -> None:
    """As the pieces of a stream are, whose packets are not counted on."""
    path = tmp_path / "clip.ts"
    first, second = transport(path, 37, codec), transport(path, 21, codec)
    path.write_bytes(b"".join(first + second + first))
    assert len(read(path)) == 37 + 21 + 37


def test_streams_that_damage_seems_to_begin_are_no_error_of_their_own(tmp_path: Path) -> None:
    """PyAV looks for those in vain, of a broadcast that names others on the way."""
    path, frames = clip(tmp_path / "clip.ts", 60), []
    data = bytearray(path.read_bytes())
    for place in np.random.default_rng(3).integers(len(data) // 10, len(data), 200):
        data[place] ^= 0xFF
    path.write_bytes(data)
    with VideoSource(path) as source, pytest.raises(SourceError, match=r"of its frames cannot be decoded"):
        frames.extend(source)
    assert len(frames) > 40


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".avi"])
def test_other_containers_that_are_cut_say_so_too(tmp_path: Path, suffix: str) -> None:
    path = clip(tmp_path / f"clip{suffix}", 60, codec="libvpx-vp9" if suffix == ".webm" else "libx264")
    assert len(read(path)) == 60
    frames = []
    with VideoSource(cut(path, 0.6)) as source, pytest.raises(SourceError, match="is cut off"):
        frames.extend(source)
    assert 5 < len(frames) < 50


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_video_that_may_not_be_read_is_not_called_broken(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", 5)
    path.chmod(0)
    with pytest.raises(SourceError, match=r"cannot be read: Permission denied") as caught:
        VideoSource(path).__enter__()
    assert "may read" in caught.value.hint


def test_a_codec_that_nobody_knows_is_not_called_damage(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", 5)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(SourceError, match="cannot be decoded here"):
        VideoSource(path).__enter__()


@pytest.mark.skipif(sys.platform == "win32", reason="there no open file can be removed")
def test_a_file_that_is_removed_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", 10)
    with VideoSource(path) as source:
        frames = iter(source)
        next(frames)
        path.unlink()
        assert sum(1 for _ in frames) == 9


def test_a_file_whose_length_nobody_knew_is_whole(tmp_path: Path) -> None:
    """As a stream that was saved while it ran."""
    path = clip(tmp_path / "clip.mkv", 10, options={"live": "1"})
    with VideoSource(path) as source:
        assert source.frames is None
        assert len(list(source)) == 10


def test_interlaced_video_comes_without_combs(tmp_path: Path) -> None:
    """A bar moves; each frame's odd rows are from half a frame later than its even ones."""
    path = tmp_path / "clip.mkv"
    options = {"flags": "+ildct+ilme", "x264-params": "tff=1:crf=10"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for index in range(12):
            picture = np.full((64, 128), 40, np.uint8)
            picture[::2, 8 * index :][:, :24], picture[1::2, 8 * index + 4 :][:, :24] = 220, 220
            frame = av.VideoFrame.from_ndarray(picture, "gray").reformat(format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    frames = read(path)
    assert [frame.time for frame in frames] == pytest.approx([index / 25 for index in range(12)], abs=2e-3)
    for index, frame in enumerate(frames[2:10], 2):
        rows = frame.image[8:-8, :, 1].astype(int)
        assert np.abs(np.diff(rows, axis=0)).max() < 90, index
        assert (rows[:, 8 * index + 6 : 8 * index + 22] > 180).all()


def test_a_recording_from_the_middle_of_a_broadcast_begins_where_it_can(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.ts", 40)
    with av.open(str(path), "r") as whole:
        packets = [packet.pos for packet in whole.demux(video=0) if packet.size]
    path.write_bytes(path.read_bytes()[packets[20] :] + path.read_bytes())
    assert len(read(path)) == 40


@pytest.mark.parametrize("data", [b"", b"hello\n" * 50, os.urandom(20000)], ids=["empty", "text", "noise"])
@pytest.mark.parametrize("name", ["clip.mp4", "notes.txt", "clip.mkv", "clip"])
def test_what_is_no_video_is_refused(tmp_path: Path, data: bytes, name: str) -> None:
    """FFmpeg would even show a text file as a video of a terminal."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError) as caught:
        read(tmp_path / name)
    assert caught.value.hint


def test_a_playlist_cannot_reach_the_network(tmp_path: Path) -> None:
    (tmp_path / "clip.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(SourceError):
        read(tmp_path / "clip.m3u8")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("clip.mp4", "ffconcat version 1.0\nfile other.ts\n"),
        ("clip.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_a_list_shows_no_other_files(tmp_path: Path, name: str, text: str) -> None:
    """Whoever sent it could have anything that is a video come along."""
    clip(tmp_path / "other.ts", 30)
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match="is a list of other files"):
        read(tmp_path / name)


@pytest.mark.skipif(os.name == "nt", reason="no name of a file there")
def test_a_name_that_looks_like_many_is_one(tmp_path: Path) -> None:
    for name in ("a0.png", "a1.png", "a%d.png"):
        (tmp_path / name).write_bytes(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
    assert len(read(tmp_path / "a%d.png")) == 1


def test_a_song_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no video"):
        read(song(tmp_path / "song.m4a"))


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no video"):
        read(tmp_path / "missing.mp4")
    with pytest.raises(SourceError, match="is a folder"):
        read(tmp_path)
