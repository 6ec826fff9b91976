"""What a model file promises, so that engines need to know no model. Standard library only: training writes it.

The contract is a JSON file beside the ONNX file, of the same stem. Every model takes one picture and, if it has a
memory, the last matte it gave; it returns one matte at the size of its input.
"""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from functools import cache
from os.path import isfile
from pathlib import Path

from greenscreen.errors import ModelError

FORMAT = 1
MOST_BYTES = 1 << 30
"""An FCN, the largest that the training package compares, has 537 MB."""
_AGAIN = "reinstall greenscreen, or export the model again with `python -m train export`"


@dataclass(frozen=True)
class ModelContract:
    """The promise, read and checked.

    The picture goes in as `(1, H, W, 3)` float32 BGR in [0, 255], the matte comes out as `(1, H, W, 1)` float32 in
    [0, 1]; normalisation, colour order and sigmoid are inside the graph.
    """

    name: str
    """What people call the model, such as `student-small`."""
    sha256: str
    """Of the ONNX file, in hexadecimal."""
    image: str
    """Name of the input that takes the picture."""
    matte: str
    """Name of the output that gives the matte."""
    previous: str | None
    """Name of the input that takes the last matte, `(1, H, W, 1)`, all zeros at first; none without memory."""
    stride: int
    """Height and width of the input must be multiples of this, in pixels."""
    area: int
    """Pixels of input the model was made for; the aspect ratio is the picture's."""
    format: int = FORMAT

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the input for a picture of this size: its shape as nearly as the stride allows."""
        return _input_size(self.stride, self.area, width, height)


@cache
def _input_size(stride: int, area: int, width: int, height: int) -> tuple[int, int]:
    aspect = min(max(width / height, 1 / 8), 8.0)
    most = max(1, area // stride**2)

    def misfit(cells: tuple[int, int]) -> float:
        w, h = cells
        return 2 * abs(math.log(w / h / aspect)) + abs(math.log(w * h / most))

    w, h = min(((w, max(1, round(most / w))) for w in range(1, most + 1)), key=misfit)
    return w * stride, h * stride


def read_contract(model: Path) -> ModelContract:
    """Reads the contract beside an ONNX file and checks the file against it.

    Raises `ModelError` when either is missing, damaged, of a newer format, or they do not belong together.
    """
    if not model.name:
        raise ModelError(f"{model} is not a model file", "give the path of an ONNX file")
    path = model.with_suffix(".json")
    for file, what in ((model, "model"), (path, "model's contract")):
        if not isfile(file):
            raise ModelError(f"the {what} {file} does not exist", _AGAIN)
    try:
        contract = ModelContract(**json.loads(path.read_bytes()))
        _check(contract)
        if model.stat().st_size > MOST_BYTES:
            raise ModelError(f"{model} is larger than any model greenscreen runs", _AGAIN)
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{error.filename or model} cannot be read: {error.strerror}", "check who owns it") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelError(f"{path} is not a model contract: {error}", _AGAIN) from error
    if digest != contract.sha256:
        raise ModelError(f"{model} is not the file its contract {path.name} describes", _AGAIN)
    return contract


def write_contract(model: Path, contract: ModelContract) -> None:
    """Writes the contract beside its model."""
    model.with_suffix(".json").write_text(json.dumps(asdict(contract), indent=2) + "\n")


def _check(contract: ModelContract) -> None:
    if contract.format != FORMAT:
        raise ValueError(f"format {contract.format} is not {FORMAT}")
    for field in ("name", "sha256", "image", "matte"):
        if not isinstance(getattr(contract, field), str):
            raise TypeError(f"{field} is not a text")
    if not (contract.previous is None or isinstance(contract.previous, str)):
        raise TypeError("previous is neither a text nor null")
    for field, most in (("stride", 256), ("area", 1 << 22)):
        value = getattr(contract, field)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise ValueError(f"{field} is not a whole number from 1 to {most}")
