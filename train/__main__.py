"""Command line of the training package: `python -m train data|label|fit|average|prune|export|compare --help`."""

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenscreen.errors import GreenscreenError, ModelError, UsageError
from train import datacli

if TYPE_CHECKING:
    from train.data import Row

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(datacli.app, name="data")

STRIDE = 32
"""What the networks' inputs are multiples of, where nothing else is said."""

MOST = 1 << 22
"""Pixels of input, with which any machine still has memory enough to compare what it exports."""

Manifests = Annotated[list[Path], typer.Argument(help="CSV files that list the pictures")]


@app.command()
def label(
    manifests: Manifests,
    models: Annotated[
        list[Path], typer.Option("--model", help="checkpoint or ONNX model that labels; may be repeated")
    ],
    out: Annotated[Path, typer.Option(help="folder for the mattes and their manifest")],
    soft: Annotated[bool, typer.Option("--soft", help="keep the mattes as soft as the models are unsure")] = False,
) -> None:
    """Label the manifests' unlabelled pictures with other models."""
    from train.label import label as run

    kept, dropped = run(load_all(manifests), models, out, sharp=not soft)
    typer.echo(f"pictures labelled: {kept}; left out, as the models were not sure of them: {dropped}")


@app.command()
def fit(
    recipe: Annotated[str, typer.Argument(help="live, large, student, teacher, distil, original, compared, or a file")],
    manifests: Manifests,
    out: Annotated[Path, typer.Option(help="folder for checkpoints, curves and panels")],
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change a setting")] = None,
    start: Annotated[Path | None, typer.Option(help="checkpoint whose weights a new run begins with")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the run in --out, if there is one")] = False,
) -> None:
    """Train a network by a recipe."""
    from train.recipe import read_recipe

    # Before the libraries are loaded, so that a mistyped word costs no time.
    settings, rows = read_recipe(recipe, changes or []), load_all(manifests)
    from train.fit import fit as run

    words = ["fit", recipe, *map(str, manifests), "--out", str(out)]
    words += ["--start", str(start)] if start else []
    command = shlex.join([*words, *(word for change in changes or [] for word in ("--set", change))])
    best = run(settings, rows, out, start, resume, command)
    if os.environ.get("RANK", "0") == "0":  # Under torchrun all come here.
        typer.echo(f"wrote {best}")


@app.command()
def average(
    checkpoints: Annotated[list[Path], typer.Argument(help="of train fit; one that is named twice counts twice")],
    out: Annotated[Path, typer.Option(help="checkpoint to write, of the weights alone")],
) -> None:
    """Average the weights of runs that went on from one another."""
    from train.average import average as run

    run(checkpoints, out)
    typer.echo(f"wrote {out}")


@app.command()
def prune(
    checkpoint: Path,
    manifests: Manifests,
    network: Annotated[str, typer.Option(help="whose width to make it, such as student-slim")],
    out: Annotated[Path, typer.Option(help="checkpoint to write, for train fit to begin with")],
) -> None:
    """Make a trained network narrower, by what it misses least."""
    from train.prune import prune as run

    run(checkpoint, network, load_all(manifests), out)
    typer.echo(f"wrote {out}")


@app.command()
def export(
    checkpoint: Path,
    out: Annotated[Path, typer.Option(help="ONNX file to write, its contract beside it; or .tflite, for MediaPipe")],
    half: Annotated[bool, typer.Option("--half", help="float16 inside, for engines that are strongly typed")] = False,
    packed: Annotated[bool, typer.Option("--packed", help="weights kept in float16: half the file, as fast")] = False,
    int8: Annotated[
        Path | None, typer.Option(metavar="MANIFEST", help="eight-bit integers, in the ranges its pictures show")
    ] = None,
    area: Annotated[int | None, typer.Option(min=1024, max=MOST, help="pixels of input; by default as trained")] = None,
    stride: Annotated[int, typer.Option(min=8, max=256, help="make height and width multiples of this")] = STRIDE,
    temperature: Annotated[float, typer.Option(min=0.1, max=10, help="below 1: surer mattes than as trained")] = 1.0,
    others: Annotated[
        list[Path] | None, typer.Option("--with", metavar="CHECKPOINT", help="run this one too, and take the mean")
    ] = None,
) -> None:
    """Write a trained network as a model that greenscreen runs."""
    if half + packed + bool(int8) > 1:
        raise UsageError("--half, --packed and --int8 contradict each other", "export to a file for each")
    if out.suffix == ".tflite":
        shaped = area is not None or stride != STRIDE
        export_for_mediapipe(checkpoint, out, half or packed or shaped or bool(int8 or others) or temperature != 1)
        return
    if out.suffix != ".onnx":
        raise UsageError(f"{out.name} is no name of a model", "end it in .onnx or, for MediaPipe, in .tflite")
    rows = load_all([int8]) if int8 else []
    from train.export import export as run

    contract = run(checkpoint, out, half, rows, area, temperature, others or [], packed, stride)
    typer.echo(f"wrote {out} and {out.with_suffix('.json').name}: {contract.name}, both engines agree")


@app.command()
def compare(
    models: Annotated[list[Path], typer.Argument(help="checkpoints of train fit, and ONNX models of anybody")],
    manifests: Annotated[list[Path], typer.Option("--on", help="CSV file whose val rows to judge by; repeatable")],
    out: Annotated[Path, typer.Option(help="Markdown to write")],
    sheet: Annotated[Path | None, typer.Option(help="PNG of some of the pictures with every model's mattes")] = None,
    shown: Annotated[int, typer.Option(min=1, max=100, help="pictures on the sheet")] = 8,
    count: Annotated[int, typer.Option(min=0, help="judge on this many pictures only; 0: all")] = 0,
) -> None:
    """Write a table of how good, large and fast models are."""
    from tempfile import TemporaryDirectory

    from train.compare import judged, open_candidates, report
    from train.compare import sheet as write_sheet
    from train.manifest import write_text

    rows = judged(load_all(manifests), count)
    with TemporaryDirectory() as scratch:
        candidates = open_candidates(models, Path(scratch))
        write_text(out, report(candidates, rows))
        if sheet:
            write_sheet(sheet, candidates, judged(rows, shown))
    typer.echo(f"wrote {out}" + (f" and {sheet}" if sheet else ""))


def export_for_mediapipe(checkpoint: Path, out: Path, otherwise: bool) -> None:
    if otherwise:
        options = "--half, --packed, --int8, --area, --stride, --temperature and --with"
        raise UsageError(f"{options} are for ONNX files", "leave them out")
    try:
        from train.mediapipe import export as run
    except ImportError as error:
        raise ModelError(f"MediaPipe does not load: {error}", "pip install 'mediapipe>=1'") from error

    run(checkpoint, out)
    typer.echo(f"wrote {out}: MediaPipe agrees")


def load_all(manifests: list[Path]) -> "list[Row]":
    from train.manifest import load

    return [row for manifest in manifests for row in load(manifest)]


def missing(error: ImportError) -> GreenscreenError:
    """What training needs beside the runtime's libraries."""
    return GreenscreenError(f"a library does not load: {error}", "in a checkout: pip install '.[train]'")


def main() -> None:
    """Entry point. Expected errors become a sentence and a hint; exit code 2 for usage, else 1."""
    try:
        app()
    except (GreenscreenError, ImportError) as problem:
        error = problem if isinstance(problem, GreenscreenError) else missing(problem)
        typer.echo(f"error: {error}" + (f"\nhint: {error.hint}" if error.hint else ""), err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
