"""Losses on matte logits, as pure functions. Logits and targets are `(N, 1, H, W)`; targets are alpha in [0, 1]."""

from torch import Tensor
from torch.nn import functional as F


def boundary_cross_entropy(logits: Tensor, target: Tensor, outline: Tensor, strength: float = 4.0) -> Tensor:
    """Binary cross-entropy that counts `1 + strength` times on the `outline`, `(N, 1, H, W)` in [0, 1]."""
    weight = 1 + strength * outline
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (weight * loss).sum() / weight.sum()


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """Soft Dice loss (Milletari et al., V-Net, 3DV 2016) per picture; the `+ 1` pixels keep empty pictures defined."""
    matte = logits.sigmoid()
    overlap = 2 * (matte * target).sum((1, 2, 3)) + 1
    return (1 - overlap / ((matte + target).sum((1, 2, 3)) + 1)).mean()
