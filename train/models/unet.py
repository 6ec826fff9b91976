"""U-Net: down in steps, up in the same steps, each one shown what the way down saw at its size."""

import torch
from torch import Tensor, nn

from train.models.network import Network, check_size, he_init

WIDTHS = (64, 128, 256, 512, 1024)


def twice(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(inplace=True),
    )


class UNet(Network):
    """Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015.

    Differs: colour in, and padded convolutions, so that nothing is cropped and the size is kept.
    """

    def __init__(self, classes: int = 1):
        super().__init__()
        self.downs = nn.ModuleList(map(twice, (3, *WIDTHS), WIDTHS))
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout()
        wide, narrow = WIDTHS[:0:-1], WIDTHS[-2::-1]
        self.enlarges = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, 2) for i, o in zip(wide, narrow, strict=True))
        self.ups = nn.ModuleList(map(twice, wide, narrow))
        self.head = nn.Conv2d(WIDTHS[0], classes, 1)
        he_init(self)

    def forward(self, image: Tensor) -> Tensor:
        check_size(image)
        x, skips = image, []
        for depth, down in enumerate(self.downs):
            x = down(x if depth == 0 else self.pool(x))
            if depth >= 3:  # the end of the contracting path, where the authors put their dropout
                x = self.dropout(x)
            skips.append(x)
        skips.pop()
        for enlarge, up in zip(self.enlarges, self.ups, strict=True):
            x = up(torch.cat([skips.pop(), enlarge(x)], 1))
        return self.head(x)
