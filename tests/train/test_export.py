"""Export: what is written is what was trained, in both engines and both precisions, or nothing is written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from greenscreen.contract import read_contract
from greenscreen.errors import ModelError, SinkError
from greenscreen.frame import Frame
from greenscreen.segment import open_segmenter
from train import export as exporting
from train.checkpoint import read_checkpoint
from train.export import Deployed, export, verify, write_onnx
from train.models.pspnet import PyramidPooling, average

Untrained = Callable[[str], Path]


@pytest.mark.parametrize("half", [False, True], ids=["float32", "float16"])
@pytest.mark.parametrize("name", ["student-small", "tiramisu56"])
def test_any_network_becomes_a_model_that_greenscreen_runs(
    untrained: Untrained, tmp_path: Path, name: str, half: bool
) -> None:
    model = tmp_path / "out.onnx"
    contract = export(untrained(name), model, half)
    assert read_contract(model) == contract
    assert (contract.name, contract.area) == (name + ("-fp16" if half else ""), 64 * 64)
    assert (contract.previous is not None) == name.startswith("student")
    for engine in ("openvino", "onnxruntime"):
        with open_segmenter(engine, model) as segmenter:
            matte = segmenter.segment(Frame(np.full((90, 120, 3), 99, np.uint8), 0.0, 0, fresh=True))
        assert matte.dtype == np.float32
        assert 0 <= matte.min() <= matte.max() <= 1
    assert not [path for path in tmp_path.iterdir() if path.is_dir() and path.name.startswith("tmp")]


def test_float16_says_so_itself_and_only_inside(untrained: Untrained, tmp_path: Path) -> None:
    """Strongly typed engines take the types from the file: weights float16, what goes in and comes out float32."""
    export(untrained("student-small"), tmp_path / "half.onnx", half=True)
    graph = onnx.load(tmp_path / "half.onnx").graph
    kinds = {tensor.data_type for tensor in graph.initializer if len(tensor.dims) > 1}
    assert kinds == {onnx.TensorProto.FLOAT16}
    for value in [*graph.input, *graph.output]:
        assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_a_model_that_is_not_what_was_trained_is_refused(
    untrained: Untrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = untrained("student-small")
    contract = export(checkpoint, tmp_path / "out.onnx")
    stranger = read_checkpoint(checkpoint).build()
    nn.init.constant_(stranger.head.bias, 1.0)
    with pytest.raises(ModelError, match=r"OpenVinoEngine differs by .* at step 0, "):
        verify(Deployed(stranger).eval(), tmp_path / "out.onnx", contract, 2e-3)
    monkeypatch.setattr(exporting, "TOLERANCE", {"float32": 0.0, "float16": 0.0})
    with pytest.raises(ModelError, match="not what was trained"):
        export(checkpoint, tmp_path / "other.onnx", half=True)
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
