"""Runs a recipe: puts learner, pictures and callbacks together, and goes on with a run that was cut short."""

import logging
import math
import os
import platform
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    EMAWeightAveraging,
    LearningRateMonitor,
    ModelCheckpoint,
    RichProgressBar,
)
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.plugins.io import TorchCheckpointIO

from greenscreen.errors import GreenscreenError, ModelError, SinkError, SourceError, UsageError
from train.checkpoint import read_checkpoint, write_checkpoint
from train.data import Row
from train.feed import Feed
from train.learner import Learner
from train.manifest import fingerprint, make_folder
from train.plateau import Plateau
from train.recipe import Recipe, read_recipe, save_recipe
from train.watch import Watch


def fit(
    recipe: Recipe,
    rows: Sequence[Row],
    out: Path,
    start: Path | None = None,
    resume: bool = False,
    command: str = "",
) -> Path:
    """Trains by the recipe on a manifest's rows; returns the checkpoint of the best validation IoU.

    `start` begins with the weights of another run; `resume` goes on after the last epoch of the run in `out`, if there
    is one, and gives what an unbroken run would have given; recipe and pictures must be the same. `command` is noted in
    the checkpoint.

    Raises `UsageError` for what contradicts itself, `ModelError` for a checkpoint and `SourceError` for a picture that
    cannot be read, `SinkError` when `out` cannot be made, `GreenscreenError` when the run was ended from outside.
    """
    last, best = out / "last.ckpt", out / "best.ckpt"
    going_on = last.exists()
    if going_on and not resume:
        raise UsageError(f"{out} holds a run already", "go on with it by --resume, or name another folder with --out")
    facts = {"command": command, "data": fingerprint(rows), "machine": machine()}
    if going_on and finished(recipe, facts["data"], out):
        return best
    L.seed_everything(recipe.seed, verbose=False)
    feed = Feed(recipe, rows)
    sources = list(dict.fromkeys(judged.source for judged in feed.judged))
    learner = Learner(recipe, sources, facts)
    if start and not going_on:
        begin_with(learner, start)
    make_folder(out)
    save_recipe(out / "recipe.yaml", recipe)
    with warnings.catch_warnings():
        # Its advice is about what was chosen here on purpose, and its news are not ours to tell.
        warnings.filterwarnings("ignore", module="lightning")
        logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
        trainer = make_trainer(recipe, out)
        with told_of(out):
            trainer.fit(learner, feed, ckpt_path=str(last) if going_on else None, weights_only=True)
    return best


@contextmanager
def told_of(out: Path) -> Iterator[None]:
    """Says in a sentence that a run was ended from outside; raises `GreenscreenError`."""
    hint = "go on after the last whole epoch with --resume"
    try:
        yield
    except SinkError as error:
        raise SinkError(error.message, f"{error.hint}, and {hint}") from error
    except GreenscreenError:
        raise
    except OSError as error:
        reason = f"the run in {out} cannot go on: {error.strerror or error}"
        raise SinkError(reason, f"check that the folder is yours and has room, and {hint}") from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise out_of_memory() from error
    except SystemExit as error:
        # What Lightning makes of Ctrl-C and of a wish to end.
        raise GreenscreenError("the run was stopped", hint) from error
    except RuntimeError as error:
        if "DefaultCPUAllocator" in str(error):
            raise out_of_memory() from error
        if not str(error).startswith("DataLoader worker"):
            raise
        memory = "; if memory ran out, with --set workers=0"
        raise GreenscreenError(
            "a process that makes samples was stopped, and the run with it", hint + memory
        ) from error


def out_of_memory() -> GreenscreenError:
    return GreenscreenError(
        "memory ran out", "begin with fewer or smaller samples a step: --set batch=8 --set area=28672"
    )


class WholeFiles(TorchCheckpointIO):
    """Lightning's own way copies from another folder into place, and a full disk then costs what was there."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        write_checkpoint(Path(path), checkpoint)


def make_trainer(recipe: Recipe, out: Path) -> L.Trainer:
    """On the one best device here or, under torchrun, on as many as it says."""
    world, local = (int(os.environ.get(name, "1")) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    if recipe.batch % world:
        raise UsageError(f"a batch of {recipe.batch} cannot be shared by {world} processes", "set another batch")
    return L.Trainer(
        accelerator="auto",
        devices=local,
        num_nodes=world // local,
        precision=precision(recipe),  # type: ignore[arg-type]
        max_epochs=math.ceil(recipe.steps / recipe.epoch),
        logger=TensorBoardLogger(out, name="", version="tensorboard"),
        callbacks=callbacks(recipe, out),
        plugins=[WholeFiles()],
        reload_dataloaders_every_n_epochs=1,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        benchmark=torch.cuda.is_available(),
        log_every_n_steps=min(20, recipe.epoch),
        gradient_clip_val=recipe.clip or None,
        enable_progress_bar=sys.stdout.isatty(),
        enable_model_summary=False,
    )


class Bar(RichProgressBar):
    """Steps and time alone: figures stand in the line that follows every epoch."""

    def get_metrics(self, *_: Any) -> dict[str, int | str | float | dict[str, float]]:
        return {}


def callbacks(recipe: Recipe, out: Path) -> list[Callback]:
    wanted: list[Callback] = [Watch(out, recipe.steps), LearningRateMonitor()]
    if sys.stdout.isatty():
        wanted.append(Bar())
    if recipe.average:
        wanted.append(EMAWeightAveraging(decay=recipe.average))
    if recipe.schedule == "plateau":
        wanted.append(Plateau())
    if recipe.patience:
        wanted.append(EarlyStopping("iou", 1e-4, recipe.patience, mode="max", check_on_train_epoch_end=False))
    best = ModelCheckpoint(out, "best", "iou", mode="max", enable_version_counter=False)
    return [*wanted, best, ModelCheckpoint(out, "last", enable_version_counter=False)]


def finished(recipe: Recipe, data: str, out: Path) -> bool:
    """Whether nothing is left to do.

    Raises `UsageError` when the run in `out` was made by another recipe or of other pictures than those of the
    fingerprint `data`, `SourceError` or `ModelError` when its recipe or checkpoint is damaged.
    """
    hint = f"begin another run with its weights: --start {out / 'best.ckpt'}, and another folder with --out"
    try:
        made_by = read_recipe(str(out / "recipe.yaml"))
    except (SourceError, UsageError) as error:
        raise SourceError(f"{out / 'recipe.yaml'} no longer says how the run was made", hint) from error
    if changed := [key for key, value in recipe if value != getattr(made_by, key) and key != "workers"]:
        old = ", ".join(f"{key}={getattr(made_by, key)}" for key in changed)
        raise UsageError(f"the run in {out} has {old}", "go on with the same recipe, or name another folder with --out")
    try:
        saved = read_checkpoint(out / "last.ckpt")
    except ModelError as error:
        raise ModelError(error.message, hint) from error
    if saved.facts.get("data") != data:
        same = "go on with the same manifests and files, or name another folder with --out"
        raise UsageError(f"the run in {out} began with other pictures or masks", same)
    return saved.stopped or saved.step >= recipe.steps


def begin_with(learner: Learner, start: Path) -> None:
    """The weights of a run of the same network, or of one that has all its parts and more."""
    checkpoint, parts = read_checkpoint(start), learner.network.state_dict()
    try:
        learner.network.load_state_dict({name: value for name, value in checkpoint.weights.items() if name in parts})
    except RuntimeError as error:
        reason = f"{start} holds a {checkpoint.network}, not a {learner.recipe.network}"
        raise ModelError(reason, "start from a checkpoint of the same network") from error


def precision(recipe: Recipe) -> str:
    """bfloat16 where the hardware computes in it, else float32, unless the recipe says which."""
    if recipe.precision != "auto":
        return recipe.precision
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "32-true"
    known = torch.cpu.get_capabilities()
    return "bf16-mixed" if known.get("avx512_bf16") or known.get("amx_bf16") else "32-true"


def machine() -> str:
    """What trains, as people call it."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{torch.cpu.get_capabilities().get('cpu_name', platform.machine())}, {os.cpu_count()} cores"
