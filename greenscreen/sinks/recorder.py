"""A recording that starts and stops while everything else goes on."""

import logging
from pathlib import Path
from threading import Thread
from typing import Self

from greenscreen.control import Control, Values
from greenscreen.control.swap import Swap
from greenscreen.errors import GreenscreenError, SinkError
from greenscreen.filing import new_recording
from greenscreen.picture.frame import Picture
from greenscreen.settings import Settings
from greenscreen.sinks.video import VideoSink

log = logging.getLogger(__name__)


class Recorder:
    """Sends to the video file that the settings name, if any.

    A recording that fails, as on a full disk, ends with a message; the run goes on, unless the recording is `alone`,
    its only output.
    """

    name = "recording"

    def __init__(self, control: Control, video: Swap[VideoSink | None], alone: bool):
        self._control, self._video, self._alone = control, video, alone
        self._last: VideoSink | None = None
        self._failed: VideoSink | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._video.close()

    def send(self, picture: Picture) -> bool:
        settings = self._control.settings
        try:
            video = self._video.current(settings)
        except SinkError as error:
            # The one before could not be finished. What was begun since goes on.
            video = self._video.current(settings)
            self._end(error, alone=self._alone and video is None)
        else:
            if self._last not in (None, video, self._failed):
                # Under another name than the settings', where that was taken.
                self._control.tell(f"saved {self._last.path}")
        self._last = video
        try:
            return video is None or video is self._failed or video.send(picture)
        except SinkError as error:
            self._end(error, self._alone)
            self._failed = video
            # Elsewhere, as a change may wait for another one, and the loop must not.
            ended = {"record": self._video.named}
            Thread(target=self._control.withdraw, kwargs=ended, name="ends recording").start()
            return True

    def _end(self, error: SinkError, alone: bool) -> None:
        """Says that a recording ended, or raises the error where it was all there is."""
        if alone:
            raise error
        log.warning("the recording ended: %s", error)
        self._control.tell(f"the recording ended: {error}")


def begin_recording(control: Control) -> Path:
    """Records to a new file in the person's videos folder, and returns it.

    Raises `SinkError` if it cannot be made, and `GreenscreenError` while there is a recording: of several who begin
    one at the same time, one does.
    """
    path = new_recording(control.settings.transparent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{path.parent} cannot be made: {error.strerror}", "check the folder above it") from error

    def unless_one_is_under_way(now: Settings) -> Values:
        if now.record:
            raise GreenscreenError("a recording is under way already", "end that one first")
        return {"record": path}

    control.decide(unless_one_is_under_way, "record")
    return path


def close_video(video: VideoSink | None) -> None:
    """Finishes the file; raises `SinkError` when it cannot be."""
    if video:
        video.__exit__(None, None, None)
