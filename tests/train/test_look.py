"""The notebook runs from its first cell to its last, as it is."""

import base64
from pathlib import Path

import cv2
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "train" / "look.ipynb"


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_notebook_shows_mattes_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    notebook = nbformat.read(NOTEBOOK, 4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "kept without outputs, which would soon be old"
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    told = "".join(output["text"] for output in outputs if output["output_type"] == "stream")
    assert "student: 0.68 M parameters" in told
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 2
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(pictures[0]), np.uint8), cv2.IMREAD_COLOR)
    green = np.abs(shown.astype(int) - (80, 190, 60)).max(2) < 12
    assert 0.05 < green.mean() < 0.5, "two rooms have turned green"
