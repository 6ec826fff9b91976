"""FC-DenseNet, the Tiramisu: layers that each see everything before them, down and up again."""

import torch
from torch import Tensor, nn

from train.models.network import Network, check_size, he_init

FIRST = 48
"""Channels of the first convolution, in all sizes."""

SIZES: dict[int, tuple[int, tuple[int, ...]]] = {
    56: (12, (4,) * 11),
    67: (16, (5,) * 11),
    103: (16, (4, 5, 7, 10, 12, 15, 12, 10, 7, 5, 4)),
}
"""By the number of layers: growth rate, and layers of each dense block from the first to the last."""


def preactivated(inputs: int, outputs: int, kernel: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2),
        nn.Dropout(dropout),
    )


class DenseBlock(nn.Module):
    """Gives only what its layers add, `growth` channels each: whoever also wants the input concatenates it."""

    def __init__(self, inputs: int, growth: int, depth: int, dropout: float):
        super().__init__()
        self.layers = nn.ModuleList(preactivated(inputs + i * growth, growth, 3, dropout) for i in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for layer in self.layers:
            features.append(layer(torch.cat(features, 1)))
        return torch.cat(features[1:], 1)


class TransitionUp(nn.Module):
    """Doubles the size of `x`, cut to the skip connection's, and concatenates the two."""

    def __init__(self, channels: int):
        super().__init__()
        self.enlarge = nn.ConvTranspose2d(channels, channels, 3, 2)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return torch.cat([self.enlarge(x)[:, :, : skip.shape[2], : skip.shape[3]], skip], 1)


class Tiramisu(Network):
    """FC-DenseNet56, 67 and 103 (Jégou et al., "The One Hundred Layers Tiramisu", CVPRW 2017).

    On the way up only what a dense block adds is enlarged, not its input, which keeps the network small.
    Differs: at test time batch norm uses running averages, where the authors' code uses the batch at hand, so that a
    picture's matte does not depend on its neighbours.
    """

    def __init__(self, size: int = 103, classes: int = 1, dropout: float = 0.2):
        super().__init__()
        growth, depths = SIZES[size]
        half = len(depths) // 2
        self.first = nn.Conv2d(3, FIRST, 3, padding=1)
        self.blocks_down, self.downs, skips, channels = nn.ModuleList(), nn.ModuleList(), [], FIRST
        for depth in depths[:half]:
            self.blocks_down.append(DenseBlock(channels, growth, depth, dropout))
            channels += depth * growth
            skips.append(channels)
            self.downs.append(nn.Sequential(preactivated(channels, channels, 1, dropout), nn.MaxPool2d(2)))
        self.bottleneck = DenseBlock(channels, growth, depths[half], dropout)
        self.ups, self.blocks_up = nn.ModuleList(), nn.ModuleList()
        for below, depth in zip(depths[half:], depths[half + 1 :], strict=False):
            self.ups.append(TransitionUp(below * growth))
            channels = below * growth + skips.pop()
            self.blocks_up.append(DenseBlock(channels, growth, depth, dropout))
        self.head = nn.Conv2d(channels + depths[-1] * growth, classes, 1)
        he_init(self, nn.init.kaiming_uniform_)

    def forward(self, image: Tensor) -> Tensor:
        check_size(image)
        x, skips = self.first(image), []
        for block, down in zip(self.blocks_down, self.downs, strict=True):
            skips.append(torch.cat([x, block(x)], 1))
            x = down(skips[-1])
        added = self.bottleneck(x)
        for up, block in zip(self.ups, self.blocks_up, strict=True):
            x = up(added, skips.pop())
            added = block(x)
        return self.head(torch.cat([x, added], 1))
