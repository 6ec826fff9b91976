"""`python -m train data`: from what others publish to a manifest, and a look at it before hours are spent on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from greenscreen.errors import UsageError

if TYPE_CHECKING:
    from train.importers.collect import Report

app = typer.Typer(no_args_is_help=True, help="Import, check, split and look at training pictures.")

Out = Annotated[Path, typer.Option(help="folder for the manifest, the masks and two contact sheets")]
Manifests = Annotated[list[Path], typer.Argument(help="CSV files that list the pictures")]


@app.command()
def coco(
    annotations: Annotated[Path, typer.Argument(help="instances_*.json")],
    images: Annotated[Path, typer.Argument(help="folder of the pictures")],
    out: Out,
    people: Annotated[int, typer.Option(min=1, help="most people in a picture")] = 2,
    least: Annotated[float, typer.Option(min=0, max=1, help="least share of the picture that people cover")] = 0.2,
    most: Annotated[float, typer.Option(min=0, max=1, help="most share of the picture that people cover")] = 0.7,
    tiny: Annotated[float, typer.Option(min=0, max=1, help="share below which someone is background")] = 0.02,
) -> None:
    """Import COCO: only pictures with few, large people, and no crowds."""
    from train.importers.coco import Rules, candidates
    from train.importers.collect import collect

    _tell(collect(candidates(annotations, images, Rules(people, least, most, tiny)), "coco", out), out)


@app.command()
def folder(
    images: Annotated[Path, typer.Argument(help="folder of pictures, or of cut-outs")],
    out: Out,
    masks: Annotated[Path | None, typer.Argument(help="folder of masks of the same names")] = None,
    split: Annotated[
        Literal["bg", "unlabelled"] | None, typer.Option(help="pictures without masks: rooms, or for a teacher")
    ] = None,
) -> None:
    """Import pictures with masks of the same names or, without a second folder, cut-outs with transparency.

    With --split, import rooms without people, or pictures that a teacher labels.
    """
    from train.importers.collect import collect
    from train.importers.folder import bare, cutouts, pairs

    if split and masks:
        raise UsageError(f"pictures of split {split} have no masks", "leave out the folder of masks, or --split")
    found = pairs(images, masks) if masks else bare(images) if split else cutouts(images)
    _tell(collect(found, images.resolve().name, out, split or "train_cutout"), out)


@app.command()
def voc(root: Annotated[Path, typer.Argument(help="folder of JPEGImages and SegmentationClass")], out: Out) -> None:
    """Import Pascal VOC, or what is stored like it."""
    from train.importers.collect import collect
    from train.importers.voc import candidates

    _tell(collect(candidates(root), "voc", out), out)
    typer.echo("void pixels, drawn along outlines, count as background")


@app.command()
def supervisely(root: Annotated[Path, typer.Argument(help="folder of a project or data set")], out: Out) -> None:
    """Import a Supervisely project."""
    from train.importers.collect import collect
    from train.importers.supervisely import candidates

    _tell(collect(candidates(root), "supervisely", out), out)


@app.command()
def check(manifests: Manifests) -> None:
    """Say which rows of manifests would spoil a training run on all of them; exit code 1 if there are any."""
    from train.check import problems
    from train.manifest import load

    rows = [row for manifest in manifests for row in load(manifest)]
    found = problems(rows)
    for problem in found:
        typer.echo(problem)
    typer.echo(f"{len(rows)} row{'s' * (len(rows) != 1)}, {len(found) or 'no'} problem{'s' * (len(found) != 1)}")
    raise typer.Exit(1 if found else 0)


@app.command()
def kfold(
    manifest: Path,
    out: Annotated[Path, typer.Option(help="folder for the manifests")],
    k: Annotated[int, typer.Option("-k", min=2, help="how many folds")] = 5,
) -> None:
    """Write manifests for cross-validation, the same ones every time."""
    from train.kfold import write_folds
    from train.manifest import load

    for path in write_folds(load(manifest), k, out):
        typer.echo(f"wrote {path}")


@app.command()
def sheet(
    manifests: Manifests,
    out: Annotated[Path, typer.Option(help="PNG to write")],
    augmented: Annotated[bool, typer.Option("--augmented", help="show training samples instead")] = False,
    count: Annotated[int, typer.Option(min=1, max=500, help="how many")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="of the training samples")] = 1,
) -> None:
    """Draw a contact sheet of pictures with their masks, or of training samples."""
    from train.contact import manifest_tiles, sample_tiles, write_sheet
    from train.manifest import load

    rows = [row for manifest in manifests for row in load(manifest)]
    if augmented:
        write_sheet(out, sample_tiles(rows, count, seed), columns=2)
    else:
        write_sheet(out, manifest_tiles(rows, count))
    typer.echo(f"wrote {out}")


def _tell(report: "Report", out: Path) -> None:
    for line in report.lines():
        typer.echo(line)
    sheets = "kept.png and dropped.png" if report.dropped else "kept.png"
    typer.echo(f"wrote {out / 'manifest.csv'}; look at {sheets} beside it")
    if report.dropped:
        typer.echo(f"{out / 'dropped.csv'} names all that was dropped")
