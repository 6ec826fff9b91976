"""The command line: names, exit codes, and one sentence with a hint for whatever goes wrong."""

import json
import os
import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from command import Answer, Greenscreen

from greenscreen import __version__, segment
from greenscreen.cli.app import expanded
from greenscreen.errors import EngineError
from greenscreen.linux.v4l2 import Device
from greenscreen.picture.frame import Matte
from greenscreen.segment import bundled_model
from greenscreen.setup import Step
from greenscreen.sources.camera import CameraInfo

ROOT = Path(__file__).parents[2]
OPTIONS = {
    "run": "--camera --background --background-service --virtual-camera --no-virtual-camera --device --preview"
    " --no-preview --record --size --fps --engine --frames",
    "image": "-o --background --matte",
    "video": "-o --background --matte --fast",
    "bench": "--size --background --frames --json",
    "devices": "",
    "doctor": "",
}
MakeClip = Callable[..., Path]
StubEngine = Callable[[Callable[[int, int], Matte]], str]


def photo(name: str, size: tuple[int, int] = (64, 48)) -> str:
    cv2.imwrite(name, np.full((size[1], size[0], 3), 130, np.uint8))
    return name


def test_version(greenscreen: Greenscreen) -> None:
    assert greenscreen("--version") == Answer(0, f"greenscreen {__version__}\n", "")


def test_without_words_it_shows_its_commands(greenscreen: Greenscreen) -> None:
    for words in ([], ["--help"], ["-h"], ["--debug"]):
        answer = greenscreen(*words)
        assert answer.code == 0
        assert all(command in answer.out for command in OPTIONS)


@pytest.mark.parametrize("group", [[], ["engine"], ["profile"], ["ctl"]])
def test_what_a_command_does_is_listed_in_a_whole_sentence(greenscreen: Greenscreen, group: list[str]) -> None:
    commands = greenscreen(*group, "--help").out.split("Commands:\n")[1]
    assert "..." not in commands, "a sentence is cut off"


@pytest.mark.parametrize("columns", ["20", "80"])
@pytest.mark.parametrize("command", OPTIONS)
def test_help_lists_the_options(
    greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch, command: str, columns: str
) -> None:
    """Whole, however narrow the terminal."""
    monkeypatch.setenv("COLUMNS", columns)
    answer = greenscreen(command, "--help")
    assert answer.code == 0
    assert set(OPTIONS[command].split()) <= set(re.findall(r"(?<![\w-])--?[a-z-]+", answer.out))


USAGE = [
    ["--nonsense"],
    ["fly"],
    ["run", "--nonsense"],
    ["run", "surplus"],
    ["run", "--size"],
    ["run", "--size", "big"],
    ["run", "--size", "0x0"],
    ["run", "--fps", "nan"],
    ["run", "--fps", "fast"],
    ["run", "--fps", "0"],
    ["run", "--frames", "0"],
    ["run", "--camera", "missing.mp4"],
    ["run", "--camera", ""],
    ["run", "--camera", "synthetic", "--device", ""],
    ["run", "--camera", "synthetic", "--engine", ""],
    ["run", "--camera", "synthetic", "--profile", ""],
    ["run", "--camera", "synthetic", "--background", "beach"],
    ["run", "--camera", "synthetic", "--background", "#12345"],
    ["run", "--camera", "synthetic", "--background", "blur:nan"],
    ["run", "--camera", "synthetic", "--engine", "magic"],
    ["run", "--camera", "synthetic", "--record", "call.avi"],
    ["run", "--camera", "synthetic", "--record", "call.mp4", "--background", "transparent"],
    ["run", "--camera", "synthetic", "--virtual-camera", "--background", "transparent"],
    ["run", "--device", "/dev/video10", "--no-virtual-camera"],
    ["run", "--camera", "synthetic", "--slideshow", "9", "--background", "transparent"],
    ["image", "photo.png", "-o", "out", "--matte", "--background", "green"],
    ["video", "clip.mp4", "-o", "out.mkv", "--matte", "--background", "green"],
    ["image"],
    ["image", "photo.png"],
    ["image", "photo.png", "-o", ""],
    ["image", "photo.png", "-o", "-"],
    ["image", "-", "-o", "out"],
    ["image", "photo.png", "-o", "out", "--background", ""],
    ["image", "", "-o", "out"],
    ["image", "photo.png", "-o", "photo.png"],
    ["image", "photo.png", "-o", "cut.png", "--background", "beach"],
    ["image", "photo.png", "photo.png", "-o", "out"],
    ["image", "photo.png", "-o", "cut.jpg"],
    ["video", "clip.mp4"],
    ["video", "clip.mp4", "-o", ""],
    ["video", "clip.mp4", "-o", "out.mp4", "--background", ""],
    ["video", "", "-o", "out.mp4"],
    ["video", "clip.mp4", "-o", "clip.mp4"],
    ["video", "clip.mp4", "-o", "clip.gif"],
    ["video", "clip.mp4", "-o", "out.mp4", "--background", "transparent"],
    ["bench", "--size", "97x64"],
    ["bench", "--size", "96"],
    ["bench", "--frames", "0"],
    ["bench", "--background", "transparent"],
    ["bench", "--engine", "magic"],
    ["bench", "--plot", "plot.txt"],
]


FAILURES = [
    ["run", "--camera", "synthetic", "--model", "missing.onnx"],
    ["run", "--camera", "synthetic", "--model", "damaged.onnx"],
    ["run", "--camera", "synthetic", "--model", "other.onnx"],
    ["run", "--camera", "synthetic", "--virtual-camera"],
    ["run", "--camera", "synthetic", "--device", "/dev/video99"],
    ["run", "--camera", "synthetic", "--preview"],
    ["run", "--camera", "synthetic", "--record", "no/where.mp4"],
    ["run", "--camera", "empty"],
    ["run", "--camera", "text.mp4"],
    ["run", "--camera", "/dev/video99"],
    ["image", "missing.png", "-o", "out"],
    ["image", "empty", "-o", "out"],
    ["image", "text.png", "-o", "out"],
    ["image", "photo.png", "-o", "photo.png/out"],
    ["video", "missing.mp4", "-o", "out.mp4"],
    ["video", "text.mp4", "-o", "out.mp4"],
    ["video", "clip.mp4", "-o", "no/where.mp4"],
]


@pytest.fixture
def things(bare: Path, make_clip: MakeClip, half: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with which something is wrong, two with which nothing is, and an engine that opens at once."""
    monkeypatch.setattr("greenscreen.segment.AUTO", [half])
    photo("photo.png")
    make_clip(Path("clip.mp4"), range(0, 80, 40))
    Path("empty").mkdir()
    for name in ("text.mp4", "text.png"):
        Path(name).write_text("neither video nor photo")
    contract = json.loads(bundled_model().with_suffix(".json").read_bytes())
    Path("damaged.onnx").write_bytes(b"\x08")
    Path("damaged.json").write_text('{"name": ')
    Path("other.onnx").write_bytes(b"not the file that was promised")
    Path("other.json").write_text(json.dumps(contract))


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize(
    ("words", "code"), [*((words, 2) for words in USAGE), *((words, 1) for words in FAILURES)], ids=lambda it: str(it)
)
def test_what_goes_wrong_is_one_sentence_and_a_hint(greenscreen: Greenscreen, words: list[str], code: int) -> None:
    before = set(Path().rglob("*"))
    answer = greenscreen(*words)
    assert answer.code == code
    assert "Traceback" not in answer.err
    said = [line for line in answer.err.splitlines() if line.startswith(("error: ", "hint: "))]
    assert [line.split(":")[0] for line in said] == ["error", "hint"]
    assert not said[0].startswith("error: unexpected")
    assert all(len(line) > 12 for line in said)
    assert {path for path in set(Path().rglob("*")) - before if path.is_file()} == set()


@pytest.mark.parametrize("place", range(3))
def test_debug_shows_the_traceback_wherever_it_stands(greenscreen: Greenscreen, half: str, place: int) -> None:
    words = ["video", "missing.mp4", "-o=out.mp4", f"--engine={half}"]
    words.insert(place, "--debug")
    answer = greenscreen(*words)
    assert answer.code == 1
    assert "Traceback" in answer.err
    assert answer.err.splitlines()[-2].startswith("error: there is no video missing.mp4")


def test_what_nobody_foresaw_is_still_a_sentence(greenscreen: Greenscreen, stub_engine: StubEngine) -> None:
    def broken(width: int, height: int) -> Matte:
        raise ZeroDivisionError("by nought")

    stub_engine(broken)
    answer = greenscreen("image", photo("a.png"), "-o", "out.png", "--engine", "stub")
    assert answer.code == 1
    assert answer.err.startswith("error: unexpected ZeroDivisionError: by nought\nhint: ")


def test_an_engine_that_fails_ends_the_run_with_1(greenscreen: Greenscreen, stub_engine: StubEngine) -> None:
    mattes = iter([np.zeros((8, 8), np.float32)] * 3)

    def failing(width: int, height: int) -> Matte:
        for matte in mattes:
            return matte
        raise EngineError("the engine broke", "mend it")

    words = ("--camera", "synthetic", "--size", "96x64", "--record", "out.mp4", "--engine", stub_engine(failing))
    answer = greenscreen("run", *words)
    assert answer.code == 1
    assert answer.err.endswith("error: the engine broke\nhint: mend it\n")
    assert [path.name for path in Path().iterdir()] == ["out.mp4"]


def test_names_are_shown_as_they_are(greenscreen: Greenscreen) -> None:
    """Not as markup or emoji, which brackets and colons look like, and not broken into lines."""
    name = f"[red]:smile:[/nonsense] {'long ' * 20}.png"
    assert f"there is no photo {name}\n" in greenscreen("image", name, "-o", "out").err


def test_image_writes_what_the_folder_holds_and_says_what_it_could_not(greenscreen: Greenscreen, half: str) -> None:
    Path("in").mkdir()
    for name in ("in/a.png", "in/b.png"):
        photo(name)
    Path("in/c.jpg").write_bytes(b"")
    answer = greenscreen("image", "in", "-o", "out", "--matte", "--engine", half)
    assert answer.code == 1
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png"]
    assert cv2.imread("out/a.png", cv2.IMREAD_UNCHANGED).shape == (48, 64)
    assert "error: c.jpg is empty" in answer.err
    assert ": 2 of 3" in answer.err


def test_image_cuts_out_or_puts_before_a_background(greenscreen: Greenscreen, half: str) -> None:
    photo("a.png", (33, 21))
    assert greenscreen("image", "a.png", "-o", "cut.png").code == 0
    assert greenscreen("image", "a.png", "-o", "out", "-b", "blur", "--engine", half).code == 0
    assert greenscreen("image", "a.png", "-o", "of.2026/", "--engine", half).code == 0
    assert Path("of.2026/a.png").exists(), "a slash says that it is a folder"
    assert cv2.imread("cut.png", cv2.IMREAD_UNCHANGED).shape == (21, 33, 4)
    assert cv2.imread("out/a.png", cv2.IMREAD_UNCHANGED).shape == (21, 33, 3)


def test_video_writes_every_frame(greenscreen: Greenscreen, make_clip: MakeClip, half: str) -> None:
    make_clip(Path("clip.mp4"))
    answer = greenscreen("video", "clip.mp4", "-o", "out.mp4", "--background", "#ff0000")
    assert (answer.code, answer.err) == (0, "10 frames written to out.mp4\n")
    with av.open("out.mp4") as video:
        assert len(list(video.decode(video=0))) == 10
    photo("one.png", (32, 32))
    answer = greenscreen("video", "one.png", "-o", "one.mp4", "--background", "blue", "--engine", half)
    assert answer.err == "1 frame written to one.mp4\n"


@pytest.mark.parametrize("fast", [[], ["--fast"]])
def test_video_looks_closely_unless_in_a_hurry(
    greenscreen: Greenscreen, make_clip: MakeClip, half: str, monkeypatch: pytest.MonkeyPatch, fast: list[str]
) -> None:
    make_clip(Path("clip.mp4"), range(0, 80, 40))
    opened, ways = segment.open_segmenter, []

    def open_segmenter(*given: Any, **how: Any) -> segment.Segmenter:
        ways.append(how["patient"])
        return opened(*given, **how)

    monkeypatch.setattr(segment, "open_segmenter", open_segmenter)
    assert greenscreen("video", "clip.mp4", "-o", "out.mp4", "--engine", half, *fast).code == 0
    assert ways == [not fast]


@pytest.mark.parametrize("words", [["run", "surplus"], ["ctl", "set"], ["image"], ["profile", "save", "--nonsense"]])
def test_what_makes_no_sense_hints_at_the_help_of_its_own_command(greenscreen: Greenscreen, words: list[str]) -> None:
    command = [word for word in words if word not in {"surplus", "--nonsense"}]
    assert f"see: greenscreen {' '.join(command)} --help" in greenscreen(*words).err


@pytest.mark.parametrize("words", [[], ["x"]], ids=["none", "another"])
def test_a_choice_that_is_missing_or_wrong_is_named_in_one_plain_line(
    greenscreen: Greenscreen, words: list[str]
) -> None:
    line = greenscreen("engine", "fetch", *words).err.splitlines()[0]
    assert line.endswith(("Choose from: mediapipe", "'engine': 'x' is not one of 'mediapipe'"))


@pytest.mark.parametrize("command", [["bench"], ["profile", "save", "x"], ["run"]])
def test_a_size_that_cannot_be_hints_at_the_help_of_its_own_command(
    greenscreen: Greenscreen, command: list[str]
) -> None:
    answer = greenscreen(*command, "--size", "1x1")
    assert answer.code == 2
    assert f"see: greenscreen {' '.join(command).removesuffix(' x')} --help" in answer.err


def test_bench_prints_one_object(greenscreen: Greenscreen) -> None:
    answer = greenscreen("bench", "--size", "96x64", "--frames", "3", "--json")
    assert answer.code == 0
    result = json.loads(answer.out)
    figures = ("rested", "ms_median", "ms_mean", "ms_p95", "fps", "cpu_ms")
    assert tuple(result) == ("size", "background", "engine", "frames", *figures, "stages", "peak_mib")
    assert result["fps"] == pytest.approx(1e3 / result["ms_median"], abs=0.1)
    assert (result["size"], result["background"], result["frames"]) == ("96x64", "blur", 3)
    assert all(isinstance(ms, float) for ms in result["stages"].values())


def test_bench_prints_a_table(greenscreen: Greenscreen, half: str) -> None:
    answer = greenscreen("bench", "--size", "96x64", "--frames", "3", "--background", "green", "--engine", half)
    assert answer.code == 0
    assert all(word in answer.out for word in ("segment", "whole frame", "CPU time"))


def test_devices_and_doctor_work_where_nothing_is(greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenscreen.sources.camera.list_cameras", list)
    answer = greenscreen("devices")
    assert answer.code == 0
    assert "no camera: " in answer.out
    assert "no virtual camera: " in answer.out
    answer = greenscreen("doctor")
    assert answer.code == 0
    assert re.search(r"^ok +model: ", answer.out, re.MULTILINE)
    assert re.search(r"^missing +virtual camera: ", answer.out, re.MULTILINE)


def test_devices_tells_a_virtual_camera_from_one_to_film_with(
    greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    cameras = [CameraInfo(0, "OBS Virtual Camera", True, virtual=True)]
    monkeypatch.setattr("greenscreen.sources.camera.list_cameras", lambda: cameras)
    said = greenscreen("devices").out
    assert "camera          0  OBS Virtual Camera (virtual, only if named)\n" in said
    assert "no camera: " in said
    cameras.append(CameraInfo(1, "HD Webcam", True))
    said = greenscreen("devices").out
    assert "camera          1  HD Webcam\n" in said
    assert "no camera: " not in said


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux's devices belong to somebody")
def test_devices_that_may_not_be_used_are_not_called_missing(
    greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = Device("/dev/video0", "HD Webcam", "", capture=False, output=False, forbidden=True)
    monkeypatch.setattr("greenscreen.sources.camera.v4l2.list_devices", lambda: [closed])
    monkeypatch.setattr("greenscreen.sinks.virtual_camera.list_devices", lambda: [closed])
    said = greenscreen("devices").out
    assert said.startswith("you may not use /dev/video0: join the group")
    assert "no camera" not in said
    assert "no virtual camera" not in said


@pytest.mark.parametrize("command", ["devices", "doctor"])
def test_a_device_whose_name_would_write_to_the_terminal_does_not(
    greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    cameras = [CameraInfo("/dev/video0", "\x1b]0;Mine\x07\x1b[2JWebcam\nok", True)]
    monkeypatch.setattr("greenscreen.sources.camera.list_cameras", lambda: cameras)
    said = greenscreen(command).out
    assert "?]0;Mine??[2JWebcam?ok" in said
    assert "\x1b" not in said


def test_doctor_fails_where_something_needed_is_broken(
    greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    answer = greenscreen("doctor")
    assert answer.code == 1
    assert re.search(r"^broken +opencv-python: does not load", answer.out, re.MULTILINE)


def test_a_question_that_nobody_answers_is_told(greenscreen: Greenscreen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenscreen.setup.plan", lambda _: [Step("say what is to be done", "exit 3")])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "stdin", StringIO())
    answer = greenscreen("setup", "--apply")
    assert (answer.code, "error: nothing was done, as nobody answered" in answer.err) == (1, True)


@pytest.mark.skipif(sys.platform == "win32", reason="there no folder in use can be removed")
def test_a_current_folder_that_is_gone_is_a_sentence(greenscreen: Greenscreen, tmp_path: Path) -> None:
    name = photo(str(tmp_path / "photo.png"))
    (tmp_path / "gone").mkdir()
    os.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    answer = greenscreen("image", name, "-o", "out.png")
    assert answer.code == 1
    assert answer.err.startswith("error: the current folder is gone")


def test_wildcards_stand_for_files_where_the_shell_leaves_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a [1].jpg", "a.png"):
        (tmp_path / name).touch()
    assert expanded(["image", "*.jpg", "-o", "cut"]) == ["image", "a [1].jpg", "b.jpg", "-o", "cut"]
    assert expanded(["a [?].jpg"]) == ["a [1].jpg"]
    assert expanded(["*.gif", "http://a/b?c=*", "a [1].jpg"]) == ["*.gif", "http://a/b?c=*", "a [1].jpg"]
