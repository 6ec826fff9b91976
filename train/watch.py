"""What a run shows of itself: a line for every epoch, its figures, their curves, and mattes of the same pictures."""

import csv
import io
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import lightning as L
import numpy as np
import typer
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from greenscreen.images import write_image
from greenscreen.picture.resize import letterbox
from train.contact import HEIGHT, WIDTH, captioned, tinted, write_sheet
from train.data import Image, read
from train.manifest import write_text
from train.metrics import METRICS, Alpha, iou
from train.samples import Judged

SHOWN = 4
"""Pictures of each set on a panel."""


class Watch(L.Callback):
    """Writes `history.csv`, `curves.png` and `panels/NNNN.png` into `out`, and the pictures to TensorBoard.

    Says how it goes in a line of standard output, out of so many `steps`. Its history is saved with the checkpoint, so
    that the curves of a resumed run are whole.
    """

    def __init__(self, out: Path, steps: int):
        self.out, self.steps = out, steps
        self.history: list[dict[str, float]] = []
        self.tiles: dict[str, list[Image]] = {}
        self.since = 0.0

    def state_dict(self) -> dict[str, Any]:
        return {"history": self.history}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.history = list(state_dict["history"])

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.since = monotonic()
        self.tiles = {}

    def on_validation_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Judged, *_: Any
    ) -> None:
        tiles = self.tiles.setdefault(batch.source, [])
        if len(tiles) < SHOWN:
            tiles.append(tile(batch, outputs["matte"]))

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.is_global_zero:
            self.history.append(self.figures(trainer))
            typer.echo(line(self.history, self.steps))
            write_history(self.out / "history.csv", self.history)
            self.draw(trainer)

    def figures(self, trainer: L.Trainer) -> dict[str, float]:
        found = {name: value.item() for name, value in trainer.callback_metrics.items()}
        seconds = monotonic() - self.since + (self.history[-1]["seconds"] if self.history else 0.0)
        scores = {name: found[name] for name in found if name.rpartition("/")[2] in METRICS}
        return {"step": trainer.global_step, "seconds": seconds, "loss": found["loss_epoch"]} | scores

    def draw(self, trainer: L.Trainer) -> None:
        drawn, panel = curves(self.history), self.out / "panels" / f"{trainer.current_epoch + 1:04d}.png"
        write_image(self.out / "curves.png", drawn)
        write_sheet(panel, [tile for tiles in self.tiles.values() for tile in tiles], columns=SHOWN)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                for name, picture in (("curves", drawn), ("mattes", read(panel))):
                    logger.experiment.add_image(name, picture[..., ::-1].copy(), trainer.global_step, dataformats="HWC")


def line(history: list[dict[str, float]], steps: int) -> str:
    """The last epoch in words: `step 40 of 100, 5 min to go: loss 0.231, IoU photos 0.939, webcam 0.915`.

    What is to go is said to take as long as what is done.
    """
    last, sources = history[-1], [name for name in history[-1] if name.endswith("/iou")]
    left = last["seconds"] * (steps / last["step"] - 1)
    togo = f", {max(1, round(left / 60))} min to go" if left > 0 else ""
    scores = ", ".join(f"{name.removesuffix('/iou')} {last[name]:.3f}" for name in sources)
    best = ", the best so far" if last["iou"] >= max(row["iou"] for row in history) else ""
    return f"step {last['step']:.0f} of {steps}{togo}: loss {last['loss']:.3f}, IoU {scores}{best}"


def tile(judged: Judged, matte: Alpha) -> Image:
    """A picture with its matte as the network sees it, and how well that fits."""
    score = iou(matte, judged.alpha.astype(np.float32) / np.float32(255))
    shown = letterbox(tinted(judged.image, (matte * 255).round().astype(np.uint8)), WIDTH, HEIGHT)
    return captioned(shown, f"{judged.source}: IoU {score:.3f}")


def write_history(path: Path, history: list[dict[str, float]]) -> None:
    """Raises `SinkError`."""
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, history[-1], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(history)
    write_text(path, lines.getvalue())


def curves(history: list[dict[str, float]]) -> Image:
    """Loss on the left, IoU and boundary IoU of every set on the right, over steps; `(H, W, 3)` BGR."""
    figure = Figure(figsize=(12, 4.5), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    steps = [row["step"] for row in history]
    left.plot(steps, [row["loss"] for row in history], color="black", marker=".")
    left.set(title="loss", xlabel="step")
    for index, name in enumerate(name for name in history[-1] if name.endswith("/iou")):
        source = name.partition("/")[0]
        for metric, style in (("iou", "-"), ("boundary_iou", ":")):
            values = [row[f"{source}/{metric}"] for row in history]
            label = f"{source} {values[-1]:.3f}" if metric == "iou" else None
            right.plot(steps, values, style, color=f"C{index}", marker=".", label=label)
    right.set(title="IoU (dotted: boundary IoU)", xlabel="step")
    right.legend(loc="lower right")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    canvas.draw()
    return np.asarray(cv2.cvtColor(np.asarray(canvas.buffer_rgba()), cv2.COLOR_RGBA2BGR), np.uint8)
