"""One architecture a file; variants are data."""

from collections.abc import Callable
from functools import partial

from torch import Tensor

from train.models import fcn, lite, student, tiramisu
from train.models.deeplab import DeepLab
from train.models.fcn import FCN
from train.models.lite import LargeStudent
from train.models.network import Network
from train.models.pspnet import PSPNet
from train.models.student import Student
from train.models.tiramisu import Tiramisu
from train.models.unet import UNet

__all__ = ["NETWORKS", "PRETRAINED", "LargeStudent", "Network", "Student", "Trained", "build", "logits", "surer"]

Trained = Network | Student | LargeStudent

NETWORKS: dict[str, Callable[[], Trained]] = {
    **{f"fcn{stride}s": partial(FCN, stride) for stride in fcn.SKIPS},
    "unet": UNet,
    "pspnet": PSPNet,
    "deeplab": DeepLab,
    **{f"tiramisu{size}": partial(Tiramisu, size) for size in tiramisu.SIZES},
    **{f"student-{size}": partial(Student, size) for size in student.SIZES},
    **{f"student-{size}": partial(LargeStudent, size) for size in lite.SIZES},
}

PRETRAINED = [f"student-{size}" for size in lite.SIZES]
"""Those with an encoder that may begin with weights learnt on ImageNet."""

SURER = 5.0
"""How many times surer a network is told its last matte than it was."""


def build(name: str) -> Trained:
    """A new network by its name in `NETWORKS`; raises `ValueError` if there is none."""
    if name not in NETWORKS:
        raise ValueError(f"There is no network {name!r}; choose one of {', '.join(NETWORKS)}.")
    return NETWORKS[name]()


def logits(network: Trained, image: Tensor, previous: Tensor) -> Tensor:
    """Calls any network alike: one that does not remember is not shown the previous matte.

    Image `(N, 3, H, W)` RGB in [-1, 1], matte `(N, 1, H, W)` in [0, 1], logits `(N, 1, H, W)`.
    """
    return network(image, previous) if network.remembers else network(image)


def surer(matte: Tensor) -> Tensor:
    """A matte in [0, 1] of which most doubts are decided, for a network to remember.

    Networks learn with mattes of truth, which leave little in doubt: told so, they mend what they were in doubt of.
    """
    return (SURER * (matte - 0.5) + 0.5).clamp(0, 1)
