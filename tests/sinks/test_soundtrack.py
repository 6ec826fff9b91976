"""Sound comes along in step with the pictures, however the source times it, and never costs a recording."""

import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from greenscreen.errors import SinkError
from greenscreen.picture.frame import Picture
from greenscreen.sinks.video import VideoSink


def record(path: Path, times: list[float], audio_from: Path | None = None) -> None:
    image = np.full((64, 192, 3), 128, np.uint8)
    with VideoSink(path, (192, 64), 25.0, audio_from=audio_from) as sink:
        for time in times:
            assert sink.send(Picture(image, image[..., 0], time))


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as video:
        return list(video.decode(video=0))


def with_sound(path: Path, codec: str = "aac", click: float = 1.0, video_start: float = 0.0) -> None:
    """Write three seconds of 25 pictures a second, beside silence with one click."""
    rate = 48_000
    samples = np.zeros((2, 3 * rate), np.int16)
    samples[:, int(click * rate) :][:, :48] = 30_000
    with av.open(str(path), "w") as target:
        video = target.add_stream("libx264", rate=25, width=64, height=48, time_base=Fraction(1, 90_000))
        video.pix_fmt = "yuv420p"
        audio = target.add_stream(codec, rate=rate, layout="stereo")
        packets = []
        for index in range(75):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index, np.uint8), "bgr24")
            frame.pts, frame.time_base = round((video_start + index / 25) * 90_000), Fraction(1, 90_000)
            packets += video.encode(frame)
        for start in range(0, samples.shape[1], 1000):
            block = np.ascontiguousarray(samples[:, start : start + 1000].T).reshape(1, -1)
            sound = av.AudioFrame.from_ndarray(block, "s16", "stereo")
            sound.rate, sound.pts, sound.time_base = rate, start, Fraction(1, rate)
            packets += audio.encode(sound)
        packets += video.encode() + audio.encode()
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            target.mux(packet)


def click_time(path: Path, after: float = 0.0) -> float:
    with av.open(str(path)) as video:
        for frame in video.decode(audio=0):
            level = frame.to_ndarray()[0].astype(float) / (32_768 if "s16" in frame.format.name else 1)
            loud = np.flatnonzero(np.abs(level) > 0.45)
            if loud.size and frame.time >= after:
                step = 1 if frame.format.is_planar else 2
                return frame.time + int(loud[0]) // step / frame.sample_rate
    raise AssertionError("no click in the sound")


@pytest.mark.parametrize(
    ("source", "codec", "suffix", "expected"),
    [
        ("a.mp4", "aac", ".mp4", "aac"),
        ("a.mp4", "aac", ".mov", "aac"),
        ("a.mp4", "aac", ".webm", "opus"),
        ("a.mkv", "libopus", ".webm", "opus"),
        ("a.mkv", "libopus", ".mov", "aac"),
        ("a.mkv", "pcm_f32le", ".mkv", "aac"),
        ("a.ts", "aac", ".mp4", "aac"),
        ("a.ts", "libmp3lame", ".mp4", "mp3"),
    ],
)
def test_sound_stays_in_step_with_the_pictures(
    tmp_path: Path, source: str, codec: str, suffix: str, expected: str
) -> None:
    """The pictures of the source begin 0.2 s after its sound, so the click comes 0.2 s earlier in the recording."""
    original, path = tmp_path / source, tmp_path / f"out{suffix}"
    with_sound(original, codec, click=1.0, video_start=0.2)
    record(path, [index / 25 for index in range(50)], original)
    with av.open(str(path)) as video:
        assert video.streams.audio[0].codec.canonical_name == expected
        assert video.streams.video[0].index == 0
        assert video.duration / av.time_base == pytest.approx(2.8, abs=0.05)
    assert click_time(path) == pytest.approx(0.8, abs=0.002)
    assert frames(path)[0].time == 0.0


def test_sound_that_the_container_takes_is_copied_bit_for_bit(tmp_path: Path) -> None:
    with_sound(tmp_path / "in.mp4")
    record(tmp_path / "out.mp4", [0.0, 3.0], tmp_path / "in.mp4")
    with av.open(str(tmp_path / "in.mp4")) as before, av.open(str(tmp_path / "out.mp4")) as after:
        original = [bytes(packet) for packet in before.demux(audio=0) if packet.size and packet.pts >= 0]
        assert [bytes(packet) for packet in after.demux(audio=0) if packet.size] == original


def with_tracks(path: Path, *tracks: tuple[str, str, float]) -> None:
    """Write two seconds of picture beside tones of these codecs, languages and frequencies; the second is default."""
    rate = 48_000
    with av.open(str(path), "w") as target:
        video = target.add_stream("libx264", rate=25, width=64, height=48)
        video.pix_fmt = "yuv420p"
        added = []
        for index, (codec, language, _) in enumerate(tracks):
            stream = target.add_stream(codec, rate=rate, layout="stereo")
            stream.metadata.update({"language": language, "title": f"track {index}"})
            stream.disposition = Disposition.default if index == 1 else 0
            added.append(stream)
        for index in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index, np.uint8), "bgr24")
            frame.pts = index
            target.mux(video.encode(frame))
            moments = np.arange(index * 1920, (index + 1) * 1920) / rate
            for stream, (_, _, pitch) in zip(added, tracks, strict=True):
                tone = np.int16(12_000 * np.sin(2 * np.pi * pitch * moments)).repeat(2)[None]
                sound = av.AudioFrame.from_ndarray(tone, "s16", "stereo")
                sound.rate, sound.pts, sound.time_base = rate, index * 1920, Fraction(1, rate)
                target.mux(stream.encode(sound))
        for stream in (video, *added):
            target.mux(stream.encode())


def pitch_of(path: Path, track: int, start: float = 0.2) -> float:
    """What sounds in the second from `start` on, in Hz."""
    with av.open(str(path)) as video:
        sound = np.concatenate([frame.to_ndarray()[0].astype(float) for frame in video.decode(audio=track)])
    sound = sound[round(start * 48_000) :][:48_000]
    return float(np.abs(np.fft.rfft(sound - sound.mean())).argmax() * 48_000 / len(sound))


def length_of(path: Path) -> float:
    """How long the first track sounds, in seconds."""
    with av.open(str(path)) as video:
        return sum(frame.samples for frame in video.decode(audio=0)) / 48_000


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.mov", "out.webm"])
def test_all_tracks_come_along_with_their_languages(tmp_path: Path, name: str) -> None:
    """Some copied, some encoded, by what the new file is for."""
    with_tracks(tmp_path / "in.mkv", ("aac", "eng", 440), ("libopus", "ger", 600), ("pcm_f32le", "fra", 880))
    record(tmp_path / name, [index / 25 for index in range(50)], tmp_path / "in.mkv")
    with av.open(str(tmp_path / name)) as video:
        assert [stream.language for stream in video.streams.audio] == ["eng", "ger", "fra"]
        assert [bool(stream.disposition & Disposition.default) for stream in video.streams.audio][1]
        if name == "out.mkv":
            assert [stream.metadata["title"] for stream in video.streams.audio] == ["track 0", "track 1", "track 2"]
            assert [stream.codec.canonical_name for stream in video.streams.audio] == ["aac", "opus", "aac"]
    assert [pitch_of(tmp_path / name, track) for track in range(3)] == pytest.approx([440, 600, 880], abs=3)


def test_a_title_in_letters_of_another_age_does_not_cost_the_sound(tmp_path: Path) -> None:
    """Cameras and programs of before Unicode wrote Latin-1."""
    old = tmp_path / "old.mkv"
    with_tracks(old, ("aac", "fra", 440))
    old.write_bytes(old.read_bytes().replace(b"track 0", "Café 16".encode("latin-1")))
    record(tmp_path / "out.mkv", [index / 25 for index in range(50)], old)
    with av.open(str(tmp_path / "out.mkv")) as video:
        assert video.streams.audio[0].metadata["title"] == "Caf\ufffd 16"
    assert pitch_of(tmp_path / "out.mkv", 0) == pytest.approx(440, abs=3)


def test_the_sound_of_a_file_that_is_cut_off_goes_as_far_as_it_does(tmp_path: Path) -> None:
    with_tracks(tmp_path / "in.mkv", ("aac", "eng", 440))
    data = (tmp_path / "in.mkv").read_bytes()
    (tmp_path / "in.mkv").write_bytes(data[: len(data) // 2])
    record(tmp_path / "out.mp4", [index / 25 for index in range(50)], tmp_path / "in.mkv")
    assert len(frames(tmp_path / "out.mp4")) == 50
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert 0.3 < sum(frame.samples for frame in video.decode(audio=0)) / 48_000 < 1.7


def test_a_recording_that_begins_later_in_the_source_takes_the_sound_from_there(tmp_path: Path) -> None:
    with_sound(tmp_path / "in.mp4", click=2.0)
    record(tmp_path / "out.mp4", [1.5, 2.0, 2.5], tmp_path / "in.mp4")
    assert click_time(tmp_path / "out.mp4") == pytest.approx(0.5, abs=0.002)


def test_a_source_without_sound_gives_a_silent_recording(tmp_path: Path) -> None:
    record(tmp_path / "in.mp4", [0.0, 0.1])
    record(tmp_path / "out.mp4", [0.0, 0.1], tmp_path / "in.mp4")
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert not video.streams.audio


def test_a_recording_may_replace_the_very_file_its_sound_comes_from(tmp_path: Path) -> None:
    with_sound(tmp_path / "clip.mp4")
    record(tmp_path / "clip.mp4", [0.0, 1.0, 2.0], tmp_path / "clip.mp4")
    assert click_time(tmp_path / "clip.mp4") == pytest.approx(1.0, abs=0.002)
    assert frames(tmp_path / "clip.mp4")[0].width == 192


@pytest.mark.parametrize("content", [None, b"", b"not a video" * 100])
def test_sound_that_cannot_be_read_is_one_sentence_and_leaves_nothing(tmp_path: Path, content: bytes | None) -> None:
    source = tmp_path / "in.mp4"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(SinkError, match=r"sound of .*in\.mp4 cannot be read"):
        record(tmp_path / "out.mp4", [0.0], source)
    assert sorted(os.listdir(tmp_path)) == (["in.mp4"] if content is not None else [])


def without_header(path: Path) -> None:
    """Blank what the first sound track of a Matroska file with pictures says of itself: its second CodecPrivate."""
    data = path.read_bytes()
    place = list(re.finditer(rb"\x63\xa2([\x80-\xff])", data))[1]
    void = b"\xec\x40" + bytes([place[1][0] & 0x7F])
    path.write_bytes(data[: place.start()] + void + data[place.end() :])


@pytest.mark.parametrize(
    ("codec", "name", "pitches"),
    [
        ("flac", "out.mkv", [440, 600]),
        ("flac", "out.mp4", [440, 600]),
        ("alac", "out.mkv", [600]),
        ("alac", "out.mov", [600]),
    ],
)
def test_a_track_without_its_header_costs_neither_pictures_nor_the_other_tracks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, codec: str, name: str, pitches: list[int]
) -> None:
    """FLAC can be decoded without one, though not copied; of Apple's lossless sound nothing can be had."""
    source = tmp_path / "in.mkv"
    with_tracks(source, (codec, "eng", 440), ("aac", "ger", 600))
    without_header(source)
    record(tmp_path / name, [index / 25 for index in range(50)], source)
    assert len(frames(tmp_path / name)) == 50
    with av.open(str(tmp_path / name)) as video:
        assert len(video.streams.audio) == len(pitches)
    assert [pitch_of(tmp_path / name, track) for track in range(len(pitches))] == pytest.approx(pitches, abs=3)
    left_out = ["the alac sound of in.mkv is left out: Invalid data found when processing input"]
    assert caplog.messages == (left_out if codec == "alac" else [])


@pytest.mark.parametrize("name", ["out.mp4", "out.webm"])
def test_sound_goes_on_where_spliced_files_step_back_in_time(tmp_path: Path, name: str) -> None:
    """As pictures do, see `VideoSource`. It is copied to the one and encoded for the other."""
    with_sound(tmp_path / "part.ts", "libmp3lame", click=1.0)
    (tmp_path / "in.ts").write_bytes(2 * (tmp_path / "part.ts").read_bytes())
    record(tmp_path / name, [0.0, 2.0, 4.0, 6.0], tmp_path / "in.ts")
    assert len(frames(tmp_path / name)) == 4
    assert click_time(tmp_path / name) == pytest.approx(1.0, abs=0.002)
    assert click_time(tmp_path / name, after=2) == pytest.approx(4.0, abs=0.05)


def with_tone(path: Path, rate: int, layout: str, pitch: int) -> None:
    """Write two seconds of it."""
    with av.open(str(path), "w") as target:
        audio = target.add_stream("aac", rate=rate, layout=layout)
        tone = np.int16(12_000 * np.sin(2 * np.pi * pitch * np.arange(2 * rate) / rate))
        sound = av.AudioFrame.from_ndarray(tone.repeat(audio.layout.nb_channels)[None], "s16", layout)
        sound.rate, sound.pts, sound.time_base = rate, 0, Fraction(1, rate)
        target.mux(audio.encode(sound))
        target.mux(audio.encode())


@pytest.mark.parametrize("name", ["out.webm", "out.mp4", "out.mkv"])
def test_sound_that_changes_its_kind_on_the_way_is_encoded_on(tmp_path: Path, name: str) -> None:
    """As broadcasts do between film and talk; copied AAC of another rate would be played at the first's."""
    with_tone(tmp_path / "stereo.ts", 48_000, "stereo", 440)
    with_tone(tmp_path / "mono.ts", 32_000, "mono", 660)
    (tmp_path / "in.ts").write_bytes((tmp_path / "stereo.ts").read_bytes() + (tmp_path / "mono.ts").read_bytes())
    record(tmp_path / name, [0.0, 2.0, 4.0], tmp_path / "in.ts")
    assert len(frames(tmp_path / name)) == 3
    assert [pitch_of(tmp_path / name, 0, start) for start in (0.2, 2.2)] == pytest.approx([440, 660], abs=3)
    assert length_of(tmp_path / name) == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize(("codec", "name"), [("aac", "out.webm"), ("ac3", "out.webm"), ("libmp3lame", "out.mp4")])
@pytest.mark.parametrize(
    ("seed", "places"), [(3, 400), (3, 4000), (9, 400)], ids=["moments", "most of it", "new streams"]
)
def test_a_damaged_source_does_not_lose_the_recording(
    tmp_path: Path, codec: str, name: str, seed: int, places: int
) -> None:
    """Sound is encoded anew for WebM, so every damaged packet meets the decoder; MP4 gets MP3 as it is."""
    with_sound(tmp_path / "in.ts", codec)
    data = bytearray((tmp_path / "in.ts").read_bytes())
    noise = np.random.default_rng(seed)
    for place in noise.integers(len(data) // 10, len(data), places):
        data[place] ^= 0xFF
    (tmp_path / "in.ts").write_bytes(data)
    record(tmp_path / name, [0.0, 1.0, 2.0], tmp_path / "in.ts")
    assert len(frames(tmp_path / name)) == 3


PEAK_MEMORY = """
import resource, sys
from pathlib import Path
import numpy as np
from greenscreen.picture.frame import Picture
from greenscreen.sinks.video import VideoSink

folder, image = Path(sys.argv[1]), np.zeros((64, 64, 3), np.uint8)
for name in ("warm.mov", "long.mov"):
    with VideoSink(folder / "out.mov", (64, 64), 1.0, audio_from=folder / name) as sink:
        for second in (0.0, 1.0, 599.0):
            sink.send(Picture(image, image[..., 0], second))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage")
def test_memory_stays_flat_however_long_the_sound_is(tmp_path: Path) -> None:
    """Ten minutes of raw sound are 115 MB, all of which become due with one picture after a long break."""
    rate = 48_000
    for name, seconds in (("warm.mov", 5), ("long.mov", 600)):
        with av.open(str(tmp_path / name), "w") as target:
            audio = target.add_stream("pcm_s16le", rate=rate, layout="stereo")
            block = av.AudioFrame.from_ndarray(np.zeros((1, 2 * rate), np.int16), "s16", "stereo")
            for second in range(seconds):
                block.rate, block.pts, block.time_base = rate, second * rate, Fraction(1, rate)
                target.mux(audio.encode(block))
            target.mux(audio.encode())
    command = [sys.executable, "-W", "error", "-c", PEAK_MEMORY, str(tmp_path)]
    warm, long = map(int, subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.split())
    assert (tmp_path / "out.mov").stat().st_size > 100_000_000
    assert long - warm < 40, f"{long - warm} MB more for the longer sound"
