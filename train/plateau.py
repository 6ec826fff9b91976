"""Halves the learning rate when a run has not got better for some epochs."""

from typing import Any

import lightning as L
from torch.optim.lr_scheduler import ReduceLROnPlateau


class Plateau(L.Callback):
    """PyTorch's scheduler on the validation IoU, stepped before the epoch's checkpoint is written.

    Lightning would step it after, so that a resumed run would have missed the last verdict.
    """

    def __init__(self, patience: int = 3):
        self.patience = patience
        self.saved: dict[str, Any] = {}

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.scheduler = ReduceLROnPlateau(trainer.optimizers[0], "max", factor=0.5, patience=self.patience)
        self.scheduler.load_state_dict(self.saved)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.scheduler.step(trainer.callback_metrics["iou"].item())

    def state_dict(self) -> dict[str, Any]:
        return self.scheduler.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.saved = state_dict
