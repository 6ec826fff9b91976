"""Runs inside scripts/camera-vm: webcam, greenscreen and a program that watches, started and stopped in every order.

The webcam is the bundled clip, played to /dev/video11; greenscreen runs on demand between that and /dev/video10; who
watches is v4l2-ctl, which keeps every picture it gets. The network, which record.py sees at work, takes its time on an
emulated processor: in its place an engine says that the lower half is the person. Each order of starting comes with
another order of stopping. Writes to $OUT/found.json, for each pair: the orders; after every step how many seconds
passed until the picture was as it should be, none if it never was; how many pictures were seen, and how many of those
were neither result nor placeholder.
"""

import json
import os
import subprocess
import sys
import time
from itertools import permutations
from pathlib import Path
from threading import Event, Thread

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

import cv2
from record import FPS, VIRTUAL_CAMERA, WEBCAM, play, read_clip, until

from greenscreen.contract import read_contract
from greenscreen.control import Control
from greenscreen.linux.loopback import Loopback
from greenscreen.live import run as live
from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Image, Matte
from greenscreen.picture.placeholder import placeholder
from greenscreen.segment import Segmenter, bundled_model
from greenscreen.settings import make_settings

SEEN = Path("/dev/shm/seen")
SIZE = (320, 180)
BYTES = SIZE[0] * SIZE[1] * 3 // 2
CORNER = np.s_[:10, :10]  # where the clip shows the room, and the placeholder nothing but its ground


def luma(image: np.ndarray) -> int:
    """Of a BGR picture's corner."""
    return int(np.median(to_i420(image)[CORNER]))


RESULT = luma(np.full((SIZE[1], SIZE[0], 3), (0, 255, 0), np.uint8))
HIDDEN = luma(placeholder(*SIZE))


class LowerHalf:
    """An engine."""

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        matte = np.zeros(image.shape[:2], np.float32)
        matte[len(matte) // 2 :] = 1
        return matte

    def reset(self) -> None: ...

    def close(self) -> None: ...


def open_segmenter(*_: object, **__: object) -> Segmenter:
    model = bundled_model()
    return Segmenter("lower half", lambda *_: LowerHalf(), model, read_contract(model))


class Webcam:
    def __init__(self, frames: list[np.ndarray]):
        self._frames = frames

    def start(self) -> None:
        self._over, self._loopback = Event(), Loopback(WEBCAM, SIZE, FPS).__enter__()
        self._thread = Thread(target=play, args=(self._frames, self._loopback, Event(), self._over))
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self._loopback.__exit__(None, None, None)


class Greenscreen:
    def start(self) -> None:
        words = {"background": "#00ff00", "size": "320x180", "on_demand": True, "preview": False}
        self._control = Control(make_settings(camera=WEBCAM, device=VIRTUAL_CAMERA, **words))
        self._thread = Thread(target=live.run_live, args=(self._control, lambda _: None))
        self._thread.start()

    def stop(self) -> None:
        self._control.stop()
        self._thread.join()


class Viewer:
    """Looks for the camera until it is there, as people do who press *reload*."""

    def start(self) -> None:
        SEEN.write_bytes(b"")
        # Without a camera v4l2-ctl ends at once, and calls that a success.
        command = f"v4l2-ctl -d {VIRTUAL_CAMERA} --stream-mmap --stream-count=0 --stream-to={SEEN}"
        self._process = subprocess.Popen(
            ["sh", "-c", f"while sleep 0.3; do {command}; done"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self) -> None:
        os.killpg(self._process.pid, 9)
        self._process.wait()


def corners() -> np.ndarray:
    """The corners of all pictures that were seen whole, `(N, 100)`."""
    count = SEEN.stat().st_size // BYTES if SEEN.exists() else 0
    if not count:
        return np.empty((0, 100), int)
    pictures = np.memmap(SEEN, np.uint8, "r", shape=(count, SIZE[1] * 3 // 2, SIZE[0]))
    return pictures[:, *CORNER].reshape(count, -1).astype(int)


def last() -> tuple[int, int]:
    """How many pictures were seen, and the last one's luma in the corner."""
    seen = corners()
    return len(seen), int(np.median(seen[-1])) if len(seen) else -1


def seconds_until_right(up: set[str]) -> float | None:
    """Until who watches sees what is to be seen while these are up: the result, the placeholder, or nothing new."""
    if "viewer" not in up:
        return 0.0
    if "greenscreen" not in up:
        time.sleep(1)  # What was under way arrives.
        before, _ = last()
        time.sleep(1)
        return 0.0 if last()[0] == before else None
    before, wanted = last()[0], RESULT if "webcam" in up else HIDDEN
    return until(lambda: last()[0] > before and abs(last()[1] - wanted) <= 4)


def try_orders(parts: dict[str, object], start: tuple[str, ...], stop: tuple[str, ...]) -> dict[str, object]:
    up: set[str] = set()
    steps: list[tuple[str, float | None]] = []
    for name in start:
        parts[name].start()  # type: ignore[attr-defined]
        up.add(name)
        steps.append((f"{name} starts", seconds_until_right(up)))
    for name in stop:
        parts[name].stop()  # type: ignore[attr-defined]
        up.discard(name)
        steps.append((f"{name} stops", seconds_until_right(up)))
    seen = corners()
    known = [np.abs(seen - level).max(axis=1, initial=0) <= 8 for level in (RESULT, HIDDEN)]
    return {
        "start": start,
        "stop": stop,
        "steps": steps,
        "seen": len(seen),
        "neither": int((~(known[0] | known[1])).sum()),
    }


def main() -> None:
    frames = [cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA) for frame in read_clip()]
    orders = list(permutations(["webcam", "greenscreen", "viewer"]))
    live.open_segmenter = open_segmenter  # type: ignore[assignment]
    parts = {"webcam": Webcam(frames), "greenscreen": Greenscreen(), "viewer": Viewer()}
    found = []
    for start, stop in zip(orders, orders[1:] + orders[:1], strict=True):
        found.append(try_orders(parts, start, stop))
        print(found[-1], flush=True)
    room = [luma(frame) for frame in frames]
    answer = {"rounds": found, "room": room, "result": RESULT, "hidden": HIDDEN}
    Path(os.environ["OUT"], "found.json").write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
