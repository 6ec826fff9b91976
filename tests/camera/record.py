"""Runs inside scripts/camera-vm: is the webcam in front of a command, and the video call behind it.

    python record.py COMMAND [ARGUMENT ...]

Plays the bundled clip to /dev/video11 as long as COMMAND runs and looks at /dev/video10, as OpenCV and FFmpeg do. In
between it holds the clip, as a webcam does that fell silent. Presses Ctrl-C in the end. Writes to $OUT: fed-NN.png, the
frames of the clip; seen-NN.png and ffmpeg-NN.png, what arrived; hidden-NN.png, what arrived in place of a picture;
found.json, what happened; said.txt, what COMMAND printed; status, its exit status.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from greenscreen.linux.loopback import Loopback
from greenscreen.linux.v4l2 import list_devices
from greenscreen.picture.colour import to_i420

Image = cv2.typing.MatLike

CLIP = Path(__file__).parents[2] / "greenscreen" / "assets" / "demo.mp4"
WEBCAM, VIRTUAL_CAMERA = "/dev/video11", "/dev/video10"
SIZE, FPS = (640, 360), 10
STRIDE = 15  # of the clip's 180 frames
ENOUGH = 6
PATIENCE = 120  # seconds, on a machine that may be emulated and busy

# That the virtual camera cannot be opened yet is what `watch` expects.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)


def read_clip() -> Iterator[Image]:
    capture = cv2.VideoCapture(str(CLIP))
    for index in itertools.count():
        got, image = capture.read()
        if not got:
            return
        if index % STRIDE == 0:
            yield cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)


def play(frames: list[Image], webcam: Loopback, silent: Event, over: Event) -> None:
    for frame in itertools.cycle(frames):
        if over.wait(1 / FPS):
            return
        if not silent.is_set():
            webcam.write(to_i420(frame).data)


def is_open_in(program: subprocess.Popen[bytes], path: str) -> bool:
    """Whether the kernel says that a program has a device open."""
    links = Path(f"/proc/{program.pid}/fd").iterdir()
    return any(os.path.realpath(link) == path for link in links)


def until(condition: Callable[[], bool]) -> float | None:
    """Seconds until it was so; none if it never was."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if condition():
            return time.monotonic() - began
        time.sleep(0.05)
    return None


def is_result(image: Image) -> bool:
    """Whether the backdrop is where the placeholder has none."""
    return bool(np.abs(image[:20, :20].astype(int) - (0, 255, 0)).max() < 60)


class Call:
    """A program that looks at the virtual camera, and keeps what it saw."""

    def __init__(self, out: Path):
        self._out, self._counts = out, {"seen": 0, "hidden": 0}
        self._capture = cv2.VideoCapture(VIRTUAL_CAMERA, cv2.CAP_V4L2)

    def see(self, kind: str) -> bool:
        """Looks once; whether it saw a result (`seen`) or something in its place (`hidden`), as asked."""
        got, image = self._capture.read()
        if not got:
            return False
        what = "seen" if is_result(image) else "hidden"
        if self._counts[what] < 3 * ENOUGH:
            cv2.imwrite(str(self._out / f"{what}-{self._counts[what]:02}.png"), image)
            self._counts[what] += 1
        return what == kind

    def leave(self) -> None:
        self._capture.release()


def look_with_ffmpeg(out: Path) -> None:
    import av  # Late, as on an emulated machine it takes its time.

    with av.open(VIRTUAL_CAMERA, format="v4l2") as container:
        for index, frame in enumerate(itertools.islice(container.decode(video=0), 2)):
            cv2.imwrite(str(out / f"ffmpeg-{index:02}.png"), frame.to_ndarray(format="bgr24"))


def watch(command: subprocess.Popen[bytes], silent: Event, out: Path) -> dict[str, object]:
    """A call from its beginning to its end, with a webcam that falls silent in between."""

    def used() -> bool:
        return is_open_in(command, WEBCAM)

    found: dict[str, object] = {
        "there": until(lambda: any(device.path == VIRTUAL_CAMERA and device.camera for device in list_devices())),
        "used before": used(),
    }
    call = Call(out)
    found["used when watched"] = until(lambda: (call.see("hidden"), used())[1])
    for _ in range(ENOUGH):
        found["seen"] = until(lambda: call.see("seen"))
    silent.set()
    found["hidden"] = until(lambda: call.see("hidden"))
    silent.clear()
    found["seen again"] = until(lambda: call.see("seen"))
    call.leave()
    look_with_ffmpeg(out)
    found["not used after"] = until(lambda: not used())
    return found


def main() -> None:
    out = Path(os.environ["OUT"])
    frames = list(read_clip())
    for index, image in enumerate(frames):
        cv2.imwrite(str(out / f"fed-{index:02}.png"), image)
    silent, over = Event(), Event()
    with Loopback(WEBCAM, SIZE, FPS) as webcam, (out / "said.txt").open("wb") as said:
        webcam.write(to_i420(frames[0]).data)  # Only now is the device a webcam.
        player = Thread(target=play, args=(frames, webcam, silent, over))
        player.start()
        try:
            command = subprocess.Popen(sys.argv[1:], stdout=said, stderr=subprocess.STDOUT)
            (out / "found.json").write_text(json.dumps(watch(command, silent, out), indent=1))
            command.send_signal(signal.SIGINT)
            (out / "status").write_text(str(command.wait()))
        finally:
            over.set()
            player.join()


if __name__ == "__main__":
    main()
