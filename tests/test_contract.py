"""The contract: what a model file promises is checked before anything runs it."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenscreen.contract import ModelContract, read_contract, write_contract
from greenscreen.errors import ModelError
from greenscreen.segment import bundled_model

EXAMPLE = ModelContract("example", "0" * 64, "image", "matte", "previous", stride=32, area=288 * 160)


def test_the_shipped_model_matches_its_contract() -> None:
    assert read_contract(bundled_model()).name.startswith("student")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(bundled_model().read_bytes())
    path.with_suffix(".json").write_bytes(bundled_model().with_suffix(".json").read_bytes())
    return path


def test_what_was_written_is_read_back(model: Path) -> None:
    contract = replace(read_contract(model), name="renamed")
    write_contract(model, contract)
    assert read_contract(model) == contract


def test_a_damaged_model_is_refused(model: Path) -> None:
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    with pytest.raises(ModelError, match=r"is not the file its contract model\.json describes"):
        read_contract(model)


@pytest.mark.parametrize("name", ["", "/", "x" * 5000])
def test_names_that_are_no_file_are_refused(name: str) -> None:
    with pytest.raises(ModelError):
        read_contract(Path(name))


@pytest.mark.parametrize("missing", ["model.onnx", "model.json"])
def test_a_missing_file_is_named(model: Path, missing: str) -> None:
    (model.parent / missing).unlink()
    with pytest.raises(ModelError, match=missing):
        read_contract(model)


@pytest.mark.parametrize(
    "change",
    [{"format": 2}, {"stride": 0}, {"stride": True}, {"area": 1e9}, {"image": 3}, {"previous": 3}, {"surprise": 1}],
)
def test_a_contract_that_makes_no_sense_is_refused(model: Path, change: dict[str, object]) -> None:
    path = model.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match="is not a model contract"):
        read_contract(model)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that opens and cannot be read")
@pytest.mark.parametrize("which", ["model.onnx", "model.json"])
def test_a_file_that_cannot_be_read_is_refused(model: Path, which: str) -> None:
    (model.parent / which).unlink()
    (model.parent / which).symlink_to("/proc/self/mem")
    with pytest.raises(ModelError, match="cannot be read"):
        read_contract(model)


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', "[" * 100_000, "\0"])
def test_a_file_that_is_no_contract_is_refused(model: Path, text: str) -> None:
    model.with_suffix(".json").write_text(text)
    with pytest.raises(ModelError, match="is not a model contract"):
        read_contract(model)


@pytest.mark.parametrize(
    ("picture", "expected"), [((1280, 720), (288, 160)), ((640, 480), (256, 192)), ((240, 320), (192, 256))]
)
def test_common_shapes_get_an_input_of_their_shape(picture: tuple[int, int], expected: tuple[int, int]) -> None:
    assert EXAMPLE.input_size(*picture) == expected


@given(width=st.integers(1, 20_000), height=st.integers(1, 20_000))
def test_every_shape_gets_a_legal_input_near_the_models_area(width: int, height: int) -> None:
    w, h = EXAMPLE.input_size(width, height)
    assert w % 32 == 0
    assert h % 32 == 0
    assert 0.5 <= w * h / EXAMPLE.area <= 1.6
