"""Export: what is written is what was trained, in both engines and both precisions, or nothing is written."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from greenscreen.contract import read_contract
from greenscreen.errors import ModelError, SinkError, UsageError
from greenscreen.picture.frame import Frame
from greenscreen.segment import host, open_segmenter
from greenscreen.segment.onnxruntime import OnnxRuntimeEngine
from train import export as exporting
from train.checkpoint import read_checkpoint
from train.data import Row
from train.export import Deployed, export, verify, write_onnx
from train.models import logits
from train.models.pspnet import PyramidPooling, average

Untrained = Callable[[str], Path]
Exported = Callable[[str, bool], Path]


@pytest.fixture(scope="module")
def exported(untrained: Untrained, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """What `export` makes of a network, in float16 or not; each is made once, in a folder of its own, for all tests."""

    @cache
    def made(name: str, half: bool) -> Path:
        model = tmp_path_factory.mktemp("exported") / "my.onnx"
        export(untrained(name), model, half)
        return model

    return made


@pytest.mark.parametrize(("name", "half"), [("student-small", False), ("student-small", True), ("tiramisu56", False)])
def test_any_network_becomes_a_model_that_greenscreen_runs(exported: Exported, name: str, half: bool) -> None:
    model = exported(name, half)
    contract = read_contract(model)
    assert (contract.name, contract.area) == (name + ("-fp16" if half else ""), 64 * 64)
    assert (contract.previous is not None) == name.startswith("student")
    for engine in ("openvino", "onnxruntime"):
        with open_segmenter(engine, model) as segmenter:
            matte = segmenter.segment(Frame(np.full((90, 120, 3), 99, np.uint8), 0.0, 0, fresh=True))
        assert matte.dtype == np.float32
        assert 0 <= matte.min() <= matte.max() <= 1
    assert sorted(path.name for path in model.parent.iterdir()) == ["my.json", "my.onnx"]


@pytest.mark.parametrize("name", ["student-small", "student-large"])
def test_what_is_deployed_takes_pictures_as_cameras_give_them(untrained: Untrained, name: str) -> None:
    """Blue first, whatever order the network learnt; a temperature makes it surer of the same."""
    saved = read_checkpoint(untrained(name))
    bgr = torch.randint(0, 256, (1, 64, 96, 3)).float()
    rgb, before = bgr.flip(3).permute(0, 3, 1, 2) / 127.5 - 1, torch.zeros(1, 1, 64, 96)
    with torch.inference_mode():
        found = logits(saved.build().eval(), rgb, before).permute(0, 2, 3, 1)
        for temperature in (1.0, 0.5):
            matte = Deployed(saved.build(), temperature=temperature).eval()(bgr)
            torch.testing.assert_close(matte, (found / temperature).sigmoid(), atol=1e-4, rtol=0)


def test_float16_says_so_itself_and_only_inside(exported: Exported) -> None:
    """Strongly typed engines take the types from the file: weights float16, what goes in and comes out float32."""
    graph = onnx.load(exported("student-small", True)).graph
    kinds = {tensor.data_type for tensor in graph.initializer if len(tensor.dims) > 1}
    assert kinds == {onnx.TensorProto.FLOAT16}
    for value in [*graph.input, *graph.output]:
        assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_packed_weights_halve_the_file_and_are_computed_in_float32(
    untrained: Untrained, exported: Exported, tmp_path: Path
) -> None:
    """Nothing in it computes in float16, which CPUs are slow at; verified in both engines as any other."""
    plain, packed = exported("student-large", False), tmp_path / "packed.onnx"
    assert export(untrained("student-large"), packed, packed=True).name == read_contract(plain).name
    assert packed.stat().st_size < 0.55 * plain.stat().st_size
    graph = onnx.shape_inference.infer_shapes(onnx.load(packed)).graph
    halves = {t.name for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT16}
    readers = {node.op_type for node in graph.node if halves.intersection(node.input)}
    assert readers == {"Cast"}
    assert all(v.type.tensor_type.elem_type != onnx.TensorProto.FLOAT16 for v in graph.value_info)


def test_a_model_that_is_not_what_was_trained_is_refused(
    untrained: Untrained, exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, model = untrained("student-small"), exported("student-small", False)
    stranger = read_checkpoint(checkpoint).build()
    nn.init.constant_(stranger.head.bias, 1.0)
    with pytest.raises(ModelError, match=r"OpenVinoEngine differs by .* at step 0, "):
        verify(Deployed(stranger).eval(), model, read_contract(model), 2e-3)
    monkeypatch.setattr(exporting, "TOLERANCE", {"float32": 0.0, "float16": 0.0})
    with pytest.raises(ModelError, match="not what was trained"):
        export(checkpoint, tmp_path / "other.onnx")
    assert not list(tmp_path.glob("other*"))


def test_a_folder_that_is_not_there_is_one_sentence(untrained: Untrained, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot be written"):
        export(untrained("student-small"), tmp_path / "none" / "out.onnx")


@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_pspnets_fields_are_those_of_adaptive_pooling(bins: int) -> None:
    x = torch.rand(2, 3, 8, 20)
    torch.testing.assert_close(average(x, bins), nn.functional.adaptive_avg_pool2d(x, bins))


def test_pspnets_fields_can_be_exported_for_pictures_of_any_size(tmp_path: Path) -> None:
    pooling, path = PyramidPooling(8).eval(), tmp_path / "p.onnx"
    write_onnx(path, pooling, (torch.rand(1, 8, 8, 8),), ["x"], "y", {"x": {2: "height", 3: "width"}})
    x = torch.rand(1, 8, 12, 20)
    (found,) = onnxruntime.InferenceSession(str(path)).run(None, {"x": x.numpy()})
    np.testing.assert_allclose(found, pooling(x).detach().numpy(), atol=1e-5)


def test_a_smaller_stride_comes_nearer_to_the_pictures_shape(untrained: Untrained, tmp_path: Path) -> None:
    """One file for all sizes; the engines agree where a size is odd at 1/16 or 1/32 of the input, too."""
    checkpoint, model, stride = untrained("student-large"), tmp_path / "out.onnx", 8
    contract = export(checkpoint, model, area=20_480, stride=stride)
    assert contract.stride == stride
    reference = Deployed(read_checkpoint(checkpoint).build()).eval()
    for places in (9, 10, 11, 12):
        width, height = places * stride, (places + 3) * stride
        engine = OnnxRuntimeEngine(model, contract, width, height)
        image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        with torch.inference_mode():
            wanted = reference(torch.from_numpy(image)[None].float())[0, :, :, 0]
        np.testing.assert_allclose(engine.step(image), wanted, atol=2e-3)


def test_a_stride_that_a_network_does_not_take_is_refused(untrained: Untrained, tmp_path: Path) -> None:
    for names, stride, least in ((["student-large"], 12, 8), (["student-large", "student-small"], 16, 32)):
        checkpoint, *others = (untrained(name) for name in names)
        with pytest.raises(UsageError, match=f"multiples of {stride} pixels") as told:
            export(checkpoint, tmp_path / "out.onnx", others=others, stride=stride)
        assert told.value.hint == f"give a multiple of {least}"
    assert not list(tmp_path.glob("out*"))


def test_eight_bits_are_taken_where_the_cpu_is_made_for_them(
    untrained: Untrained, exported: Exported, rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the float model: it is the same student, in integers, and stands in for it live but not for photos."""
    shutil.copytree(exported("student-large", False).parent, tmp_path, dirs_exist_ok=True)
    model, small = tmp_path / "my.onnx", tmp_path / "my-int8.onnx"
    contract = read_contract(model)
    assert export(untrained("student-large"), small, rows=rows) == replace(
        contract, name="student-large-int8", sha256=read_contract(small).sha256
    )
    kinds = {node.op_type for node in onnx.load(small).graph.node}
    assert "QuantizeLinear" in kinds
    assert "Clip" not in kinds, "a range that ends at six makes ReLU6 free"
    assert small.stat().st_size < 0.4 * model.stat().st_size
    for apt in (True, False):
        monkeypatch.setattr(host, "multiplies_bytes", lambda apt=apt: apt)
        assert host.quantized(model, contract)[0] == (small if apt else model)
    small.write_bytes(small.read_bytes()[:-1])
    monkeypatch.setattr(host, "multiplies_bytes", lambda: True)
    with pytest.raises(ModelError, match="is not the file its contract"):
        open_segmenter("openvino", model)
    open_segmenter("openvino", model, patient=True).__exit__(None, None, None)


def test_several_networks_are_one_model_that_answers_with_their_mean(untrained: Untrained, tmp_path: Path) -> None:
    """Of their logits, whichever order of the channels each has learnt; verified in both engines as any other."""
    one, other = untrained("student-small"), untrained("student-large")
    contract = export(one, tmp_path / "both.onnx", others=[other])
    assert contract.name == "student-small+student-large"
    bgr, before = torch.randint(0, 256, (1, 64, 96, 3)).float(), torch.rand(1, 64, 96, 1)
    with torch.inference_mode():
        each = [Deployed(read_checkpoint(path).build()).eval()(bgr, before) for path in (one, other)]
        both = Deployed(*(read_checkpoint(path).build() for path in (one, other))).eval()(bgr, before)
    torch.testing.assert_close(both.logit(), (each[0].logit() + each[1].logit()) / 2, atol=1e-4, rtol=1e-4)


def test_doubts_of_the_last_matte_are_mostly_decided_before_it_is_told(untrained: Untrained) -> None:
    """What a network has learnt with is surer than what it gives; an empty memory stays empty."""
    torch.manual_seed(0)
    network = Deployed(read_checkpoint(untrained("student-large")).build()).eval()
    bgr = torch.randint(0, 256, (1, 64, 96, 3)).float()

    def told(alpha: float) -> torch.Tensor:
        with torch.inference_mode():
            return network(bgr, torch.full((1, 64, 96, 1), alpha))

    torch.testing.assert_close(told(0.2), told(0.0))
    torch.testing.assert_close(told(0.8), told(1.0))
    assert not torch.allclose(told(0.5), told(0.0), atol=1e-5)
    with torch.inference_mode():
        torch.testing.assert_close(told(0.0), network(bgr))


def test_eight_bits_need_pictures(untrained: Untrained, rows: list[Row], tmp_path: Path) -> None:
    for split, told in (("train", "no pictures to train on"), ("val", "no pictures of val")):
        with pytest.raises(UsageError, match=told):
            export(untrained("student-small"), tmp_path / "my.onnx", rows=[row for row in rows if row.split != split])
    assert not list(tmp_path.glob("*.onnx"))
