"""The kernels, compiled for this processor."""

import pytest
from emulated_card import compiled_here

from greenscreen.gpu import kernels
from greenscreen.segment import standby


@pytest.fixture(autouse=True)
def kernels_here(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    # An emulation takes its time.
    for name in ("ANSWER", "OPENING", "LEAVING"):
        monkeypatch.setattr(standby, name, 60)
    folder = tmp_path_factory.getbasetemp() / "kernels"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(kernels, "compiled", compiled_here(folder))
