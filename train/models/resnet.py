"""ResNet-50 as a feature extractor: its last stages can look wider instead of shrinking the picture further."""

from torch import Tensor, nn
from torch.nn import functional as F

DEPTHS = (3, 4, 6, 3)

STAGES: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {
    32: ((1, 2, 2, 2), (1, 1, 1, 1)),
    16: ((1, 2, 2, 1), (1, 1, 1, 2)),
    8: ((1, 2, 1, 1), (1, 1, 2, 4)),
}
"""By the stride of the last features: stride and dilation of each stage."""


def conv(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, dilation: int = 1, act: bool = True
) -> nn.Sequential:
    """Convolution that keeps the size (but for `stride`), batch norm and, with `act`, ReLU."""
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, dilation * (kernel // 2), dilation, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if act else nn.Sequential(*layers)


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int, dilation: int):
        super().__init__()
        outputs = 4 * width
        self.body = nn.Sequential(
            conv(inputs, width), conv(width, width, 3, stride, dilation), conv(width, outputs, act=False)
        )
        keeps = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if keeps else conv(inputs, outputs, 1, stride, act=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


class ResNet50(nn.Module):
    """He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, without its classifier.

    Differs: strides sit on the 3x3 convolutions, as in later implementations; dilation (Yu & Koltun, ICLR 2016)
    stands in for strides past `stride`; `grid` multiplies the dilations of the last stage's three blocks.
    """

    def __init__(self, stride: int = 32, grid: tuple[int, int, int] = (1, 1, 1)):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1))
        self.stages = nn.ModuleList()
        inputs = 64
        for index, (depth, step, dilation) in enumerate(zip(DEPTHS, *STAGES[stride], strict=True)):
            width = 64 << index
            rates = [dilation * factor for factor in grid] if index == 3 else [dilation] * depth
            blocks = [Bottleneck(inputs, width, step, rates[0])]
            blocks += [Bottleneck(4 * width, width, 1, rate) for rate in rates[1:]]
            self.stages.append(nn.Sequential(*blocks))
            inputs = 4 * width

    def forward(self, image: Tensor) -> list[Tensor]:
        """Image `(N, 3, H, W)` to the features of the four stages: 256, 512, 1024 and 2048 channels, from 1/4 down."""
        x, features = self.stem(image), []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features
