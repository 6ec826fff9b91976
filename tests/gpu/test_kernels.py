"""The kernels are compiled before the first frame, of the constants that the CPU's code has."""

from pathlib import Path

import pytest
from emulated_card import EmulatedCard
from emulated_engine import CONTRACT, INPUT, MODEL, EmulatedEngine

from greenscreen.composite.kernels import fields
from greenscreen.gpu import kernels, make_ready
from greenscreen.refine import guided_kernels
from greenscreen.segment.engine import NotBuiltError
from greenscreen.segment.openvino import OpenVinoEngine


def test_kernels_are_compiled_before_the_first_frame(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or the engine counts as not built: compiling them takes a minute."""
    made: list[str] = []
    monkeypatch.setattr(kernels, "compiled", lambda part, *_: made.append(part))
    monkeypatch.setattr(kernels, "kept", lambda part, *_: tmp_path / part)
    engine = EmulatedEngine(EmulatedCard(), *INPUT)
    with pytest.raises(NotBuiltError, match="still to be compiled"):
        make_ready(engine, build=False)
    make_ready(engine, build=True)
    assert made == list(kernels.PARTS)
    for part in kernels.PARTS:
        (tmp_path / part).touch()
    make_ready(engine, build=False)
    make_ready(OpenVinoEngine(MODEL, CONTRACT, *INPUT), build=False)


def test_the_constants_that_are_written_twice_are_the_same() -> None:
    assert float(kernels.CONSTANTS["FEW"].rstrip("f")) == pytest.approx(float(fields.FEW))
    assert int(kernels.CONSTANTS["STEPS"]) == guided_kernels.STEPS
