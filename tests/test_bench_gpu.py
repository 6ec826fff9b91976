"""What whoever has a GPU is asked to run does run: on the emulated card, and without what no host needs for it."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import fake_tensorrt
import pytest
from emulated_card import EmulatedCard, compiled_here

from greenscreen.cuda.compiler import kernel_names
from greenscreen.gpu import kernels

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "bench-gpu"
FORMS = "BGR", "YUYV", "NV12", "I420"
NOT_NEEDED = ["aiohttp", "openvino", "pyvirtualcam", "rich", "segno", "tomli_w", "torch", "typer"]
"""What greenscreen needs elsewhere, and docs/gpu.md does not ask of a host with a GPU."""


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A machine with TensorRT, on which a GPU is opened that is none."""
    folder = tmp_path_factory.getbasetemp() / "kernels"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(kernels, "compiled", compiled_here(folder))
    monkeypatch.setitem(sys.modules, "tensorrt", fake_tensorrt.fake_tensorrt("11.4.0"))
    monkeypatch.delitem(sys.modules, "greenscreen.segment.tensorrt", raising=False)

    def open_card(_: int) -> EmulatedCard:
        fake_tensorrt.cards.append(EmulatedCard())
        return fake_tensorrt.cards[-1]

    monkeypatch.setattr(importlib.import_module("greenscreen.segment.tensorrt"), "open_card", open_card)
    yield
    fake_tensorrt.cards.clear()
    sys.modules.pop("greenscreen.segment.tensorrt", None)


def loaded(path: Path) -> ModuleType:
    name = path.stem.replace("-", "_")
    spec = spec_from_file_location(name, path, loader=SourceFileLoader(name, str(path)))
    assert spec
    module = module_from_spec(spec)
    assert spec.loader
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("background", ["blur", "green"])
def test_every_step_has_its_row(background: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--only", "frames", "--size", "160x96", "--frames", "2", "--background", background]
    script = loaded(SCRIPT)
    script.WARM_UP = 1
    assert script.main(words) == 0
    said = capsys.readouterr().out
    assert f"160x96, {background}, network at " in said
    rows = re.findall(r"^\| ([\w, '-]+) \| \d+\.\d{3} \| \d+\.\d{3} \|$", said, re.MULTILINE)
    # Frames are I420 here, and smaller than what the network sees; no outline is moved; only a blur is made anew for
    # every frame.
    left_out = {"colour", "limits"} | (set() if background == "blur" else {"blur"})
    steps = {name for part in kernels.PARTS if part not in left_out for name in kernel_names(part)} - {"make_input"}
    assert set(rows) == {
        "upload to download, on the card",
        "the same, with the host's copies",
        "engine alone",
        *("upload", "network", "download", "download of change"),
        *(f"{form}, copied by the host" for form in FORMS),
        *(f"{form}{way}, upload to planes" for form in FORMS for way in ("", " mirrored")),
        *steps,
    }


@pytest.mark.usefixtures("card")
def test_what_is_checked_on_a_real_card_holds_on_this_one() -> None:
    """But for memory, which is PyCUDA's to count."""
    checks = loaded(ROOT / "tests" / "test_on_gpu.py")
    checks.test_the_engine_agrees_with_the_cpu_step_by_step()
    checks.test_card_and_cpu_agree_within_two_levels((160, 90), "blur")
    checks.test_other_forms_and_outlines_agree_too((160, 90))
    checks.test_a_jump_and_a_cut_are_met_alike((160, 90))
    checks.test_every_form_becomes_planes_to_the_bit((160, 90), True, "YUYV")


def test_a_host_needs_no_more_than_the_docs_say() -> None:
    """The tests that need a GPU are found and say why they do not run; then each table says what it lacks."""
    bare = f"""
import runpy, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {NOT_NEEDED}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
sys.modules["tensorrt"] = None
sys.argv = ["bench-gpu", "--tests", "--size", "160x96"]
runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
"""
    # Plugins of other packages that happen to be installed here would bring those along.
    answer = subprocess.run(
        [sys.executable, "-c", bare],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin:/bin", "PYTHONPATH": ""},
    )
    assert answer.returncode == 1, answer.stderr
    assert re.search(r"SKIPPED \[\d+\] .*the engine tensorrt cannot be loaded", answer.stdout)
    assert "error" not in answer.stdout.lower()
    assert "frames at 160x96: not measured: the engine tensorrt cannot be loaded" in answer.stdout
    assert "PyTorch: not measured: No module named 'torch'" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
