"""Importing is cheap, and the runtime knows nothing of training."""

import json
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "greenscreen"
OPTIONAL = {"greenscreen.cuda.pycuda", "greenscreen.segment.mediapipe", "greenscreen.segment.tensorrt"}
"""Load only beside the libraries they are named after."""
HEAVY = {"cv2", "av", "openvino", "onnxruntime", "pyvirtualcam"}


def loaded_by(program: str) -> set[str]:
    """The names of the modules in a fresh process after it ran `program`."""
    tail = "\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", program + tail]
    answer = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    return set(json.loads(answer.stdout.splitlines()[-1]))


def test_no_module_of_the_runtime_knows_torch_or_training() -> None:
    names = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(PACKAGE.rglob("*.py"))
    ]
    assert len(names) > 30
    loaded = loaded_by("\n".join(f"import {name}" for name in names if name not in OPTIONAL))
    assert set(names) - OPTIONAL <= loaded
    assert not {"torch", "lightning", "train"} & loaded


def test_importing_the_package_imports_next_to_nothing() -> None:
    loaded = loaded_by("import greenscreen")
    assert not (HEAVY | {"numpy", "pydantic", "typer", "rich"}) & loaded
    assert {name for name in loaded if name.startswith("greenscreen")} == {"greenscreen", "greenscreen.telemetry"}


def test_version_and_help_wait_for_no_library() -> None:
    """They answer at once, and even where a library does not load."""
    loaded = loaded_by("""
import sys
from greenscreen.cli import main
for words in (["--version"], ["--help"], ["run", "--help"], ["run", "--size", "x"]):
    sys.argv = ["greenscreen", *words]
    try:
        main()
    except SystemExit:
        pass
""")
    assert not (HEAVY | {"numpy"}) & loaded


def test_a_run_waits_for_no_web_server_that_it_does_not_start() -> None:
    assert not {"aiohttp", "segno"} & loaded_by("import greenscreen.live.run")
