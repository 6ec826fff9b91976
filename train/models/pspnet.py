"""PSPNet: features of every pixel beside those of the whole picture and of its halves, thirds and sixths."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from train.models.network import Network, check_size, he_init
from train.models.resnet import ResNet50, conv

BINS = (1, 2, 3, 6)


def average(x: Tensor, bins: int) -> Tensor:
    """Averages over `bins` by `bins` fields as `AdaptiveAvgPool2d` does, in terms that ONNX knows at any size.

    `(N, C, H, W)` to `(N, C, bins, bins)`; where `bins` does not divide a side, neighbouring fields overlap by a pixel.
    """

    def fields(size: int) -> Tensor:
        at, number = torch.arange(size, device=x.device), torch.arange(bins, device=x.device)[:, None]
        inside = (at >= number * size // bins) & (at < ((number + 1) * size + bins - 1) // bins)
        return (inside / inside.sum(1, keepdim=True)).to(x.dtype)

    return fields(x.shape[2]) @ x @ fields(x.shape[3]).T


class PyramidPooling(nn.Module):
    """Appends the averages over 1, 4, 9 and 36 fields, as many channels in all as came in."""

    def __init__(self, channels: int):
        super().__init__()
        self.levels = nn.ModuleList(conv(channels, channels // len(BINS)) for _ in BINS)

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        fields = [level(average(x, bins)) for bins, level in zip(BINS, self.levels, strict=True)]
        return torch.cat([x, *(F.interpolate(y, size, mode="bilinear", align_corners=False) for y in fields)], 1)


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
