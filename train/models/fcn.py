"""Fully convolutional networks: a classifier slid over the picture; earlier features make its coarse scores finer."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from train.models.network import Network, check_size, he_init

VGG16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and convolutions of each stage (Simonyan & Zisserman, ICLR 2015, configuration D)."""

SKIPS: dict[int, tuple[int, ...]] = {32: (), 16: (512,), 8: (512, 256)}
"""By the stride of the finest scores: channels of the pooled stages that are scored too, from deep to shallow."""


def vgg_stage(inputs: int, outputs: int, depth: int, norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index in range(depth):
        layers.append(nn.Conv2d(outputs if index else inputs, outputs, 3, padding=1, bias=not norm))
        layers += [nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)] if norm else [nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


def doubling(classes: int) -> nn.ConvTranspose2d:
    """A transposed convolution that is bilinear interpolation of each class, until it learns otherwise."""
    up = nn.ConvTranspose2d(classes, classes, 4, 2, 1, bias=False)
    ramp = torch.tensor([0.25, 0.75, 0.75, 0.25])
    with torch.no_grad():
        up.weight.copy_(torch.eye(classes)[:, :, None, None] * torch.outer(ramp, ramp))
    return up


class FCN(Network):
    """FCN-32s, 16s and 8s on VGG16 (Long et al., "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015).

    Differs: padded by half a kernel instead of 100 pixels and a crop; `norm` adds batch norm, without which VGG16
    hardly learns from scratch, while the paper starts from ImageNet; the last enlargement, which the paper fixes to
    bilinear, is plain interpolation; all strides are trained at once, not 32s, then 16s, then 8s.
    """

    def __init__(self, stride: int = 8, classes: int = 1, norm: bool = True):
        """`stride`, one of `SKIPS`: pixels of the picture from one of the finest scores to the next."""
        super().__init__()
        widths = (3, *(width for width, _ in VGG16))
        self.finest = stride
        self.stages = nn.ModuleList(vgg_stage(widths[i], width, depth, norm) for i, (width, depth) in enumerate(VGG16))
        self.classifier = nn.Sequential(
            nn.Conv2d(512, 4096, 7, padding=3),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Conv2d(4096, 4096, 1),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Conv2d(4096, classes, 1),
        )
        self.skips = nn.ModuleList(nn.Conv2d(channels, classes, 1) for channels in SKIPS[stride])
        he_init(self)
        for skip in self.skips:
            nn.init.zeros_(skip.get_parameter("weight"))
        self.ups = nn.ModuleList(doubling(classes) for _ in self.skips)

    def forward(self, image: Tensor) -> Tensor:
        check_size(image)
        pooled = [image]
        for stage in self.stages:
            pooled.append(stage(pooled[-1]))
        scores = self.classifier(pooled.pop())
        for up, skip in zip(self.ups, self.skips, strict=True):
            scores = up(scores) + skip(pooled.pop())
        return F.interpolate(scores, scale_factor=self.finest, mode="bilinear", align_corners=False)
