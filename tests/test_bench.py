"""The bench times all that happens to a frame, and says so in figures that hang together."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from greenscreen.bench import LOOP, bench, check_plot, clip_frames, plot
from greenscreen.errors import ModelError, SinkError, UsageError
from greenscreen.peer import Peer
from greenscreen.picture.colour import from_i420


def test_the_figures_hang_together(half: str) -> None:
    result = bench((96, 64), "blur", half, 12)
    assert (result.size, result.background, result.engine, result.frames) == ("96x64", "blur", "stub", 12)
    assert list(result.stages) == ["convert", "segment", "refine", "backdrop", "composite"]
    assert 0 < result.ours.median <= result.ours.p95
    assert result.ours.mean > 0
    assert 0 <= result.rested <= 12
    assert max(result.stages.values()) <= result.ours.p95
    assert result.ours.cpu > 0
    assert result.peer is None
    assert result.faster is None


def test_frames_may_be_those_of_any_clip(half: str, tmp_path: Path) -> None:
    """Of a picture that stands still, the network sees but the first few."""
    cv2.imwrite(str(tmp_path / "still.png"), np.full((64, 96, 3), 90, np.uint8))
    assert bench((96, 64), "green", half, 12, clip=str(tmp_path / "still.png")).rested == 12
    with pytest.raises(UsageError, match="there is no camera, video or photo"):
        bench((96, 64), "green", half, 12, clip=str(tmp_path / "no.mp4"))


def test_another_programs_network_is_timed_in_between(tmp_path: Path) -> None:
    network = usual_network(tmp_path / "peer.onnx")
    result = bench((96, 64), "green", "auto", 3, network)
    assert result.peer
    assert result.faster == pytest.approx(result.peer.median / result.ours.median, abs=0.01)
    told = result.as_dict()
    assert (told["peer_ms_median"], told["faster"]) == (result.peer.median, result.faster)
    path = tmp_path / "plot.png"
    plot([result], path)
    assert cv2.imread(str(path)).shape[0] > 100


def test_a_plot_that_has_no_folder_is_refused_before_the_timing(tmp_path: Path) -> None:
    check_plot(tmp_path / "plot.svg")
    with pytest.raises(SinkError, match="there is no folder"):
        check_plot(tmp_path / "no" / "plot.svg")


def test_what_is_no_network_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match="not a network"):
        Peer(tmp_path / "bad.onnx")
    model = onnx.load(usual_network(tmp_path / "open.onnx"))
    for side in model.graph.input[0].type.tensor_type.shape.dim[1:3]:
        side.dim_param = "side"
    onnx.save(model, str(tmp_path / "open.onnx"))
    with pytest.raises(ModelError, match="not a network from a picture"):
        Peer(tmp_path / "open.onnx")


def test_the_other_programs_work_shows_the_backdrop_where_nobody_is(tmp_path: Path) -> None:
    """It must do what it is compared for: the stand-in network says that nothing but the bright is the person."""
    peer = Peer(usual_network(tmp_path / "peer.onnx"))
    image = np.zeros((64, 96, 3), np.uint8)
    image[:, 48:] = 255
    seen = from_i420(peer.frame(image, np.full_like(image, (200, 0, 0))))
    assert np.abs(seen[:, :30].astype(int) - (200, 0, 0)).max() <= 3
    assert seen[:, 66:].min() >= 252


def usual_network(path: Path) -> Path:
    """A network of the kind that others use: RGB in [0, 1] to two scores; it takes the bright for the person."""
    mean = helper.make_node("ReduceMean", ["image", "axes"], ["grey"], keepdims=1)
    scale = helper.make_node("Mul", ["grey", "forty"], ["raised"])
    shift = helper.make_node("Sub", ["raised", "twenty"], ["person"])
    join = helper.make_node("Concat", ["zeros", "person"], ["scores"], axis=3)
    constants = [
        helper.make_tensor("axes", TensorProto.INT64, [1], [3]),
        helper.make_tensor("forty", TensorProto.FLOAT, [], [40.0]),
        helper.make_tensor("twenty", TensorProto.FLOAT, [], [20.0]),
        helper.make_tensor("zeros", TensorProto.FLOAT, [1, 36, 64, 1], [0.0] * (36 * 64)),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 36, 64, 3])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 36, 64, 2])
    graph = helper.make_graph([mean, scale, shift, join], "usual", [image], [scores], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(path))
    return path


def test_frames_differ_as_a_cameras_do_and_have_the_size_asked_for() -> None:
    frames = clip_frames(64, 96)
    assert len(frames) == LOOP
    assert {frame.size for frame in frames} == {(64, 96)}
    assert any((frame.image != frames[0].image).any() for frame in frames[1:])


def test_huge_frames_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenscreen.bench.MOST_BYTES", 3 * 96 * 64 * 4)
    assert len(clip_frames(96, 64)) == 4


@pytest.mark.parametrize(("size", "background"), [((97, 64), "green"), ((96, 65), "green"), ((96, 64), "transparent")])
def test_what_no_virtual_camera_takes_is_not_timed(half: str, size: tuple[int, int], background: str) -> None:
    with pytest.raises(UsageError):
        bench(size, background, half, 1)
