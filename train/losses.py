"""Losses on matte logits, as pure functions. Logits and targets are `(N, 1, H, W)`; targets are alpha in [0, 1]."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def boundary_cross_entropy(logits: Tensor, target: Tensor, outline: Tensor, strength: float = 4.0) -> Tensor:
    """Binary cross-entropy that counts `1 + strength` times on the `outline`, `(N, 1, H, W)` in [0, 1].

    After the weight map of U-Net (Ronneberger et al., MICCAI 2015), which makes borders count more.
    """
    weight = 1 + strength * outline
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (weight * loss).sum() / weight.sum()


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """Soft Dice loss (Milletari et al., V-Net, 3DV 2016) per picture; the `+ 1` pixels keep empty pictures defined."""
    matte = logits.sigmoid()
    overlap = 2 * (matte * target).sum((1, 2, 3)) + 1
    return (1 - overlap / ((matte + target).sum((1, 2, 3)) + 1)).mean()


def focal(logits: Tensor, target: Tensor, focus: float = 2.0, balance: float = 0.25) -> Tensor:
    """Cross-entropy that counts easy pixels less (Lin et al., Focal Loss for Dense Object Detection, ICCV 2017).

    `focus` and `balance` are the paper's gamma and alpha; `balance` is the share of the person, in [0, 1]. The
    paper's 1 - p_t is written as the distance to the target, which is the same for hard targets and least for the
    right answer on soft ones too. The mean over pixels, where the paper divides by
    the number of objects.
    """
    miss = (target - logits.sigmoid()).abs()
    weight = balance * target + (1 - balance) * (1 - target)
    return (weight * miss**focus * F.binary_cross_entropy_with_logits(logits, target, reduction="none")).mean()


def laplacian(logits: Tensor, target: Tensor, levels: int = 5) -> Tensor:
    """L1 between Laplacian pyramids of the mattes, level `i` counting `2**i` times.

    After Hou & Liu, Context-Aware Image Matting, ICCV 2019, averaged over levels as in Lin et al., Robust Video
    Matting, WACV 2022. It sees edges and shapes, not a constant error: use it beside a loss that does.
    """
    with torch.autocast(logits.device.type, enabled=False):  # L1's gradient is a sign, which rounding would flip
        rest = logits.float().sigmoid() - target.float()  # pyramids are linear: that of the difference is enough
        loss = rest.new_zeros(())
        for level in range(levels):
            coarse = shrink(rest)
            loss = loss + 2**level * (rest - enlarge(coarse, rest)).abs().mean()
            rest = coarse
    return loss / levels


def shrink(x: Tensor) -> Tensor:
    """One step down a Gaussian pyramid (Burt & Adelson, 1983): `(N, 1, H, W)` to half of it, rounded up."""
    return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), binomial(x), stride=2)


def enlarge(x: Tensor, like: Tensor) -> Tensor:
    """One step up: `shrink`'s result to the height and width that `like` has."""
    height, width = like.shape[2:]
    spread = F.conv_transpose2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 4 * binomial(x), stride=2)
    return spread[:, :, 4 : 4 + height, 4 : 4 + width]


def binomial(like: Tensor) -> Tensor:
    """The pyramid's 5x5 kernel `(1, 1, 5, 5)`, which sums to 1."""
    row = like.new_tensor([1, 4, 6, 4, 1]) / 16
    return torch.outer(row, row)[None, None]


def distillation(logits: Tensor, teacher: Tensor, temperature: float = 2.0, confidence: Tensor | None = None) -> Tensor:
    """Cross-entropy to a teacher's softened matte (Hinton et al., Distilling the Knowledge in a Neural Network, 2015).

    `teacher` holds logits and learns nothing; `confidence`, `(N, 1, H, W)` in [0, 1], makes doubtful pixels count
    less. Dividing both logits by the temperature shrinks gradients by its square, which is made up for, so that the
    temperature can change without the learning rate. Least, not zero, where student and teacher agree.
    """
    soft = (teacher.detach() / temperature).sigmoid()
    loss = F.binary_cross_entropy_with_logits(logits / temperature, soft, reduction="none")
    weight = 1.0 if confidence is None else confidence
    return temperature**2 * (weight * loss).mean()


def hints(found: Sequence[Tensor], taught: Sequence[Tensor]) -> Tensor:
    """How far features are from a teacher's of the same shapes (Romero et al., FitNets, ICLR 2015).

    The mean over layers of the squared error, as a share of how much the teacher's differ from place to place.
    """
    pairs = zip(found, taught, strict=True)
    return torch.stack([F.mse_loss(one.float(), other) / other.var() for one, other in pairs]).mean()
