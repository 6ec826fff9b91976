"""The large students: an ImageNet encoder that has seen the world, and a light decoder that finds the person in it.

The encoder is an EfficientNet-Lite without its classifier (Tan and Le, EfficientNet, ICML 2019; the Lite variants,
2020, leave out squeeze-and-excite and swish, so that small engines run them well): Lite0, and Lite2 in the one for
photos and files. The lean one, which runs live, is the large one less the blocks that it misses least. Begun with
weights learnt on ImageNet (`Encoder.load`), it knows people and rooms that no segmentation set here holds. The
decoder adds the encoder's features of each size, as the small student's does, and is told the last matte there rather
than in the first layer, so that the encoder stays what it was.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from train.models.student import Depthwise

STAGES = (
    # outputs, blocks, stride, kernel, expansion
    (16, 1, 1, 3, 1),
    (24, 2, 2, 3, 6),
    (40, 2, 2, 5, 6),
    (80, 3, 2, 3, 6),
    (112, 3, 1, 5, 6),
    (192, 4, 2, 5, 6),
    (320, 1, 1, 3, 6),
)
"""EfficientNet-B0's, Table 1 of the paper."""

USED = 6
"""Stages of which the student makes use: the last only prepares for the classifier."""


class Size(NamedTuple):
    encoder: str
    width: float
    """Times the channels of `STAGES`."""
    depth: float
    """Times the blocks."""
    decoder: tuple[int, int, int, int]
    """Channels at 1/16, 1/8, 1/4 and 1/2 of the input's size."""
    without: tuple[tuple[int, int], ...] = ()
    """Blocks left out, by their place in `Encoder.stages`; the others keep their names, so weights fit both."""
    inner: Mapping[tuple[int, int], int] = {}
    """Channels that a block's picture is expanded to, by its place, where they are fewer than `STAGES` has them."""

    @property
    def outputs(self) -> list[int]:
        """Channels of the encoder's features."""
        return [outputs for outputs, *_ in self.stages()[:USED]]

    def stages(self) -> list[tuple[int, int, int, int, int]]:
        """`STAGES`, scaled as EfficientNet is: channels to a multiple of 8, the first and last no deeper.

        The Lite variants leave the stem before them at 32 channels.
        """
        ends = (0, len(STAGES) - 1)
        return [
            (
                rounded(self.width * outputs),
                blocks if index in ends else math.ceil(self.depth * blocks),
                stride,
                kernel,
                expand,
            )
            for index, (outputs, blocks, stride, kernel, expand) in enumerate(STAGES)
        ]


LEFT_OUT = ((4, 2), (5, 2), (6, 1), (6, 2))
"""Blocks that the large one misses least."""

# fmt: off
NARROWER = {
    (2, 0): 64, (2, 1): 96, (3, 0): 96, (3, 1): 160, (4, 0): 160, (4, 1): 320,
    (5, 0): 320, (5, 1): 448, (6, 0): 384, (6, 3): 512,
}
# fmt: on
"""Some two thirds of the inner channels, in multiples of 16, which engines filter at once."""

SIZES = {
    "large": Size("EfficientNet-Lite0", 1.0, 1.0, (80, 40, 24, 16)),
    "lean": Size("EfficientNet-Lite0", 1.0, 1.0, (80, 40, 24, 16), LEFT_OUT),
    "slim": Size("EfficientNet-Lite0", 1.0, 1.0, (80, 40, 24, 16), LEFT_OUT, NARROWER),
    "xl": Size("EfficientNet-Lite2", 1.1, 1.2, (96, 48, 32, 24)),
}


def rounded(channels: float) -> int:
    """To the nearest multiple of 8 that takes away no more than a tenth."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


class Convolution(nn.Sequential):
    """A convolution, its normalisation, and perhaps an activation.

    While it learns with statistics that stay, the normalisation is folded into the weights, as engines do it: two
    passes fewer over what is most of a step's memory.
    """

    def forward(self, x: Tensor) -> Tensor:
        filters, norm = self._pair()
        if norm.training or not self.training:
            return super().forward(x)  # type: ignore[no-untyped-call]
        x = filters._conv_forward(x, *self.folded())
        return self[2](x) if len(self) > 2 else x

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weights and biases that filter and normalise at once."""
        filters, norm = self._pair()
        scale = norm.weight * (norm.get_buffer("running_var") + norm.eps).rsqrt()
        return filters.weight * scale[:, None, None, None], norm.bias - norm.get_buffer("running_mean") * scale

    def _pair(self) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
        return cast(nn.Conv2d, self[0]), cast(nn.BatchNorm2d, self[1])


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, act: bool = True) -> Convolution:
    kind = Depthwise if groups == inputs else nn.Conv2d
    layers: list[nn.Module] = [
        kind(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
    ]
    return Convolution(*layers, *([nn.ReLU6(inplace=True)] if act else []))


class Block(nn.Module):
    """Expand, filter each channel, project (Sandler et al., MobileNetV2, CVPR 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int, kernel: int, inner: int):
        super().__init__()
        head = [conv(inputs, inner)] if inner > inputs else []
        self.body = nn.Sequential(
            *head, conv(inner, inner, kernel, stride, groups=inner), conv(inner, outputs, act=False)
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.residual else self.body(x)


class Encoder(nn.Module):
    """Image `(N, 3, H, W)` RGB in [-1, 1] to the features of each stage.

    Once it is pretrained, its normalisation keeps the statistics it came with: batches are too small to better them.
    """

    pretrained: Tensor

    def __init__(self, size: Size = SIZES["large"], used: int = USED):
        super().__init__()
        self.stages = nn.ModuleList([conv(3, 32, 3, 2)])
        self.register_buffer("pretrained", torch.tensor(False))
        self.frozen = 0
        """So many parts, from the first on, learn nothing, which nearly doubles the speed of a step: they are the
        largest. 1 is the stem alone."""
        inputs = 32
        for place, (outputs, blocks, stride, kernel, expand) in enumerate(size.stages()[:used], 1):
            stage: OrderedDict[str, nn.Module] = OrderedDict()
            for block in range(blocks):
                if (place, block) not in size.without:
                    inner = size.inner.get((place, block), inputs * expand)
                    stage[str(block)] = Block(inputs, outputs, 1 if block else stride, kernel, inner)
                inputs = outputs
            self.stages.append(nn.Sequential(stage))

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for index, stage in enumerate(self.stages):
            with torch.set_grad_enabled(torch.is_grad_enabled() and index >= self.frozen):
                x = stage(x)
            features.append(x)
        return features[1:]

    def train(self, mode: bool = True) -> "Encoder":
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d) and self.pretrained:
                module.eval()
        return self

    @torch.no_grad()
    def take_bgr(self) -> None:
        """From now on pictures come with their channels the other way round; asked for again, as before."""
        filters = next(module for module in self.modules() if isinstance(module, nn.Conv2d))
        filters.weight.copy_(filters.weight.flip(1))

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Takes over the convolutions and their normalisation of a classifier with these stages, in their order.

        Names differ from one library to the next, the order and the shapes do not. Raises `ValueError` if these do.
        """
        wanted = ("weight", "bias", "running_mean", "running_var")
        given = [value for key, value in weights.items() if key.rpartition(".")[2] in wanted]
        state = {key: value for key, value in self.state_dict().items() if key.rpartition(".")[2] in wanted}
        if len(given) < len(state):
            raise ValueError(f"{len(given)} tensors instead of {len(state)} or more")
        for (key, mine), theirs in zip(state.items(), given, strict=False):
            if mine.shape != theirs.shape:
                raise ValueError(f"{tuple(theirs.shape)} instead of {tuple(mine.shape)} for {key}")
            mine.copy_(theirs)
        self.pretrained.fill_(True)


class Up(nn.Module):
    """Doubles the size, adds the encoder's features of that size and perhaps the last matte, and filters.

    The last matte comes at full size and is averaged over `reduction` by `reduction` pixels; 0: it is not told here. Of
    an odd size the encoder has seen one row or column less than twice the half, which is cut off here: so every place
    stays where it was in training, in which all sizes were even.
    """

    def __init__(self, inputs: int, skip: int, outputs: int, reduction: int = 0):
        super().__init__()
        self.reduction = reduction
        self.told: nn.Conv2d | None = None
        self.below = conv(inputs, outputs, act=False)
        self.across: Convolution | nn.Conv2d = conv(skip + bool(reduction), outputs, act=False)
        self.mix = nn.Sequential(conv(outputs, outputs, 3, groups=outputs), conv(outputs, outputs))

    def forward(self, x: Tensor, skip: Tensor, previous: Tensor) -> Tensor:
        x = F.interpolate(self.below(x), scale_factor=2, mode="bilinear", align_corners=False)
        if x.shape[2:] != skip.shape[2:]:
            height, width = skip.shape[2:]
            x = x[:, :, :height, :width]
        return self.mix(F.relu6(x + self._added(skip, previous)))

    def _added(self, skip: Tensor, previous: Tensor) -> Tensor:
        if not self.reduction:
            return self.across(skip)
        if self.told is None:
            return self.across(torch.cat((skip, F.avg_pool2d(previous, self.reduction)), 1))
        return self.across(skip) + self.told(in_rows(previous, self.reduction))

    @torch.no_grad()
    def part(self) -> None:
        """From now on the last matte has filters of its own: the same sum, which engines find sooner.

        Only for a network that learns no more.
        """
        if not self.reduction or isinstance(self.across, nn.Conv2d):
            return
        weight, bias = self.across.folded()
        size = self.reduction
        self.told = nn.Conv2d(size, len(weight), (size, 1), (size, 1), bias=False).to(weight)
        self.told.load_state_dict({"weight": weight[:, -1:].expand(-1, size, size, 1) / size**2})
        self.across = nn.Conv2d(weight.shape[1] - 1, len(weight), 1).to(weight)
        self.across.load_state_dict({"weight": weight[:, :-1], "bias": bias})


def in_rows(matte: Tensor, count: int) -> Tensor:
    """`(N, 1, H, W)` to `(N, count, H, W / count)`: neighbours in a row as channels, of which engines filter many at
    once. Written so that nothing is moved where channels are last, as in models."""
    n, _, height, _ = matte.shape
    return matte.permute(0, 2, 3, 1).reshape(n, height, -1, count).permute(0, 3, 1, 2)


class LargeStudent(nn.Module):
    """Image `(N, 3, H, W)` RGB in [-1, 1] and last matte `(N, 1, H, W)` in [0, 1] to logits `(N, 1, H, W)`."""

    remembers = True
    stride = 8
    """Height and width of the input are multiples of this; the coarser sizes may be odd."""

    def __init__(self, size: str = "large") -> None:
        super().__init__()
        self.size = SIZES[size]
        at2, at4, at8, _, at16, at32 = self.size.outputs
        d = self.size.decoder
        self.encoder = Encoder(self.size)
        self.up16, self.up8 = Up(at32, at16, d[0]), Up(d[0], at8, d[1], 8)
        self.up4, self.up2 = Up(d[1], at4, d[2], 4), Up(d[2], at2, d[3])
        self.head = nn.Conv2d(d[3], 4, 1)

    def forward(self, image: Tensor, previous: Tensor) -> Tensor:
        return self.decode(self.encoder(image), previous)

    def decode(self, features: list[Tensor], previous: Tensor) -> Tensor:
        """Logits of what the encoder has found in a picture."""
        at2, at4, at8, _, at16, at32 = features
        x = self.up16(at32, at16, previous)
        x = self.up8(x, at8, previous)
        x = self.up4(x, at4, previous)
        # Four values a place, spread over two by two pixels: a transposed convolution, but one that engines run fast.
        return F.pixel_shuffle(self.head(self.up2(x, at2, previous)), 2)

    def deploy(self) -> None:
        """Makes it what engines run fastest, from now on: pictures come as BGR."""
        self.encoder.take_bgr()
        for up in (self.up16, self.up8, self.up4, self.up2):
            up.part()
