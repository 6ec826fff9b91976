"""The student: a light encoder-decoder that segments a person in about a millisecond on a CPU.

Inverted residuals (Sandler et al., MobileNetV2, CVPR 2018) down to 1/32, a squeeze-and-excite gate for the scene's
context (Hu et al., CVPR 2018), and an additive decoder with skip connections. Widths were chosen by latency in the
CPU engine, not by FLOPs. The fourth input channel is the previous matte, after Tkachenka et al., "Real-time Hair
Segmentation and Recoloring on Mobile GPUs" (2019): it steadies video, and is all zeros for photos and first frames.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from train.models.network import STRIDE

SIZES: dict[str, dict[str, tuple[int, ...]]] = {
    "small": {"widths": (16, 24, 40, 80, 128), "depths": (2, 2, 3, 3), "decoder": (64, 40, 24, 16)},
    "medium": {"widths": (16, 32, 48, 96, 160), "depths": (2, 3, 4, 4), "decoder": (96, 48, 32, 16)},
}


class Depthwise(nn.Conv2d):
    """A filter for each channel; on the CPU in float32, as gradients in bfloat16 take up to ten times longer there."""

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if x.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
            return super()._conv_forward(x, weight, bias)
        with torch.autocast("cpu", enabled=False):
            return super()._conv_forward(x.float(), weight, bias)


def conv(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, act: bool = True
) -> nn.Sequential:
    kind = Depthwise if groups == inputs else nn.Conv2d
    layers = [
        kind(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if act else nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; `fused` filters while expanding, which is faster where pixels are many."""

    def __init__(self, inputs: int, outputs: int, stride: int, kernel: int = 3, expand: int = 4, fused: bool = False):
        super().__init__()
        inner = inputs * expand
        head = (
            [conv(inputs, inner, kernel, stride)]
            if fused
            else [conv(inputs, inner), conv(inner, inner, kernel, stride, groups=inner)]
        )
        self.body = nn.Sequential(*head, conv(inner, outputs, act=False))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.residual else self.body(x)


class Context(nn.Module):
    """Gates each channel by what the whole picture shows."""

    def __init__(self, channels: int):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 4, 1)
        self.excite = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean((2, 3), keepdim=True)))))


class Up(nn.Module):
    """Doubles the size and adds the encoder's features of that size."""

    def __init__(self, inputs: int, skip: int, outputs: int, full: bool = False):
        super().__init__()
        self.below = conv(inputs, outputs, act=False)
        self.across = conv(skip, outputs, act=False)
        self.mix = conv(outputs, outputs, 3) if full else InvertedResidual(outputs, outputs, 1, expand=2)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = F.interpolate(self.below(x), scale_factor=2, mode="bilinear", align_corners=False)
        return self.mix(F.relu(x + self.across(skip)))


class Student(nn.Module):
    """Image `(N, 3, H, W)` RGB in [-1, 1] and last matte `(N, 1, H, W)` in [0, 1] to logits `(N, 1, H, W)`."""

    remembers = True
    stride = STRIDE

    def __init__(self, size: str = "small"):
        super().__init__()
        c, depths, d = (SIZES[size][key] for key in ("widths", "depths", "decoder"))
        self.size = size

        def stage(inputs: int, outputs: int, depth: int, kernel: int, first: nn.Module | None = None) -> nn.Sequential:
            rest = [InvertedResidual(outputs, outputs, 1, kernel) for _ in range(depth - 1)]
            return nn.Sequential(first or InvertedResidual(inputs, outputs, 2, kernel), *rest)

        self.at2 = conv(4, c[0], 3, 2)
        self.at4 = stage(c[0], c[1], depths[0], 3, InvertedResidual(c[0], c[1], 2, expand=2, fused=True))
        self.at8 = stage(c[1], c[2], depths[1], 3)
        self.at16 = stage(c[2], c[3], depths[2], 5)
        self.at32 = nn.Sequential(stage(c[3], c[4], depths[3], 5), Context(c[4]))
        self.up16, self.up8 = Up(c[4], c[3], d[0]), Up(d[0], c[2], d[1])
        self.up4, self.up2 = Up(d[1], c[1], d[2]), Up(d[2], c[0], d[3], full=True)
        self.head = nn.ConvTranspose2d(d[3], 1, 2, 2)

    def forward(self, image: Tensor, previous: Tensor) -> Tensor:
        at2 = self.at2(torch.cat([image, previous * 2 - 1], 1))
        at4 = self.at4(at2)
        at8 = self.at8(at4)
        at16 = self.at16(at8)
        x = self.up16(self.at32(at16), at16)
        return self.head(self.up2(self.up4(self.up8(x, at8), at4), at2))
