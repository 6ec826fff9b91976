"""Brings samples to the network: reads the pictures once, makes each epoch's samples, and asks the teacher."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from greenscreen.errors import UsageError
from train.checkpoint import read_checkpoint
from train.data import Row, read_backgrounds, read_people, read_unlabelled
from train.manifest import none_of
from train.models import LargeStudent, Trained, build, logits
from train.recipe import Recipe
from train.samples import Judged, Pictures, Sample, Samples, webcam

HELD = 20
"""Every so manieth room is never trained on: the people of `val` are put into it to be judged on."""


class Batch(NamedTuple):
    """`image` is `(N, 3, H, W)` RGB in [-1, 1], channels last in memory; the others but `known` are `(N, 1, H, W)`."""

    image: Tensor
    alpha: Tensor
    outline: Tensor
    previous: Tensor
    known: Tensor
    """`(N,)` bool: whether `alpha` is the truth."""
    taught: Tensor | None
    """The teacher's logits, if there is a teacher."""
    features: list[Tensor] | None = None
    """What the teacher's encoder finds, if that is to be learnt."""


class Feed(L.LightningDataModule):
    """Reads nothing that the recipe has no use for. Raises `UsageError` when what it needs is missing."""

    trainer: L.Trainer
    """Set by itself before it asks for anything."""

    def __init__(self, recipe: Recipe, rows: Sequence[Row]):
        super().__init__()
        self.recipe = recipe
        self.pictures, self.judged = read_pictures(recipe, rows)
        self.teacher = read_checkpoint(recipe.teacher).build().requires_grad_(False) if recipe.teacher else None
        if recipe.features and channels(self.teacher) != channels(build(recipe.network)):
            reason = f"{recipe.teacher} finds no such features as a {recipe.network} does"
            raise UsageError(reason, "name a teacher that is the same network but wider, or set features=0")

    def train_dataloader(self) -> DataLoader[Sample]:
        trainer, recipe = self.trainer, self.recipe
        samples = Samples(self.pictures, recipe, trainer.current_epoch, trainer.global_rank, trainer.world_size)
        return DataLoader(
            samples,
            samples.each,
            num_workers=recipe.workers,
            prefetch_factor=8 if recipe.workers else None,
            pin_memory=torch.cuda.is_available(),
        )

    def val_dataloader(self) -> DataLoader[Judged]:
        mine = self.judged[self.trainer.global_rank :: self.trainer.world_size]
        return DataLoader(mine, batch_size=None, collate_fn=as_it_is)  # type: ignore[arg-type]

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Makes numbers of what travelled as bytes; pictures to be judged pass."""
        if isinstance(batch, Judged):
            return batch
        image, (alpha, outline, previous) = to_input(batch.image), map(to_alpha, batch[1:4])
        return Batch(image, alpha, outline, previous, batch.known, *self.ask(image, previous))

    @torch.no_grad()
    def ask(self, image: Tensor, previous: Tensor) -> tuple[Tensor | None, list[Tensor] | None]:
        """The teacher's logits and features. Here, and not in the learner: so it is not trained, averaged or saved."""
        if self.teacher is None:
            return None, None
        self.teacher.to(image.device)
        with self.trainer.precision_plugin.forward_context():
            if not self.recipe.features:
                return logits(self.teacher, image, previous).float(), None
            assert isinstance(self.teacher, LargeStudent)
            features = self.teacher.encoder(image)
            return self.teacher.decode(features, previous).float(), [one.float() for one in features]


def read_pictures(recipe: Recipe, rows: Sequence[Row]) -> tuple[Pictures, list[Judged]]:
    """What is trained on, and what is judged on: `val` and, for webcam samples, its people in rooms held back."""

    def of(*splits: str) -> list[Row]:
        return [row for row in rows if row.split in splits]

    wanted = {"train": "pictures to train on", "val": "pictures to judge on"}
    wanted |= {"bg": "rooms"} if recipe.samples == "webcam" else {}
    wanted |= {"unlabelled": "unlabelled pictures"} if recipe.unlabelled else {}
    for split, what in wanted.items():
        if not of(split):
            raise none_of(split, what)
    val = read_people(of("val"))
    judged = [Judged(person.source, person.image, person.alpha) for person in val]
    if recipe.samples == "plain":
        return Pictures(read_people(of("train")), [], []), judged
    rooms = read_backgrounds(of("bg"))
    held, kept = rooms[::HELD], [room for index, room in enumerate(rooms) if index % HELD] or rooms
    unlabelled = read_unlabelled(of("unlabelled")) if recipe.unlabelled else []
    return Pictures(read_people(of("train", "train_cutout")), kept, unlabelled), judged + webcam(
        val, held, recipe.judged
    )


def channels(network: Trained | None) -> list[int] | None:
    """Of an encoder's features, if the network has one that can be asked for them; otherwise none that equal others."""
    return network.size.outputs if isinstance(network, LargeStudent) else None


def to_input(images: Tensor) -> Tensor:
    """`(N, H, W, 3)` uint8 BGR to the network's `(N, 3, H, W)` float RGB in [-1, 1], channels last in memory."""
    return images.permute(0, 3, 1, 2).flip(1).float() / 127.5 - 1


def to_alpha(mattes: Tensor) -> Tensor:
    """`(N, H, W)` uint8 to `(N, 1, H, W)` float in [0, 1]."""
    return mattes[:, None].float() / 255


def as_it_is(judged: Judged) -> Judged:
    return judged
