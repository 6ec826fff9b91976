"""What several tests need: engines whose answer is known, small videos, and a machine with nothing attached."""

import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
from clips import add_silence

from greenscreen.picture.frame import Image, Matte
from greenscreen.segment import ENGINES
from greenscreen.sinks import virtual_camera, window

Answer = Callable[[int, int], Matte]
StubEngine = Callable[[Answer], str]
MakeClip = Callable[..., Path]


class Answering:
    """An engine that asks `answer(width, height)` for every matte."""

    def __init__(self, answer: Answer, width: int, height: int):
        self.answer, self.size = answer, (width, height)

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        return self.answer(*self.size)

    def reset(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where networks are kept as they were compiled, and fonts as they were found: once for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """Nothing a test does touches the settings and logs of whoever runs it; commands it starts inherit that."""
    folder = tmp_path_factory.mktemp("home")
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))
    return folder


@pytest.fixture
def stub_engine(monkeypatch: pytest.MonkeyPatch) -> StubEngine:
    """Registers an engine that answers as told, and returns the name to choose it by."""

    def register(answer: Answer) -> str:
        module = ModuleType("stub_engine")
        module.open_engine = lambda _model, _contract, width, height: Answering(answer, width, height)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "stub_engine", module)
        monkeypatch.setitem(ENGINES, "stub", "stub_engine")
        return "stub"

    return register


def left_half(width: int, height: int) -> Matte:
    matte = np.zeros((height, width), np.float32)
    matte[:, : width // 2] = 1
    return matte


@pytest.fixture
def half(stub_engine: StubEngine) -> str:
    """An engine to which the left half of every picture is the person."""
    return stub_engine(left_half)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without virtual camera and display; the current folder is an empty one, and returned."""
    monkeypatch.setattr(virtual_camera, "list_devices", list)
    monkeypatch.setattr(window, "has_display", lambda: False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def make_clip() -> MakeClip:
    """Writes an MP4 of gray frames, brighter one after the other, at these milliseconds; with sound if asked."""

    def make(
        path: Path, times: Iterable[int] = range(0, 400, 40), size: tuple[int, int] = (96, 64), sound: bool = False
    ) -> Path:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
            tone = container.add_stream("aac", rate=48_000, layout="stereo") if sound else None
            for index, time in enumerate(times):
                image = np.full((size[1], size[0], 3), 60 + 5 * (index % 30), np.uint8)
                frame = av.VideoFrame.from_ndarray(image, "bgr24")
                frame.pts, frame.time_base = time, Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
            if tone:
                add_silence(container, tone, 18)
        return path

    return make
