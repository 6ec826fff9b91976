"""The command line: parses, prints, and turns errors into one sentence and an exit code."""

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from glob import glob
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from greenscreen import __version__
from greenscreen.address import DEFAULT_HOST, DEFAULT_PORT
from greenscreen.cli.console import begin_printing, complain, err, explained, finish_printing, out, progress_bar, say
from greenscreen.cli.engines import engines
from greenscreen.cli.options import Background, Engine, Gpu, Model, with_settings
from greenscreen.cli.profiles import profiles
from greenscreen.cli.remote import remote
from greenscreen.control import Control
from greenscreen.control.profiles import follow_profile, read_profile
from greenscreen.errors import GreenscreenError
from greenscreen.filing import printable
from greenscreen.live.ending import end_by_signals, unwind_by_signals
from greenscreen.logs import log_path, log_stats, logged_to_file, print_json, prints_json, report_stats, stats_line
from greenscreen.settings import help_of, make_settings

if TYPE_CHECKING:
    from greenscreen.bench import Result

log = logging.getLogger(__name__)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Its tables cut off the names of options, even in a terminal of 80 columns.
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Removes the room behind a person, live.",
)


def filled(text: str) -> str:
    """A path as it was typed. What is empty would be the current folder, which nobody meant."""
    if not text:
        raise typer.BadParameter("it is empty, where a file or folder is to be named")
    if text == "-":
        raise typer.BadParameter("pictures are neither read from nor written to a pipe; name a file")
    return text


def named(text: str) -> Path:
    return Path(filled(text))


Matte = Annotated[bool, typer.Option("--matte", help="write only the matte, with the person white")]


SERVICE = {"virtual_camera": True, "preview": False, "on_demand": sys.platform.startswith("linux")}
"""What `--background-service` means, where nothing else is said."""


def say_and_log(message: str) -> None:
    log.info(message)
    say(message)


def show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"greenscreen {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="show log and traceback")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="show the version")
    ] = False,
) -> None:
    unwind_by_signals()
    level = logging.INFO if debug else logging.WARNING
    terminal = logging.StreamHandler()
    terminal.setLevel(level)
    logging.basicConfig(level=level, handlers=[terminal], format="%(levelname)s %(name)s: %(message)s")


@app.command()
@with_settings
def run(
    profile: Annotated[
        str | None, typer.Option(help="use the settings kept under this name; options given here override them")
    ] = None,
    stats: Annotated[bool, typer.Option("--stats", help="print rate, delay and stage times every second")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="print everything as lines of JSON")] = False,
    background_service: Annotated[
        bool, typer.Option("--background-service", help="virtual camera only, on demand, without a window")
    ] = False,
    **given: Any,
) -> None:
    """Replace the room live: camera in, virtual camera out.

    A window shows what others see, and Ctrl-C ends it.
    """
    if log_json:
        print_json()
    typed = {key: value for key, value in given.items() if value is not None}
    usual = SERVICE if background_service else {}
    control = Control(make_settings(**usual | ({} if profile is None else read_profile(profile)) | typed))
    end_by_signals(control)
    with logged_to_file(log_path()), ExitStack() as attending:
        if stats:
            report = log_stats if log_json else lambda status: say(stats_line(status))
            attend(attending, report_stats, control, report)
        if profile:
            attend(attending, follow_profile, profile, control, set(typed))
        tell = log.info if log_json else say_and_log
        try:
            from greenscreen.live.run import run_live

            # What is no terminal is somebody's log, too: whoever reads that finds the token in its file.
            seen = err.file.isatty() and not log_json
            # In full strength, as phones read no faint code.
            summary = run_live(control, tell, **({"confide": partial(say, style="")} if seen else {}))
        except KeyboardInterrupt:
            tell("ended")
            return
        finally:
            # All who attend do so until the run ends, also where it could not begin.
            control.stop()
        stages = ", ".join(f"{name} {ms:.1f}" for name, ms in summary.meter.medians().items())
        rested = f", the network rested on {summary.meter.rested}" if summary.meter.rested else ""
        frames = "1 frame" if summary.frames == 1 else f"{summary.frames} frames"
        tell(f"{frames}{rested}; milliseconds each: {stages}")


def attend(attending: ExitStack, work: Callable[..., None], *arguments: object) -> None:
    """Runs `work` in a thread, and waits for it when `attending` is left."""
    thread = Thread(target=work, args=arguments, name=work.__name__, daemon=True)
    thread.start()
    attending.callback(thread.join)


@app.command()
def image(
    inputs: Annotated[
        list[Path], typer.Argument(parser=named, metavar="PHOTO_OR_FOLDER...", help="photos, or folders of them")
    ],
    output: Annotated[
        str,
        typer.Option("-o", "--output", parser=filled, metavar="<path>", help="file for one photo, folder for more"),
    ],
    background: Background = None,
    matte: Matte = False,
    engine: Engine = "auto",
    gpu: Gpu = None,
    model: Model = None,
) -> None:
    """Cut people out of photos.

    Writes PNGs with transparency, or composites if --background is given.
    """
    from greenscreen.batch import cut_photos, plan_photos, refuse_both
    from greenscreen.segment import open_segmenter
    from greenscreen.segment.segmenter import both_sides

    refuse_both(background, matte)
    # A path forgets that it ended in a slash.
    jobs = plan_photos(inputs, Path(output), folder=output.endswith(("/", os.sep)))
    with open_segmenter(engine, model, gpu, say=say, patient=True) as segmenter, progress_bar() as bar:
        segmenter.meet = both_sides
        task = bar.add_task("photos", total=len(jobs))
        failed = cut_photos(
            jobs, segmenter, "transparent" if background is None else background, matte, lambda _: bar.advance(task)
        )
    for _, error in failed:
        complain(error)
    say(f"photos written to {output}: {len(jobs) - len(failed)} of {len(jobs)}")
    if failed:
        raise typer.Exit(1)


@app.command()
def video(
    clip: Annotated[Path, typer.Argument(parser=named, metavar="CLIP", help="video file")],
    output: Annotated[
        Path, typer.Option("-o", "--output", parser=named, metavar="<path>", help=".mp4, .webm, .mov or .mkv")
    ],
    background: Background = None,
    matte: Matte = False,
    engine: Engine = "auto",
    gpu: Gpu = None,
    model: Model = None,
    fast: Annotated[bool, typer.Option("--fast", help="look only as closely as in a call, and finish sooner")] = False,
) -> None:
    """Replace the room in a video file, every frame and the sound kept."""
    from greenscreen.batch import cut_video, refuse_both
    from greenscreen.segment import open_segmenter

    refuse_both(background, matte)
    with open_segmenter(engine, model, gpu, say=say, patient=not fast, beside=True) as segmenter, progress_bar() as bar:
        task = bar.add_task("frames", total=None)
        count = cut_video(
            clip,
            output,
            segmenter,
            background,
            matte,
            lambda done, total: bar.update(task, completed=done, total=total),
            fast,
        )
    say(f"{count} {'frame' if count == 1 else 'frames'} written to {output}")


@app.command()
def bench(
    size: Annotated[
        list[str] | None, typer.Option(metavar="WxH", help="frame size; more than one may be given")
    ] = None,
    background: Annotated[
        list[str] | None,
        typer.Option("--background", "-b", help=f"{help_of('background')}; may be given again"),
    ] = None,
    engine: Engine = "auto",
    frames: Annotated[int, typer.Option(min=1, max=100_000, help="frames to time")] = 200,
    clip: Annotated[str, typer.Option(metavar="FILE", help="video that they are taken from", callback=filled)] = "demo",
    compare_peer: Annotated[
        Path | None, typer.Option(metavar="ONNX", help="time another program's network and usual work in turns")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="draw the stages, as .png, .svg or .pdf")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a line")] = False,
) -> None:
    """Time one frame, from memory to what a virtual camera takes."""
    from greenscreen.bench import bench as measure
    from greenscreen.bench import check_plot
    from greenscreen.bench import plot as draw

    if plot:
        check_plot(plot)
    results = []
    for text in size or ["1280x720"]:
        for behind in background or ["blur"]:
            settings = make_settings(command="bench", size=text, engine=engine, background=behind)
            result = measure(settings.size or (1280, 720), behind, engine, frames, compare_peer, clip)
            typer.echo(json.dumps(result.as_dict())) if as_json else out.print(bench_table(result))
            results.append(result)
    if plot:
        draw(results, plot)


def bench_table(result: "Result") -> Table:
    """What was measured, for people."""
    table = Table(title=f"{result.size}, {result.background}, {result.engine}, {result.frames} frames")
    table.add_column("stage")
    table.add_column("median ms", justify="right")
    for name, ms in result.stages.items():
        table.add_row(name, f"{ms:.2f}")
    table.add_section()
    table.add_row("whole frame", f"{result.ours.median:.2f}", style="bold")
    table.add_row("mean", f"{result.ours.mean:.2f}")
    table.add_row("95th percentile", f"{result.ours.p95:.2f}")
    table.add_row("CPU time, all threads", f"{result.ours.cpu:.2f}")
    table.add_row("frames the network rested on", f"{result.rested}")
    if result.peer:
        table.add_section()
        table.add_row("the other program", f"{result.peer.median:.2f}")
        table.add_row("its CPU time", f"{result.peer.cpu:.2f}")
        table.add_row("times faster", f"{result.faster:.2f}", style="bold")
    return table


@app.command()
def devices() -> None:
    """List cameras and virtual cameras."""
    from greenscreen.linux.v4l2 import JOIN_THE_GROUP
    from greenscreen.sinks.virtual_camera import HOW_TO_MAKE_ONE, forbidden, list_virtual_cameras
    from greenscreen.sources.camera import list_cameras
    from greenscreen.sources.trouble import PERMISSION

    cameras = [camera for camera in list_cameras() if camera.captures]
    for camera in cameras:
        name = printable(camera.name)  # A device may call itself what it likes.
        typer.echo(f"camera          {camera.device}  {name}{' (virtual, only if named)' * camera.virtual}")
    virtual_cameras = list_virtual_cameras()
    for virtual in virtual_cameras:
        typer.echo(f"virtual camera  {virtual.device}  {printable(virtual.name)}")
    closed = forbidden()
    if closed:
        typer.echo(f"you may not use {', '.join(closed)}: {JOIN_THE_GROUP}")
    if not closed and all(camera.virtual for camera in cameras):
        typer.echo(f"no camera: plug one in, or use --camera demo or a video file{PERMISSION}")
    if not closed and not virtual_cameras:
        typer.echo(f"no virtual camera: to make one, {HOW_TO_MAKE_ONE}")


@app.command()
def setup(
    apply: Annotated[bool, typer.Option("--apply", help="run the commands, after asking")] = False,
    service: Annotated[bool, typer.Option("--service", help="print a systemd user unit instead")] = False,
) -> None:
    """Show what a virtual camera needs here; with --apply, do it."""
    from greenscreen.setup import gather, plan, service_unit
    from greenscreen.sinks.obs import HOW_TO_INSTALL, obs_camera

    if service:
        installed = shutil.which("greenscreen")
        typer.echo(service_unit(f'"{installed}"' if installed else f'"{sys.executable}" -m greenscreen'), nl=False)
        return
    if not sys.platform.startswith("linux"):
        typer.echo(
            "OBS's virtual camera is there: greenscreen run uses it" if obs_camera() else f"to do: {HOW_TO_INSTALL}"
        )
        return
    steps = list(plan(gather()))
    if not steps:
        typer.echo("the virtual camera is ready, and will be after the next boot")
    for step in steps:
        typer.echo(f"# {step.why}" + (f"\n{step.line}" if step.line else ""))
    lines = [step.line for step in steps if step.line]
    if not apply or not lines or not typer.confirm("Run these commands?", err=True):
        return
    for line in lines:
        say(line)
        if subprocess.run(["sh", "-c", line]).returncode:
            raise GreenscreenError(f"this failed: {line}", "fix what it says above, and run greenscreen setup again")


@app.command()
def doctor() -> None:
    """Show what this machine has, what it lacks and how to get it."""
    from greenscreen.doctor import examine

    colours = {"ok": "green", "missing": "yellow", "broken": "red"}
    broken = False
    for finding in examine():
        mark = (f"{finding.state:7}", colours[finding.state])
        out.print(Text.assemble(mark, f"  {finding.what}: {printable(finding.detail)}"))
        if finding.hint:
            out.print(Text(f"         {printable(finding.hint)}", style="dim"))
        broken |= finding.state == "broken"
    if broken:
        raise typer.Exit(1)


app.add_typer(engines, name="engine")
app.add_typer(profiles, name="profile")
app.add_typer(remote, name="ctl")


def completed(arguments: list[str]) -> list[str]:
    """With the address that `--overlay` alone means, as options of the command line either have a value or do not."""
    default = f"--overlay={DEFAULT_HOST}:{DEFAULT_PORT}"
    pairs = zip(arguments, [*arguments[1:], "-"], strict=False)  # Where nothing is typed, nothing follows.
    return [default if word == "--overlay" and after.startswith("-") else word for word, after in pairs]


def expanded(arguments: list[str]) -> list[str]:
    """With the files that `*` and `?` stand for: other than elsewhere, Windows leaves that to the program."""
    words: list[str] = []
    for word in arguments:
        wild = ("*" in word or "?" in word) and "://" not in word
        words += (sorted(glob(word.replace("[", "[[]"))) if wild else []) or [word]
    return words


def main() -> None:
    """Entry point. Exit codes: 0, 1 for what failed while running, 2 for usage."""
    begin_printing()
    typed = expanded(sys.argv[1:]) if sys.platform == "win32" else sys.argv[1:]
    # People add --debug where they are, at the end of the line; it belongs to all commands.
    debug = "--debug" in sys.argv
    arguments = completed([argument for argument in typed if argument != "--debug"]) or ["--help"]
    try:
        code = app(["--debug", *arguments] if debug else arguments, standalone_mode=False)
        finish_printing()
        sys.exit(code)
    except Exception as error:
        failure = explained(error)
        if prints_json():
            log.error(failure.message, exc_info=debug, extra={"details": {"hint": failure.hint}})
        else:
            if debug:
                err.print_exception()
            complain(failure)
        with suppress(OSError):
            finish_printing()
        sys.exit(failure.exit_code)
