"""`greenscreen engine`: what TensorRT builds for this machine's GPU, and keeps; and MediaPipe's model."""

from contextlib import closing
from typing import Annotated, Literal

import typer
from rich.progress import Progress, TaskID

from greenscreen.cli.console import progress_bar, say
from greenscreen.cli.options import Gpu, Model
from greenscreen.settings import make_settings

engines = typer.Typer(help="Build and list engines for this GPU; fetch MediaPipe's model.")


@engines.command("build")
def build_engine(
    size: Annotated[
        list[str] | None, typer.Option(metavar="WxH", help="size of the pictures; give it again for more")
    ] = None,
    gpu: Gpu = None,
    model: Model = None,
) -> None:
    """Build network and kernels for this GPU now.

    So that no call has to wait for them.
    """
    from greenscreen.contract import read_contract
    from greenscreen.gpu import make_ready
    from greenscreen.segment import bundled_model, load_engine

    path = model or bundled_model()
    contract = read_contract(path)
    for word in size or ["1280x720"]:
        width, height = contract.input_size(*(make_settings(command="engine build", size=word).size or (16, 9)))
        with progress_bar() as bar:
            task = bar.add_task(f"{contract.name} at {width}x{height}", total=1.0)

            def progress(done: float, bar: Progress = bar, task: TaskID = task) -> bool:
                bar.update(task, completed=done)
                return True

            with closing(load_engine("tensorrt", gpu)(path, contract, width, height, progress=progress)) as engine:
                make_ready(engine, build=True)
        say(f"{contract.name} at {width}x{height} is ready")


@engines.command("list")
def list_engines() -> None:
    """List what was built, and for what."""
    from greenscreen.segment.plans import kept_plans

    plans = kept_plans()
    if not plans:
        say("nothing is built yet: greenscreen engine build")
        return
    for plan in plans:
        typer.echo("  ".join((*plan.words, f"{plan.size / 1e6:.1f} MB", plan.made)))


@engines.command("clean")
def clean_engines() -> None:
    """Remove all that was built; it is built again when needed."""
    from greenscreen.segment.plans import remove_plans

    say(f"{remove_plans() / 1e6:.1f} MB freed")


@engines.command("fetch")
def fetch_engine(engine: Annotated[Literal["mediapipe"], typer.Argument(help="whose model")]) -> None:
    """Download Google's model for MediaPipe, once.

    It takes 0.25 MB, and its licence is Apache-2.0.
    """
    from greenscreen.segment.tflite import fetch_model

    say(f"{fetch_model()} is ready: greenscreen run --engine {engine}")
