"""DeepLabv3+: looks around each pixel at several distances at once, then sharpens with early features."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from train.models.network import Network, check_size, he_init
from train.models.resnet import ResNet50, conv

RATES = (6, 12, 18)
"""Dilations of the pyramid at stride 16."""


def enlarge(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


class AtrousPyramid(nn.Module):
    """Atrous spatial pyramid pooling with image-level features (Chen et al., DeepLabv3, 2017)."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.views = nn.ModuleList([conv(inputs, outputs), *(conv(inputs, outputs, 3, 1, rate) for rate in RATES)])
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv(inputs, outputs))
        self.project = nn.Sequential(conv((len(RATES) + 2) * outputs, outputs), nn.Dropout(0.1))

    def forward(self, x: Tensor) -> Tensor:
        return self.project(torch.cat([*(view(x) for view in self.views), enlarge(self.whole(x), x)], 1))


class DeepLab(Network):
    """DeepLabv3+ (Chen et al., "Encoder-Decoder with Atrous Separable Convolution ...", ECCV 2018) at stride 16.

    Differs: a ResNet-50 where the paper has ResNet-101 and Xception. As in its ResNet rows the convolutions are plain,
    not separable; multi-grid (1, 2, 4) and dropout are those of DeepLabv3 and of the authors' code.
    """

    def __init__(self, classes: int = 1):
        super().__init__()
        self.backbone = ResNet50(16, (1, 2, 4))
        self.pyramid = AtrousPyramid(2048, 256)
        self.early = conv(256, 48)
        self.decode = nn.Sequential(conv(304, 256, 3), conv(256, 256, 3), nn.Conv2d(256, classes, 1))
        he_init(self)

    def forward(self, image: Tensor) -> Tensor:
        check_size(image)
        at4, *_, at16 = self.backbone(image)
        early = self.early(at4)
        return enlarge(self.decode(torch.cat([enlarge(self.pyramid(at16), early), early], 1)), image)
