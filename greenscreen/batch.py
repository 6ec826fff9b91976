"""Photos and video files: every picture, at its own size, as fast as the machine goes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from greenscreen.background import Backdrop, open_backdrop
from greenscreen.errors import GreenscreenError, SinkError, SourceError, UsageError
from greenscreen.frame import Frame
from greenscreen.images import PHOTO_SUFFIXES, list_photos, read_photo, write_image
from greenscreen.pipeline import Pipeline, run
from greenscreen.refine import Refiner
from greenscreen.segment import Segmenter
from greenscreen.sinks.video import VideoSink
from greenscreen.sources.video import VideoSource


@dataclass(frozen=True)
class Job:
    """One photo to read and the file to write."""

    photo: Path
    out: Path


def plan_photos(inputs: list[Path], out: Path) -> list[Job]:
    """Which photo becomes which file. A single photo may name its file; a folder, or several photos, need a folder.

    Raises `UsageError` when two would write the same file or one would overwrite a photo, `SourceError` for inputs
    that are not there, `SinkError` when the folder cannot be made.
    """
    photos = [photo for path in inputs for photo in (list_photos(path) if path.is_dir() else [path])]
    for photo in photos:
        if not photo.exists():
            raise SourceError(f"{photo} does not exist", "check the path")
    single = len(inputs) == 1 and not inputs[0].is_dir() and not out.is_dir() and out.suffix.lower() in PHOTO_SUFFIXES
    jobs = [Job(photo, out if single else out / f"{photo.stem}.png") for photo in photos]
    taken = {photo.resolve(): photo for photo in photos}
    written: dict[Path, Path] = {}
    for job in jobs:
        target = job.out.resolve()
        if target in taken:
            raise UsageError(f"{job.out} would overwrite the photo {taken[target]}", "choose another -o")
        if target in written:
            raise UsageError(
                f"{written[target]} and {job.photo} would both be written to {job.out}", "run them one after the other"
            )
        written[target] = job.photo
    folder = out.parent if single else out
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"the folder {folder} cannot be made: {error.strerror}", "choose another -o") from error
    return jobs


def cut_photo(job: Job, segmenter: Segmenter, backdrop: Backdrop | None, matte: bool) -> None:
    """Reads, cuts out and writes one photo; raises what that raises."""
    frame = Frame(read_photo(job.photo), time=0, index=0, fresh=True)
    picture = Pipeline(segmenter, Refiner(steady=False), backdrop).process(frame)
    write_image(job.out, picture.alpha if matte else picture.pixels)


def cut_photos(
    jobs: list[Job], segmenter: Segmenter, background: str, matte: bool, done: Callable[[Job], None]
) -> list[tuple[Job, GreenscreenError]]:
    """Does every job, calls `done` after each, and returns those that failed with why: one bad photo stops no other."""
    backdrop = open_backdrop(background)
    failed: list[tuple[Job, GreenscreenError]] = []
    for job in jobs:
        try:
            cut_photo(job, segmenter, backdrop, matte)
        except (SourceError, SinkError) as error:
            failed.append((job, error))
        done(job)
    return failed


def cut_video(
    clip: Path,
    out: Path,
    segmenter: Segmenter,
    background: str | None,
    matte: bool,
    progress: Callable[[int, int | None], None],
) -> int:
    """Writes the whole clip with its sound; returns the number of frames. `progress` gets frames done and expected."""
    transparent = out.suffix.lower() in (".webm", ".mov")
    background = background or ("transparent" if transparent else "green")
    if clip.exists() and out.exists() and clip.samefile(out):
        raise UsageError(f"{out} is the clip itself", "choose another -o")
    with ExitStack() as stack:
        source = stack.enter_context(VideoSource(clip))
        backdrop = open_backdrop("green" if matte else background)
        if backdrop:
            stack.callback(backdrop.close)
        sink = stack.enter_context(VideoSink(out, source.size, source.fps, matte=matte, audio_from=clip))

        def counted() -> Iterator[Frame]:
            for done, frame in enumerate(source):
                progress(done, source.frames)
                yield frame

        return run(counted(), Pipeline(segmenter, Refiner(), backdrop), [sink])
