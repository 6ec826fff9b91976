"""Command line of the training package: `python -m train label|fit|export --help`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


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
    resume: Annotated[Path | None, typer.Option(help="checkpoint to go on from")] = None,
) -> None:
    """Train a student."""
    from train.fit import Recipe
    from train.fit import fit as run

    typer.echo(f"wrote {run(Recipe(tuple(manifests), out, size, steps, seed=seed), resume)}")


@app.command()
def export(
    checkpoint: Path,
    out: Annotated[Path, typer.Option(help="ONNX file to write; its contract goes beside it")],
) -> None:
    """Write a trained student as a model that greenscreen runs."""
    from train.export import export as run

    contract = run(checkpoint, out)
    typer.echo(f"wrote {out} and {out.with_suffix('.json').name}: {contract.name}, both engines agree")


if __name__ == "__main__":
    app()
