"""Trains the student. Lightning runs the loop; what is learnt, from what, and how it is judged stands here."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from train.augment import compose, degrade, light, sample
from train.data import Image, Person, read_backgrounds, read_manifest, read_people
from train.losses import boundary_cross_entropy, dice
from train.metrics import boundary_iou, iou, mad
from train.models import Student
from train.models.student import STRIDE

ASPECTS = (16 / 9, 7 / 9, 16 / 9, 7 / 9, 1.0)
"""Width by height of one batch after another: 16:9 as webcams are, upright and square as photos are."""

OUTLINE = np.ones((7, 7), np.uint8)
"""How wide the outline is that counts more in the loss, in pixels of the network's input."""


@dataclass(frozen=True)
class Recipe:
    """Everything a run depends on; saved with its checkpoints."""

    manifests: tuple[Path, ...]
    out: Path
    size: str = "small"
    area: int = 320 * 192
    """Pixels of input. Half as many learn twice as fast what people look like; the last steps need them all."""
    memory: float = 0.3
    """Share of steps that continue from the student's own last matte."""
    steps: int = 6000
    batch: int = 32
    rate: float = 3e-3
    decay: float = 0.02
    warmup: int = 300
    average: float = 0.998
    seed: int = 1
    workers: int = 2
    validate_every: int = 1000


def input_size(area: int, aspect: float) -> tuple[int, int]:
    """Width and height of about this many pixels, in multiples of the student's stride."""
    width = max(1, round(math.sqrt(area * aspect) / STRIDE)) * STRIDE
    return width, max(1, round(area / width / STRIDE)) * STRIDE


class Samples(Dataset[tuple[Image, Image, Image, Image]]):
    """Sample `i` depends only on the seed and `i`, so a resumed or repeated run sees the same pictures."""

    def __init__(self, people: list[Person], backgrounds: list[Image], recipe: Recipe, done: int = 0):
        """`done` steps were made before a resume."""
        self.people, self.backgrounds, self.recipe = people, backgrounds, recipe
        self.first = done * recipe.batch

    def __len__(self) -> int:
        return self.recipe.steps * self.recipe.batch - self.first

    def __getitem__(self, index: int) -> tuple[Image, Image, Image, Image]:
        cv2.setNumThreads(0)
        index += self.first
        width, height = input_size(self.recipe.area, ASPECTS[index // self.recipe.batch % len(ASPECTS)])
        rng = np.random.default_rng((self.recipe.seed, index))
        image, alpha, previous = sample(rng, self.people, self.backgrounds, width, height)
        alpha, previous = ((matte * 255).round().astype(np.uint8) for matte in (alpha, previous))
        return image, alpha, cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, OUTLINE), previous


def to_input(images: Tensor) -> Tensor:
    """`(N, H, W, 3)` uint8 BGR to the network's `(N, 3, H, W)` float RGB in [-1, 1], channels last in memory."""
    return images.permute(0, 3, 1, 2).flip(1).float() / 127.5 - 1


def to_alpha(mattes: Tensor) -> Tensor:
    return mattes[:, None].float() / 255


class Fit(L.LightningModule):
    def __init__(self, recipe: Recipe, references: dict[str, list[tuple[Image, np.ndarray]]]):
        super().__init__()
        self.recipe, self.references = recipe, references
        self.save_hyperparameters({key: str(value) for key, value in asdict(recipe).items()})
        self.student = Student(recipe.size).to(memory_format=torch.channels_last)

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        images, target, outlines, previous = batch
        images, target, previous = to_input(images), to_alpha(target), to_alpha(previous)
        # Spread evenly, and so that every aspect has its turn.
        if math.floor((index + 1) * self.recipe.memory) > math.floor(index * self.recipe.memory):
            previous = self.own_memory(images, previous)
        logits = self.student(images, previous).float()
        loss = boundary_cross_entropy(logits, target, to_alpha(outlines)) + 0.5 * dice(logits, target)
        self.log("loss", loss, prog_bar=True)
        return loss

    @torch.no_grad()
    def own_memory(self, images: Tensor, previous: Tensor) -> Tensor:
        """What the student itself would remember, moved a little: it learns to mend its mistakes, not to keep them."""
        self.student.eval()
        matte = self.student(images, previous).float().sigmoid()
        self.student.train()
        shift = torch.randint(-3, 4, (2,)).tolist()
        return matte.roll(shift, (2, 3))

    def validation_step(self, _: Any, index: int) -> None:
        name = list(self.references)[index]
        scores = np.array([self.score(image, alpha) for image, alpha in self.references[name]]).mean(0)
        for key, value in zip(("iou", "boundary_iou", "mad"), scores, strict=True):
            self.log(f"{name}/{key}", float(value), batch_size=1)

    def score(self, image: Image, alpha: np.ndarray) -> tuple[float, float, float]:
        height, width = image.shape[:2]
        aspect = min(ASPECTS, key=lambda aspect: abs(math.log(aspect * height / width)))
        w, h = input_size(self.recipe.area, aspect)
        small = torch.from_numpy(cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA))[None]
        matte = self.student(to_input(small), torch.zeros(1, 1, h, w)).float().sigmoid()[0, 0].numpy()
        matte, truth = cv2.resize(matte, (width, height)), alpha.astype(np.float32) / 255
        return iou(matte, truth), boundary_iou(matte, truth), mad(matte, truth)

    def pace(self, step: int) -> float:
        """Share of the learning rate at a step: a short climb, then half a cosine down to nothing."""
        climb = min(1.0, (step + 1) / self.recipe.warmup)
        return climb * 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.recipe.steps)))

    def configure_optimizers(self) -> Any:
        decayed = [p for p in self.student.parameters() if p.ndim > 1]
        plain = [p for p in self.student.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": self.recipe.decay}, {"params": plain, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=self.recipe.rate)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self.pace)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def references(recipe: Recipe, count: int = 100) -> tuple[list[Person], list[Image], dict[str, Any]]:
    """Training people and rooms, and what a run is judged on: `val`, and its people in held rooms."""
    rows = [row for manifest in recipe.manifests for row in read_manifest(manifest)]
    people = read_people(row for row in rows if row.split in ("train", "train_cutout"))
    rooms = read_backgrounds(row for row in rows if row.split == "bg")
    held, rooms = rooms[::20], [room for index, room in enumerate(rooms) if index % 20]
    judged = read_people(row for row in rows if row.split == "val")
    sets: dict[str, Any] = {}
    for person in judged:
        sets.setdefault(person.source, []).append((person.image, person.alpha))
    webcam = []
    for index in range(count):
        rng = np.random.default_rng((0, index))
        image, alpha = compose(rng, judged, held, 640, 360)
        webcam.append((degrade(rng, light(rng, image)), (alpha * 255).astype(np.uint8)))
    return people, rooms, sets | {"webcam": webcam}


def fit(recipe: Recipe, resume: Path | None = None, start: Path | None = None) -> Path:
    """Trains by the recipe; returns the last checkpoint, which holds averaged weights.

    `resume` goes on with a run that was cut short; `start` begins a new run with the weights of another.
    """
    L.seed_everything(recipe.seed)
    torch.set_num_threads(2)
    people, rooms, sets = references(recipe)
    done = torch.load(resume, map_location="cpu", weights_only=True)["global_step"] if resume else 0
    loader = DataLoader(
        Samples(people, rooms, recipe, done),
        recipe.batch,
        num_workers=recipe.workers,
        prefetch_factor=8 if recipe.workers else None,
    )
    trainer = L.Trainer(
        accelerator="auto",
        precision="bf16-mixed",
        max_steps=recipe.steps,
        logger=CSVLogger(recipe.out, name="log", version=""),
        callbacks=[
            EMAWeightAveraging(decay=recipe.average),
            ModelCheckpoint(recipe.out, save_last=True, every_n_train_steps=500, save_top_k=0),
        ],
        val_check_interval=min(recipe.validate_every, recipe.steps - done),
        num_sanity_val_steps=0,
        log_every_n_steps=20,
        gradient_clip_val=1.0,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    module = Fit(recipe, sets)
    if start:
        module.load_state_dict(torch.load(start, map_location="cpu", weights_only=True)["state_dict"])
    trainer.fit(module, loader, DataLoader(range(len(sets))), ckpt_path=resume)  # type: ignore[arg-type]
    return recipe.out / "last.ckpt"
