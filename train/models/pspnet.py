"""PSPNet: features of every pixel beside those of the whole picture and of its halves, thirds and sixths."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from train.models.network import Network, check_size, he_init
from train.models.resnet import ResNet50, conv

BINS = (1, 2, 3, 6)


class PyramidPooling(nn.Module):
    """Appends the averages over 1, 4, 9 and 36 fields, as many channels in all as came in."""

    def __init__(self, channels: int):
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(bins), conv(channels, channels // len(BINS))) for bins in BINS
        )

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        fields = [F.interpolate(level(x), size, mode="bilinear", align_corners=False) for level in self.levels]
        return torch.cat([x, *fields], 1)


class PSPNet(Network):
    """Zhao et al., "Pyramid Scene Parsing Network", CVPR 2017, on a ResNet-50 dilated to 1/8.

    Differs: the ResNet's own stem instead of the authors' three convolutions, and no auxiliary loss on the fourth
    stage (2.4 M parameters, used in training only), so that all networks give one answer.
    """

    def __init__(self, classes: int = 1):
        super().__init__()
        self.backbone = ResNet50(8)
        self.head = nn.Sequential(PyramidPooling(2048), conv(4096, 512, 3), nn.Dropout(0.1), nn.Conv2d(512, classes, 1))
        he_init(self)

    def forward(self, image: Tensor) -> Tensor:
        check_size(image)
        scores = self.head(self.backbone(image)[-1])
        return F.interpolate(scores, scale_factor=8, mode="bilinear", align_corners=False)
