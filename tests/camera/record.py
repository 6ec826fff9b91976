"""Runs inside scripts/camera-vm: is the webcam in front of a command, and the video call behind it.

    python record.py COMMAND [ARGUMENT ...]

Plays the bundled clip to /dev/video11 as long as COMMAND runs, looks at /dev/video10 as any program would that opens a
camera, and presses Ctrl-C when it has seen enough. Writes to $OUT: fed-NN.png, the frames of the clip; seen-NN.png,
what arrived; said.txt, what COMMAND printed; status, its exit status.
"""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import cv2
import pyvirtualcam

CLIP = Path(__file__).parents[2] / "greenscreen" / "assets" / "demo.mp4"
WEBCAM, VIRTUAL_CAMERA = "/dev/video11", "/dev/video10"
SIZE, FPS = (640, 360), 10
STRIDE = 15  # of the clip's 180 frames
ENOUGH = 6

# That the virtual camera cannot be opened yet is what `watch` expects.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)


def read_clip() -> Iterator[cv2.typing.MatLike]:
    capture = cv2.VideoCapture(str(CLIP))
    for index in itertools.count():
        got, image = capture.read()
        if not got:
            return
        if index % STRIDE == 0:
            yield cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)


def play(frames: list[cv2.typing.MatLike], camera: pyvirtualcam.Camera, over: Event) -> None:
    for frame in itertools.cycle(frames):
        if over.is_set():
            return
        camera.send(frame)
        camera.sleep_until_next_frame()


def watch(command: subprocess.Popen[bytes]) -> Iterator[cv2.typing.MatLike]:
    """What arrives at the virtual camera; nothing if the command ends before it is one."""
    while command.poll() is None:
        capture = cv2.VideoCapture(VIRTUAL_CAMERA, cv2.CAP_V4L2)
        while capture.isOpened():
            got, image = capture.read()
            if not got:
                return
            yield image
        time.sleep(0.1)


def main() -> None:
    out = Path(os.environ["OUT"])
    frames = list(read_clip())
    for index, image in enumerate(frames):
        cv2.imwrite(str(out / f"fed-{index:02}.png"), image)
    over = Event()
    with (
        pyvirtualcam.Camera(*SIZE, FPS, fmt=pyvirtualcam.PixelFormat.BGR, device=WEBCAM) as camera,
        (out / "said.txt").open("wb") as said,
    ):
        camera.send(frames[0])  # Only now is the device a webcam.
        player = Thread(target=play, args=(frames, camera, over))
        player.start()
        try:
            command = subprocess.Popen(sys.argv[1:], stdout=said, stderr=subprocess.STDOUT)
            for index, image in enumerate(itertools.islice(watch(command), ENOUGH)):
                cv2.imwrite(str(out / f"seen-{index:02}.png"), image)
            if command.poll() is None:
                command.send_signal(signal.SIGINT)
            (out / "status").write_text(str(command.wait()))
        finally:
            over.set()
            player.join()


if __name__ == "__main__":
    main()
