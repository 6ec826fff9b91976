"""The networks: as large as their papers say, the size of the picture out, and every parameter of use."""

import pytest
import torch
from torch import Tensor, nn

from train.models import NETWORKS, build, logits
from train.models.deeplab import DeepLab
from train.models.fcn import FCN, doubling
from train.models.network import STRIDE
from train.models.pspnet import PSPNet
from train.models.resnet import STAGES, ResNet50
from train.models.tiramisu import Tiramisu
from train.models.unet import UNet

SMALL_ENOUGH_TO_RUN = ("tiramisu56", "deeplab", "student-small")


def millions(network: nn.Module) -> float:
    return sum(p.numel() for p in network.parameters()) / 1e6


@pytest.mark.parametrize(("size", "published"), [(56, 1.4), (67, 3.5), (103, 9.4)])
def test_tiramisu_has_the_papers_parameters(size: int, published: float) -> None:
    """With CamVid's 11 classes, and counted as the authors' code does: with batch norm's running averages."""
    with torch.device("meta"):
        network = Tiramisu(size, classes=11)
    averages = sum(b.numel() for name, b in network.named_buffers() if "running" in name) / 1e6
    assert millions(network) + averages == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize("stride", [32, 16, 8])
def test_fcn_has_the_papers_parameters(stride: int) -> None:
    """134 M on VGG16 with Pascal VOC's 21 classes (table 1)."""
    with torch.device("meta"):
        network = FCN(stride, classes=21, norm=False)
    assert millions(network) == pytest.approx(134, rel=0.02)
    assert network.stride == STRIDE, "finer scores want no smaller pictures"


def test_unet_has_the_papers_parameters() -> None:
    with torch.device("meta"):
        assert millions(UNet(classes=2)) == pytest.approx(31.0, rel=0.02)


def test_resnet_has_the_papers_parameters_at_every_stride() -> None:
    """25.6 M with the classifier of 1000 classes, which is left out here; dilation adds none."""
    with torch.device("meta"):
        for stride in STAGES:
            backbone = ResNet50(stride)
            assert millions(backbone) + 2.049 == pytest.approx(25.6, rel=0.02)
            sizes = [tuple(x.shape[1:]) for x in backbone(torch.zeros(1, 3, 64, 96))]
            assert sizes[0] == (256, 16, 24)
            assert sizes[-1] == (2048, 64 // stride, 96 // stride)


def normalised(inputs: int, outputs: int, kernel: int = 1) -> float:
    """Millions of parameters of a convolution with batch norm, by hand."""
    return (inputs * outputs * kernel**2 + 2 * outputs) / 1e6


def test_pspnet_has_the_parameters_that_the_paper_describes() -> None:
    """It prints no number: a ResNet-50, four 1x1 convolutions to a quarter of its channels, 3x3 to 512, the classes."""
    backbone, classes = 25.557 - 2.049, 150
    described = backbone + 4 * normalised(2048, 512) + normalised(4096, 512, 3) + (512 + 1) * classes / 1e6
    with torch.device("meta"):
        assert millions(PSPNet(classes)) == pytest.approx(described, rel=1e-3)


def test_deeplab_has_the_parameters_that_the_papers_describe() -> None:
    """They print none for a ResNet-50: DeepLabv3's pyramid of 1x1, three 3x3 and the whole picture, all of 256, and
    DeepLabv3+'s decoder: 48 channels of early features, two 3x3 of 256, the classes."""
    backbone, classes = 25.557 - 2.049, 21
    pyramid = 2 * normalised(2048, 256) + 3 * normalised(2048, 256, 3) + normalised(5 * 256, 256)
    decoder = normalised(256, 48) + normalised(256 + 48, 256, 3) + normalised(256, 256, 3) + (256 + 1) * classes / 1e6
    with torch.device("meta"):
        assert millions(DeepLab(classes)) == pytest.approx(backbone + pyramid + decoder, rel=1e-3)


def inputs(height: int, width: int, count: int = 2) -> tuple[Tensor, Tensor]:
    return torch.rand(count, 3, height, width) * 2 - 1, torch.rand(count, 1, height, width)


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_have_the_pictures_size_and_depend_on_every_parameter(name: str) -> None:
    """Without computing anything, so that 134 M parameters cost nothing."""
    with torch.device("meta"):
        network = build(name)
        for height, width in ((32, 64), (96, 32)):
            found = logits(network, *inputs(height, width))
            assert found.shape == (2, 1, height, width)
        found.sum().backward()
    assert not [key for key, p in network.named_parameters() if p.grad is None]


@pytest.mark.parametrize("name", SMALL_ENOUGH_TO_RUN)
def test_gradients_are_finite_and_reach_every_parameter(name: str) -> None:
    torch.manual_seed(0)
    network = build(name)
    found = logits(network, *inputs(32, 64))
    (found * torch.randn_like(found)).sum().backward()
    gradients = {key: p.grad for key, p in network.named_parameters()}
    assert all(g is not None and g.isfinite().all() for g in gradients.values())
    assert not [key for key, g in gradients.items() if not g.any()]


@pytest.mark.parametrize("name", [name for name in NETWORKS if not name.startswith("student")])
def test_a_size_that_does_not_fit_is_refused(name: str) -> None:
    with torch.device("meta"), pytest.raises(ValueError, match=r"100x64 does not fit.*multiples of 32"):
        build(name)(torch.zeros(1, 3, 64, 100))


def test_the_classes_can_be_many() -> None:
    with torch.device("meta"):
        assert UNet(classes=21)(torch.zeros(1, 3, 32, 32)).shape == (1, 21, 32, 32)


def test_only_the_student_remembers() -> None:
    with torch.device("meta"):
        for name in NETWORKS:
            assert build(name).remembers == name.startswith("student")


def test_the_previous_matte_reaches_the_student_and_no_other() -> None:
    image, previous = inputs(32, 32, 1)
    for name in ("student-small", "tiramisu56"):
        network = build(name).eval()
        with torch.inference_mode():
            same = torch.equal(logits(network, image, previous), logits(network, image, 1 - previous))
        assert same != network.remembers


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no network 'segnet'.*fcn8s.*unet.*tiramisu103.*student-small"):
        build("segnet")


def test_fcn_starts_with_bilinear_enlargement_of_each_class_alone() -> None:
    ramp = torch.arange(6.0).repeat(6, 1)
    scores = torch.stack([ramp, ramp.T])[None]
    wanted = nn.functional.interpolate(scores, scale_factor=2, mode="bilinear", align_corners=False)
    with torch.inference_mode():
        found = doubling(2)(scores)
    assert torch.allclose(found[:, :, 1:-1, 1:-1], wanted[:, :, 1:-1, 1:-1])
