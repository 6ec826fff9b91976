"""Who watches is noticed, who only looks in passing is not. A plain file stands for the device of an older driver;
the real ones are in tests/camera.
"""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from greenscreen.linux import demand
from greenscreen.linux.demand import Demand

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify and /proc")


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demand, "_EVERY", 0.02)
    monkeypatch.setattr(demand, "_GRACE", 0.1)
    node = tmp_path / "video10"
    node.touch()
    return node


@pytest.fixture
def watch(node: Path) -> Iterator[Demand]:
    with closing(Demand()) as watch:
        watch.watch(str(node))
        yield watch


@contextmanager
def another_program(node: Path) -> Iterator[None]:
    hold = "import sys; file = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(node)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout
        program.stdout.readline()
        yield
        program.communicate()


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return met


def test_nobody_watches_what_was_not_named() -> None:
    assert not Demand().wanted()


def test_a_program_that_watches_is_wanted_as_long_as_it_does(watch: Demand, node: Path) -> None:
    assert not within(0.1, watch.wanted)
    with another_program(node):
        assert within(2, watch.wanted)
        assert not within(0.5, lambda: not watch.wanted())
    assert within(2, lambda: not watch.wanted())


def test_a_program_that_was_there_before_counts(node: Path) -> None:
    with another_program(node), closing(Demand()) as watch:
        watch.watch(str(node))
        assert within(2, watch.wanted)


def test_a_look_in_passing_does_not_count(watch: Demand, node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Call programs and desktops open every camera for a moment to see what it is."""
    looks = iter([True, False] * 50)
    assert not watch.wanted()
    monkeypatch.setattr(demand, "holders", lambda _: ["zoom (1)"] if next(looks) else [])

    def probed() -> bool:
        node.open().close()
        return watch.wanted()

    assert not within(0.5, probed)


def test_our_own_looks_do_not_count(watch: Demand, node: Path) -> None:
    with node.open():
        assert not within(0.3, watch.wanted)


def test_where_inotify_cannot_be_had_watchers_are_found_all_the_same(node: Path) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    if most > 500:
        pytest.skip("this person may have more than a test should take")
    libc = ctypes.CDLL(None)
    taken = [libc.inotify_init1(os.O_CLOEXEC) for _ in range(most)]
    try:
        assert taken[-1] == -1 or libc.inotify_init1(os.O_CLOEXEC) == -1
        with closing(Demand()) as watch:
            watch.watch(str(node))
            assert not within(0.2, watch.wanted)
            with another_program(node):
                assert within(5, watch.wanted)
    finally:
        for one in taken:
            if one >= 0:
                os.close(one)


def test_a_device_that_is_gone_costs_no_handles(node: Path) -> None:
    node.unlink()
    with closing(Demand()) as watch:
        watch.watch(str(node))
        assert not within(0.1, watch.wanted)
        handles = len(os.listdir("/proc/self/fd"))
        assert not within(0.3, watch.wanted)
        assert len(os.listdir("/proc/self/fd")) == handles


def test_proc_is_searched_only_when_something_happened(
    watch: Demand, node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.wanted()
    searches = []
    monkeypatch.setattr(demand, "holders", lambda path: searches.append(path) or [])
    within(0.3, watch.wanted)
    assert searches == []
    node.open().close()
    within(0.2, watch.wanted)
    assert searches == [node]
