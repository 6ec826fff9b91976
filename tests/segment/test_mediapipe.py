"""The MediaPipe engine, with networks made here and, where there is one, with Google's own."""

import os
from pathlib import Path

import numpy as np
import pytest

from greenscreen.doctor import examine
from greenscreen.errors import ModelError
from greenscreen.picture.frame import Frame
from greenscreen.segment import load_engine, open_segmenter, tflite
from greenscreen.sources import open_source

pytest.importorskip("mediapipe", reason="needs MediaPipe: pip install 'mediapipe>=1'")
pytest.importorskip("onnx", reason="needs onnx, of which the networks are made")

import onnx
from onnx import TensorProto, helper

from train.tflite import converted, describe, lite, packed

GOOGLES = os.environ.get("GREENSCREEN_TFLITE", "")
"""A `.tflite` of Google's selfie segmenter, with or without its metadata."""


def red_is_person(size: int = 32, masks: int = 1) -> bytes:
    """A network to which whatever is more red than blue is the person."""
    weights = np.zeros((masks, 3, 1, 1), np.float32)
    weights[:, :, 0, 0] = 20, 0, -20
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "weights", "bias"], ["found"], group=1, pads=[0] * 4, strides=[1, 1]),
            helper.make_node("Sigmoid", ["found"], ["matte"]),
        ],
        "red",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, size, size))],
        [helper.make_tensor_value_info("matte", TensorProto.FLOAT, (1, masks, size, size))],
        [onnx.numpy_helper.from_array(weights, "weights"), onnx.numpy_helper.from_array(np.zeros(masks, "f4"), "bias")],
    )
    return converted(helper.make_model(graph), 127.5, 127.5)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "red.tflite"
    path.write_bytes(red_is_person())
    return path


@pytest.mark.parametrize("engine", ["auto", "mediapipe"])
def test_a_model_that_is_named_is_run(model: Path, engine: str) -> None:
    """Whatever the picture's shape; and colours are not swapped."""
    image = np.zeros((360, 640, 3), np.uint8)
    image[:, :320] = 0, 0, 255
    image[:, 320:] = 255, 0, 0
    with open_segmenter(engine, model) as segmenter:
        assert segmenter.engine == "mediapipe"
        for picture in (image, image[:, 160:480]):
            matte = segmenter.segment(Frame(np.ascontiguousarray(picture), 0, 0, fresh=True))
            height, width = matte.shape
            assert matte.dtype == np.float32
            assert (width, height) == segmenter.contract.input_size(*picture.shape[1::-1])
            assert matte[:, : width // 3].min() > 0.99
            assert matte[:, -width // 3 :].max() < 0.01


def test_every_picture_is_seen_on_its_own(model: Path) -> None:
    engine = load_engine("mediapipe")(model, tflite.read_promise(model), 64, 64)
    rng = np.random.default_rng(5)
    pictures = [rng.integers(0, 256, (64, 64, 3), np.uint8) for _ in range(3)]
    first = [engine.step(picture) for picture in pictures]
    np.testing.assert_array_equal(first[::-1], [engine.step(picture) for picture in pictures[::-1]])
    engine.close()
    engine.close()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x1c\0\0\0TFL3 and nothing that follows", r"MediaPipe cannot run red\.tflite"),
        (red_is_person(masks=3), "finds neither persons nor the background"),
    ],
    ids=["damaged", "without persons"],
)
def test_what_does_not_run_is_refused_when_opened(model: Path, content: bytes, reason: str) -> None:
    model.write_bytes(content)
    with pytest.raises(ModelError, match=reason):
        open_segmenter("mediapipe", model)


def test_a_model_that_does_not_say_how_it_takes_pictures_is_refused(model: Path) -> None:
    """A guess might be wrong, and the room be shown."""
    bare = lite.ModelT.InitFromPackedBuf(model.read_bytes(), 0)
    bare.metadata = None
    model.write_bytes(packed(bare, b"TFL3"))
    with pytest.raises(ModelError, match="NormalizationOptions"):
        open_segmenter("mediapipe", model)


def test_the_doctor_tells_how_to_get_the_model() -> None:
    (finding,) = (finding for finding in examine() if finding.what == "engine mediapipe")
    assert (finding.state, finding.detail) == ("missing", "MediaPipe has no model yet")
    assert "greenscreen engine fetch mediapipe" in finding.hint


@pytest.mark.skipif(not GOOGLES, reason="needs the path of Google's selfie segmenter in GREENSCREEN_TFLITE")
def test_googles_own_finds_the_person_of_the_demo(tmp_path: Path) -> None:
    content = lite.ModelT.InitFromPackedBuf(Path(GOOGLES).read_bytes(), 0)
    if not content.metadata:
        describe(content, 0, 255)
    path = tmp_path / "selfie.tflite"
    path.write_bytes(packed(content, b"TFL3"))
    with open_segmenter() as ours, open_segmenter("mediapipe", path) as googles, open_source("demo") as source:
        frame = next(iter(source))
        expected, got = (segmenter.segment(frame) > 0.5 for segmenter in (ours, googles))
    assert (expected & got).sum() / (expected | got).sum() > 0.9
