"""What the networks that see one picture at a time have in common; the student, which remembers, is not one of them."""

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn

STRIDE = 32
"""Height and width of the input must be multiples of this, which suits every network; some take smaller ones."""


class Network(nn.Module):
    """Image `(N, 3, H, W)` RGB in [-1, 1] to logits `(N, classes, H, W)`; 1 class means person or background.

    Training those with batch norm over pooled pictures (PSPNet, DeepLabv3+) needs batches of two or more.
    """

    remembers: ClassVar[bool] = False
    """Whether `forward` takes the previous matte `(N, 1, H, W)` in [0, 1] after the image."""
    stride: ClassVar[int] = STRIDE


def check_size(image: Tensor) -> None:
    """Raises `ValueError` for a size that would not come out as it went in."""
    height, width = image.shape[2:]
    if height % STRIDE or width % STRIDE:
        raise ValueError(f"A picture of {width}x{height} does not fit: width and height must be multiples of {STRIDE}.")


def he_init(network: nn.Module, draw: Callable[..., Tensor] = nn.init.kaiming_normal_) -> None:
    """Starts every convolution with the variance of He et al. (ICCV 2015) for ReLU, and every bias at zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            draw(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
