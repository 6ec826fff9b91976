"""Runs inside scripts/camera-vm: the drivers themselves, through the modules that talk to them.

Standard library alone, as on an emulated machine everything else takes its time. Prints what it found as JSON.
"""

import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from greenscreen.linux import loopback
from greenscreen.linux.demand import Demand
from greenscreen.linux.loopback import HeldError, Loopback, streaming_readers
from greenscreen.linux.same import SameCamera
from greenscreen.linux.v4l2 import Device, list_devices
from greenscreen.setup import gather, plan

CAMERA, OURS = "/dev/video0", "/dev/video10"
SIZE = (640, 360)
UNBIND, BIND = Path("/sys/bus/platform/drivers/vivid/unbind"), Path("/sys/bus/platform/drivers/vivid/bind")


def picture(width: int, height: int, luma: int = 90) -> bytes:
    return bytes([luma]) * (width * height) + bytes([54]) * (width * height // 4) + bytes([34]) * (width * height // 4)


def look(path: str) -> Device:
    return next(device for device in list_devices() if device.path == path)


def ctl(*arguments: str) -> str:
    return subprocess.run(["v4l2-ctl", "-d", OURS, *arguments], capture_output=True, text=True, timeout=30).stdout


@contextmanager
def reader() -> Iterator[Callable[[], int]]:
    """A program that watches, until it is told to end; gives what tells how many bytes it has seen, -1 if it ended."""
    seen = Path("/dev/shm/seen")
    seen.unlink(missing_ok=True)
    command = ["v4l2-ctl", "-d", OURS, "--stream-mmap", "--stream-count=0", f"--stream-to={seen}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        yield lambda: (seen.stat().st_size if seen.exists() else 0) if program.poll() is None else -1
        program.kill()


def seconds_until(condition: Callable[[], bool], pictures: Loopback, limit: float = 20) -> float | None:
    began = time.monotonic()
    while time.monotonic() - began < limit:
        pictures.write(picture(*SIZE))
        if condition():
            return time.monotonic() - began
        time.sleep(0.03)
    return None


def format_and_pictures() -> dict[str, object]:
    """What a program is told of the camera, and the bytes it gets."""
    idle = look(OURS)
    with Loopback(OURS, SIZE, 25) as writer:
        writer.write(picture(*SIZE))
        fed = look(OURS)
        told = ctl("--get-fmt-video", "--get-parm")
        out = Path("/dev/shm/frame")
        command = ["v4l2-ctl", "-d", OURS, "--stream-mmap", "--stream-count=1", f"--stream-to={out}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
            seconds_until(lambda: program.poll() is not None, writer)
        same = out.exists() and out.read_bytes()[: len(picture(*SIZE))] == picture(*SIZE)
    return {"idle": [idle.capture, idle.output], "fed": [fed.capture, fed.output], "told": told, "same": same}


def runs() -> dict[str, object]:
    """One after the other in other sizes, two at once, and after one that was killed."""
    sizes = []
    for size in (SIZE, (1280, 720), (360, 640), SIZE):
        with Loopback(OURS, size, 30) as writer:
            writer.write(picture(*size))
            sizes.append(ctl("--get-fmt-video").split("Width/Height")[1].split()[1])
    with Loopback(OURS, SIZE, 30) as writer:
        writer.write(picture(*SIZE))
        try:
            with Loopback(OURS, SIZE, 30):
                second = "let in"
        except OSError as error:
            second = type(error).__name__
    child = os.fork()
    if child == 0:
        with Loopback(OURS, SIZE, 30) as writer:
            writer.write(picture(*SIZE))
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    killed = look(OURS)
    return {"sizes": sizes, "second": second, "after a kill": killed.output or killed.stuck}


def held() -> dict[str, object]:
    """A program watches on while the writer goes and comes back in another size, and in the same."""
    with ExitStack() as watching:
        with Loopback(OURS, SIZE, 30) as writer:
            writer.write(picture(*SIZE))
            bytes_seen = watching.enter_context(reader())
            begins = seconds_until(lambda: bytes_seen() > 0, writer)
        try:
            with Loopback(OURS, (1280, 720), 30):
                other: object = "let in"
        except HeldError as error:
            other = error.size
        before = bytes_seen()
        with Loopback(OURS, SIZE, 30) as writer:
            goes_on = seconds_until(lambda: bytes_seen() > before, writer)
    return {"begins": begins, "other size": other, "goes on": goes_on}


def held_by_another_form() -> dict[str, object]:
    """As OBS does: a writer of YUYV ends while a program watches, and we come with the same size."""
    with ExitStack() as watching:
        node = os.open(OURS, os.O_RDWR | os.O_NONBLOCK)
        yuyv, length = struct.unpack("=I", b"YUYV")[0], SIZE[0] * SIZE[1] * 2
        asked = loopback._FORMAT.pack(2, *SIZE, yuyv, 1, SIZE[0] * 2, length, 8, 0xFEEDCAFE, 0, 1, 2, 0)
        fcntl.ioctl(node, loopback._S_FMT, asked)
        os.write(node, bytes(length))
        bytes_seen = watching.enter_context(reader())
        began = time.monotonic()
        while bytes_seen() <= 0 and time.monotonic() - began < 20:
            os.write(node, bytes(length))
            time.sleep(0.03)
        os.close(node)
        try:
            with Loopback(OURS, SIZE, 30):
                return {"answer": "let in"}
        except HeldError as error:
            return {"answer": [*error.size, error.form]}


def demand() -> dict[str, object]:
    """Seconds until a watcher is noticed, and gone; whether a look that programs take in passing is."""
    watch = Demand()
    watch.watch(OURS)
    with Loopback(OURS, SIZE, 30) as writer:
        writer.write(picture(*SIZE))
        can_tell = streaming_readers(OURS) is not None
        quiet = seconds_until(watch.wanted, writer, 2)

        def probe() -> bool:
            list_devices()
            ctl("--info")
            return watch.wanted()

        probed = seconds_until(probe, writer, 3)
        with reader():
            noticed = seconds_until(watch.wanted, writer)
            stays = seconds_until(lambda: not watch.wanted(), writer, 5)
        gone = seconds_until(lambda: not watch.wanted(), writer)
    watch.close()
    return {
        "the driver can tell": can_tell, "nobody": quiet, "probed": probed, "noticed": noticed, "lost": stays,
        "gone": gone,
    }  # fmt: skip


def unplug() -> dict[str, object]:
    """The webcam is pulled out while a program has it open, and so comes back under another number."""
    camera = SameCamera(CAMERA)
    before = camera.find()
    with open(CAMERA, "rb", buffering=0):
        UNBIND.write_text("vivid.0")
        time.sleep(0.5)
        try:
            away = str(camera.find())
        except OSError as error:
            away = str(error)
        BIND.write_text("vivid.0")
        time.sleep(1)
        back = str(camera.find())
    return {"before": before, "away": away, "back": back, "name": look(back).name}


def setup() -> dict[str, object]:
    """What `greenscreen setup` finds to do, before and after it is done, and after a new start."""

    def lines() -> list[str]:
        return [step.line for step in plan(gather()) if step.line]

    def run() -> bool:
        return all(subprocess.run(["sh", "-c", line], stdout=subprocess.DEVNULL).returncode == 0 for line in lines())

    before, done, after = lines(), run(), lines()
    subprocess.run(["modprobe", "-r", "v4l2loopback"], check=True)
    started, again = lines(), run()
    cameras = [[device.name, device.output] for device in list_devices() if device.loopback]
    return {
        "before": before, "done": done, "after": after, "after a start": started, "again": again, "cameras": cameras,
    }  # fmt: skip


def main() -> None:
    found = {
        part.__name__: part() for part in (format_and_pictures, runs, held, held_by_another_form, demand, unplug, setup)
    }
    Path(os.environ["OUT"], "found.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
