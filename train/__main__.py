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
    recipe: Annotated[str, typer.Argument(help="original, teacher, student, distil, or a YAML file")],
    manifests: Annotated[list[Path], typer.Argument(help="CSV files that list the pictures")],
    out: Annotated[Path, typer.Option(help="folder for checkpoints, curves and panels")],
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change a setting")] = None,
    start: Annotated[Path | None, typer.Option(help="checkpoint whose weights a new run begins with")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the run in --out, if there is one")] = False,
) -> None:
    """Train a network by a recipe."""
    from train.fit import fit as run
    from train.manifest import load
    from train.recipe import read_recipe

    settings = read_recipe(recipe, changes or [])
    rows = [row for manifest in manifests for row in load(manifest)]
    command = " ".join(["fit", recipe, *(f"--set {change}" for change in changes or [])])
    typer.echo(f"wrote {run(settings, rows, out, start, resume, command)}")


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
