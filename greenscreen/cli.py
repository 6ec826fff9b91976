"""The command line: parses, prints, and turns errors into one sentence and an exit code."""

import json
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from greenscreen import __version__
from greenscreen.errors import GreenscreenError, UsageError
from greenscreen.settings import help_of, make_settings

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Removes the room behind a person, live.",
)
out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

Engine = Annotated[str, typer.Option(help=f"{help_of('engine')}: auto, openvino or onnxruntime")]
Model = Annotated[Path | None, typer.Option(help=help_of("model"))]
Background = Annotated[str | None, typer.Option("--background", "-b", help=help_of("background"))]
Matte = Annotated[bool, typer.Option("--matte", help="write the matte alone, white the person")]


def say(message: str) -> None:
    """A line of information for the person, on stderr."""
    # As text, here and below, as names of files and devices may look like markup or emoji.
    err.print(Text(message, style="dim"))


def show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"greenscreen {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="show log and traceback")] = False,
    version: Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True, help="show it")] = False,
) -> None:
    # Whoever asks for the end, however this was started: everything is unwound, and no half file stays behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    logging.basicConfig(level=logging.INFO if debug else logging.WARNING, format="%(levelname)s %(name)s: %(message)s")


@app.command()
def run(
    camera: Annotated[str | None, typer.Option(help=help_of("camera"))] = None,
    background: Background = None,
    virtual_camera: Annotated[
        bool | None, typer.Option("--virtual-camera/--no-virtual-camera", help=help_of("virtual_camera"))
    ] = None,
    device: Annotated[str | None, typer.Option(help=help_of("device"))] = None,
    preview: Annotated[bool | None, typer.Option("--preview/--no-preview", help=help_of("preview"))] = None,
    record: Annotated[Path | None, typer.Option(help=help_of("record"))] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help=help_of("size"))] = None,
    fps: Annotated[float | None, typer.Option(help=help_of("fps"))] = None,
    engine: Engine = "auto",
    model: Model = None,
    frames: Annotated[int | None, typer.Option(help=help_of("frames"))] = None,
) -> None:
    """Replace the room live: camera in; virtual camera, window or recording out. Ctrl-C ends it."""
    settings = make_settings(
        camera=camera,
        background=background,
        virtual_camera=virtual_camera,
        device=device,
        preview=preview,
        record=record,
        size=size,
        fps=fps,
        engine=engine,
        model=model,
        frames=frames,
    )
    try:
        from greenscreen.control import Control
        from greenscreen.live import run_live

        summary = run_live(Control(settings), say)
    except KeyboardInterrupt:
        say("ended")
        return
    stages = ", ".join(f"{name} {ms:.1f}" for name, ms in summary.meter.medians().items())
    say(f"{summary.frames} frames; milliseconds each: {stages}")


@app.command()
def image(
    inputs: Annotated[list[Path], typer.Argument(metavar="PHOTO_OR_FOLDER...", help="photos, or folders of them")],
    output: Annotated[Path, typer.Option("-o", "--output", help="file for one photo, folder for more")],
    background: Background = None,
    matte: Matte = False,
    engine: Engine = "auto",
    model: Model = None,
) -> None:
    """Cut people out of photos: PNG with transparency, or the composite if --background is given."""
    from greenscreen.batch import cut_photos, plan_photos
    from greenscreen.segment import open_segmenter

    jobs = plan_photos(inputs, output)
    with open_segmenter(engine, model) as segmenter, progress_bar() as bar:
        task = bar.add_task("photos", total=len(jobs))
        failed = cut_photos(jobs, segmenter, background or "transparent", matte, lambda _: bar.advance(task))
    for _, error in failed:
        complain(error)
    say(f"{len(jobs) - len(failed)} of {len(jobs)} photos written to {output}")
    if failed:
        raise typer.Exit(1)


@app.command()
def video(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="video file")],
    output: Annotated[Path, typer.Option("-o", "--output", help=".mp4, .webm, .mov or .mkv")],
    background: Background = None,
    matte: Matte = False,
    engine: Engine = "auto",
    model: Model = None,
) -> None:
    """Replace the room in a video file, every frame and the sound kept."""
    from greenscreen.batch import cut_video
    from greenscreen.segment import open_segmenter

    with open_segmenter(engine, model) as segmenter, progress_bar() as bar:
        task = bar.add_task("frames", total=None)
        count = cut_video(
            clip,
            output,
            segmenter,
            background,
            matte,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    say(f"{count} frames written to {output}")


@app.command()
def bench(
    size: Annotated[str, typer.Option(metavar="WxH", help="frame size")] = "1280x720",
    background: Annotated[str, typer.Option("--background", "-b", help=help_of("background"))] = "blur",
    engine: Engine = "auto",
    frames: Annotated[int, typer.Option(min=1, max=100_000, help="frames to time")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Time one frame from memory to the I420 that a virtual camera takes."""
    from greenscreen.bench import bench as measure

    settings = make_settings(size=size, engine=engine, background=background)
    result = measure(settings.size or (1280, 720), background, engine, frames)
    if as_json:
        typer.echo(json.dumps(result.as_dict()))
        return
    table = Table(title=f"{result.size}, {result.background}, {result.engine}, {result.frames} frames")
    table.add_column("stage")
    table.add_column("median ms", justify="right")
    for name, ms in result.stages.items():
        table.add_row(name, f"{ms:.2f}")
    table.add_section()
    table.add_row("whole frame", f"{result.ms_median:.2f}", style="bold")
    table.add_row("95th percentile", f"{result.ms_p95:.2f}")
    table.add_row("CPU time, all threads", f"{result.cpu_ms:.2f}")
    out.print(table)
    out.print(f"{result.fps:.0f} frames a second")


@app.command()
def devices() -> None:
    """List cameras and virtual cameras."""
    from greenscreen.sinks.virtual_camera import HOW_TO_MAKE_ONE, list_virtual_cameras
    from greenscreen.sources.camera import list_cameras

    cameras = [camera for camera in list_cameras() if camera.captures]
    for camera in cameras:
        typer.echo(f"camera          {camera.device}  {camera.name}")
    virtual_cameras = list_virtual_cameras()
    for virtual in virtual_cameras:
        typer.echo(f"virtual camera  {virtual.device}  {virtual.name}")
    if not cameras:
        typer.echo("no camera: plug one in, or use --camera demo or a video file")
    if not virtual_cameras:
        typer.echo(f"no virtual camera: {HOW_TO_MAKE_ONE}")


@app.command()
def doctor() -> None:
    """Say what this machine has, what it lacks and how to get it."""
    from greenscreen.doctor import examine

    colours = {"ok": "green", "missing": "yellow", "broken": "red"}
    broken = False
    for finding in examine():
        mark = (f"{finding.state:7}", colours[finding.state])
        out.print(Text.assemble(mark, f"  {finding.what}: {finding.detail}"))
        if finding.hint:
            out.print(Text(f"         {finding.hint}", style="dim"))
        broken |= finding.state == "broken"
    if broken:
        raise typer.Exit(1)


def progress_bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def complain(error: GreenscreenError) -> None:
    """One sentence and a hint, on stderr."""
    err.print(Text.assemble(("error:", "red"), f" {error.message}"))
    if error.hint:
        err.print(Text.assemble(("hint:", "dim"), f" {error.hint}"))


def explained(error: Exception) -> GreenscreenError:
    """Whatever went wrong, as one sentence and a hint."""
    if isinstance(error, GreenscreenError):
        return error
    if isinstance(error, typer.TyperException):
        return UsageError(error.format_message().rstrip("."), "see: greenscreen --help")
    if isinstance(error, ImportError):
        return GreenscreenError(f"a library does not load: {error}", "see: greenscreen doctor")
    return GreenscreenError(f"unexpected {type(error).__name__}: {error}", "run it again with --debug and report it")


def main() -> None:
    """Entry point. Exit codes: 0, 1 for what failed while running, 2 for usage."""
    # People add --debug where they are, at the end of the line; it belongs to all commands.
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"] or ["--help"]
    try:
        sys.exit(app(["--debug", *arguments] if debug else arguments, standalone_mode=False))
    except Exception as error:
        if debug:
            err.print_exception()
        failure = explained(error)
        complain(failure)
        sys.exit(failure.exit_code)
