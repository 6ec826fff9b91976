"""Photos and video files: every picture, at its own size, as fast as the machine goes."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from os.path import exists, expanduser, isdir
from pathlib import Path

import cv2

from greenscreen.composite.background import Backdrop, Blur, open_backdrop
from greenscreen.errors import GreenscreenError, SinkError, SourceError, UsageError
from greenscreen.filing import identity
from greenscreen.gallery import find
from greenscreen.images import PHOTO_SUFFIXES, list_photos, open_photo, write_image
from greenscreen.images.srgb import in_srgb
from greenscreen.picture.frame import Frame
from greenscreen.pipeline import Pipeline, run
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.segment import Segmenter
from greenscreen.segment.ahead import Ahead
from greenscreen.sinks.video import VideoSink
from greenscreen.sources.video import VideoSource

_SMALLER = "make it smaller with any image editor and try again"


@dataclass(frozen=True)
class Job:
    """One photo to read and the file to write."""

    photo: Path
    out: Path


def refuse_both(background: str | None, matte: bool) -> None:
    """Raises `UsageError` for a background together with a matte, which has none."""
    if background is not None and matte:
        raise UsageError("--matte writes the matte alone, and --background what is behind it", "choose one")


def plan_photos(inputs: list[Path], out: Path, folder: bool = False) -> list[Job]:
    """Which photo becomes which file. A single photo may name its file; a folder, or several photos, need a folder.

    With `folder`, `out` is a folder even if it looks like a file's name.

    Photos of one folder that differ only in their ending keep it: `a.jpg.png`. Raises `UsageError` when two would
    write the same file or one would overwrite a photo, `SourceError` for inputs that are not there, `SinkError` when
    the folder cannot be made.
    """
    photos = [photo for path in inputs for photo in (list_photos(path, others=True) if isdir(path) else [path])]
    for photo in photos:
        if not exists(photo):
            raise SourceError(f"there is no photo {photo}", "check the path")
    single, folder = len(inputs) == 1 and not isdir(inputs[0]), folder or isdir(out)
    to_file = single and out.suffix != "" and not folder
    if not single and out.suffix.lower() in PHOTO_SUFFIXES and not folder:
        raise UsageError(f"the one file {out} cannot take several photos", "name a folder with -o")
    alike = Counter(photo.with_suffix("") for photo in photos)
    names = [photo.name if alike[photo.with_suffix("")] > 1 else photo.stem for photo in photos]
    jobs = [Job(photo, out if to_file else out / f"{name}.png") for photo, name in zip(photos, names, strict=True)]
    taken = {identity(photo): photo for photo in photos}
    written: dict[object, Path] = {}
    for job in jobs:
        target = identity(job.out)
        if target in taken:
            raise UsageError(f"{job.out} would overwrite the photo {taken[target]}", "choose another -o")
        if target in written:
            raise UsageError(
                f"{written[target]} and {job.photo} would both be written to {job.out}", "run them one after the other"
            )
        written[target] = job.photo
    parent = out.parent if to_file else out
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"the folder {parent} cannot be made: {error.strerror}", "choose another -o") from error
    return jobs


def cut_photo(job: Job, segmenter: Segmenter, backdrop: Backdrop | None, matte: bool) -> None:
    """Reads, cuts out and writes one photo, in its own colours or those of a backdrop; raises what that raises."""
    photo = open_photo(job.photo)
    image, profile = photo.image, photo.profile
    if backdrop and not isinstance(backdrop, Blur):
        # A backdrop is in sRGB's colours, and one profile stands for all of the picture.
        image = in_srgb(photo.image, profile)
        profile = profile if image is photo.image else b""
    frame = Frame(image, time=0, index=0, fresh=True, opacity=photo.opacity)
    picture = Pipeline(segmenter, Refiner(steady=False), backdrop).process(frame)
    if matte:
        write_image(job.out, picture.alpha)
    else:
        write_image(job.out, picture.pixels, profile)


def cut_photos(
    jobs: list[Job], segmenter: Segmenter, background: str, matte: bool, done: Callable[[Job], None]
) -> list[tuple[Job, GreenscreenError]]:
    """Does every job, calls `done` after each, and returns those that failed: one bad photo stops no other.

    Raises `UsageError`, before anything is written, where a job would overwrite the background's file.
    """
    failed: list[tuple[Job, GreenscreenError]] = []
    read = identity(_file_of(background))
    if lost := next((job for job in jobs if identity(job.out) == read), None):
        raise UsageError(f"{lost.out} would overwrite the background", "choose another -o")
    with ExitStack() as stack:
        backdrop = open_backdrop(background)
        if backdrop:
            stack.callback(backdrop.close)
        for job in jobs:
            try:
                cut_photo(job, segmenter, backdrop, matte)
            except (SourceError, SinkError) as error:
                failed.append((job, error))
            except (MemoryError, cv2.error) as error:
                if isinstance(error, cv2.error) and error.code != cv2.Error.StsNoMem:
                    raise
                failed.append((job, SourceError(f"{job.photo.name} is too large for this machine's memory", _SMALLER)))
            done(job)
    return failed


def cut_video(
    clip: Path,
    out: Path,
    segmenter: Segmenter,
    background: str | None,
    matte: bool,
    progress: Callable[[int, int | None], None],
    fast: bool = False,
) -> int:
    """Writes the whole clip with its sound; returns the number of frames. `progress` gets frames done and expected.

    With `fast`, as in a call, frames stay I420 and the network rests; only before a background.

    Transparent by default where the file can be. Raises `UsageError` for files that cannot be written so, and what
    reading, running and writing raise; then there is no file, also after Ctrl-C: half a clip must not pass for a whole.
    Of a clip that is itself damaged or cut off, what there is is written before the `SourceError` that says so.
    """
    broken: list[SourceError] = []
    transparent = out.suffix.lower() in (".webm", ".mov")
    background = ("transparent" if transparent else "green") if background is None else background
    if identity(out) in {identity(clip), identity(_file_of(background))}:
        raise UsageError(f"{out} would be overwritten while it is read", "choose another -o")
    with ExitStack() as stack:
        backdrop = open_backdrop("green" if matte else background)
        if backdrop:
            stack.callback(backdrop.close)
        planar = fast and not matte and backdrop is not None and Planar().wait()
        source = stack.enter_context(VideoSource(clip, planar=planar, careful=True))
        sink = stack.enter_context(VideoSink(out, source.size, source.fps, matte=matte, audio_from=clip))

        segmenter.from_file, segmenter.thorough = True, not planar
        pipeline = Pipeline(segmenter, Refiner(), backdrop)
        ahead = stack.enter_context(closing(Ahead(segmenter.segment)))
        pipeline.look = ahead.segment

        def found() -> Iterator[Frame]:
            try:
                yield from source
            except SourceError as error:
                broken.append(error)

        def counted() -> Iterator[Frame]:
            for done, frame in enumerate(ahead.frames(found()), 1):
                yield frame
                progress(done, source.frames)

        try:
            count = run(counted(), pipeline, [sink])
        except KeyboardInterrupt as interrupt:
            raise SinkError(f"{out} was not written, as it was not finished", "run it again") from interrupt
    for error in broken:
        raise SourceError(f"{error}; what there is was written to {out}", error.hint) from error
    return count


def _file_of(background: str) -> str | Path:
    """The path of a background's file, if it is one, found as `open_backdrop` finds it."""
    word = background.strip()
    return find(word) or expanduser(word)
