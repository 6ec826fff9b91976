"""Command line of the training package: `python -m train data|label|fit|export --help`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from greenscreen.errors import GreenscreenError
from train import datacli

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(datacli.app, name="data")


@app.command()
def label(
    manifest: Path,
    model: Annotated[Path, typer.Option(help="ONNX model that labels: RGB in [0, 1] in, matte out")],
    out: Annotated[Path, typer.Option(help="folder for the mattes and their manifest")],
) -> None:
    """Label the manifest's unlabelled pictures with another model."""
    from train.label import label as run

    kept, dropped = run(manifest, model, out)
    typer.echo(f"labelled {kept} pictures, left out {dropped} on which the model was not sure")


@app.command()
def fit(
    manifests: Annotated[list[Path], typer.Argument(help="CSV files that list the pictures")],
    out: Annotated[Path, typer.Option(help="folder for checkpoints and logs")],
    size: Annotated[str, typer.Option(help="student size")] = "small",
    steps: Annotated[int, typer.Option(min=1, help="optimiser steps")] = 10_000,
    seed: int = 1,
    rate: Annotated[float, typer.Option(min=0, help="highest learning rate")] = 3e-3,
    area: Annotated[int, typer.Option(min=1024, help="pixels of input")] = 320 * 192,
    memory: Annotated[float, typer.Option(min=0, max=1, help="share of steps from its own last matte")] = 0.3,
    resume: Annotated[Path | None, typer.Option(help="checkpoint of a run cut short, to go on with")] = None,
    start: Annotated[Path | None, typer.Option(help="checkpoint whose weights a new run begins with")] = None,
) -> None:
    """Train a student."""
    from train.fit import Recipe
    from train.fit import fit as run

    recipe = Recipe(tuple(manifests), out, size, area, memory, steps, rate=rate, seed=seed)
    typer.echo(f"wrote {run(recipe, resume, start)}")


@app.command()
def export(
    checkpoint: Path,
    out: Annotated[Path, typer.Option(help="ONNX file to write; its contract goes beside it")],
) -> None:
    """Write a trained student as a model that greenscreen runs."""
    from train.export import export as run

    contract = run(checkpoint, out)
    typer.echo(f"wrote {out} and {out.with_suffix('.json').name}: {contract.name}, both engines agree")


def main() -> None:
    """Entry point. What was foreseen is told in a sentence and a hint; exit code 2 for usage, else 1."""
    try:
        app()
    except GreenscreenError as error:
        typer.echo(f"error: {error}" + (f"\nhint: {error.hint}" if error.hint else ""), err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
