"""What the scripts say when they cannot do what they are for, and that nothing here recommends a stranger's program."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.mark.parametrize("arguments", [[], ["-t", "soon", "true"], ["-t", "0", "true"], ["-z", "true"]])
def test_camera_vm_explains_itself_when_called_wrongly(arguments: list[str]) -> None:
    """Exit status 2 and the usage, before anything is installed or started."""
    answer = subprocess.run([SCRIPTS / "camera-vm", *arguments], capture_output=True, text=True)
    assert answer.returncode == 2
    assert "Usage: scripts/camera-vm" in answer.stderr


def test_export_engines_writes_nothing_when_asked_for_help_or_called_wrongly() -> None:
    for words, code in ((["--help"], 0), ([], 2), (["none.csv"], 2)):
        answer = subprocess.run([SCRIPTS / "export-engines", *words], capture_output=True, text=True, timeout=20)
        assert answer.returncode == code
        assert "Usage: scripts/export-engines MANIFEST" in answer.stdout + answer.stderr


@pytest.mark.parametrize("word", ["-h", "--help"])
@pytest.mark.parametrize(
    "name", ["camera-vm", "demo", "export-engines", "soak", "test", "test-newest", "train-all", "camera-vm-init"]
)
def test_help_is_all_that_is_done_when_it_is_asked_for(name: str, word: str, tmp_path: Path) -> None:
    """Those in Python have argparse for that. In a copy, where whatever they made would be found."""
    scripts = shutil.copytree(SCRIPTS, tmp_path / "scripts")
    before = sorted(tmp_path.rglob("*"))
    # The last is for a shell that only its own machine need have.
    shell = ["sh"] if name == "camera-vm-init" else []
    answer = subprocess.run([*shell, scripts / name, word], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert answer.returncode == 0
    assert f"scripts/{name.removesuffix('-init')}" in answer.stdout
    assert answer.stderr == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def old_system(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A copy of the repository's scripts, reached by a link, on a system whose only Python is 3.9."""
    repository, programs = tmp_path / "repo sitory", tmp_path / "bin"
    shutil.copytree(SCRIPTS, repository / "scripts")
    (repository / "pyproject.toml").touch()
    programs.mkdir()
    for name in ["python3", "python3.11", "python3.12", "python3.13", "python3.14"]:
        (programs / name).write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2" || exit 1\n')
        (programs / name).chmod(0o755)
    link = tmp_path / "demo"
    link.symlink_to(repository / "scripts" / "demo")
    return link, {"PATH": f"{programs}:/usr/bin:/bin"}


def test_demo_names_the_python_it_needs(old_system: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """One sentence with the command that helps, and no half-made environment."""
    demo, environment = old_system
    answer = subprocess.run([demo], cwd="/", env=environment, capture_output=True, text=True)
    assert answer.returncode == 1
    assert "needed, and this is Python 3.9.2: sudo apt install python3.11-venv" in answer.stderr
    assert not list(tmp_path.glob("*/.venv"))


@pytest.mark.parametrize("name", ["evaluate", "bench-camera", "bench-file", "bench-latency"])
def test_what_measures_clips_says_that_one_is_not_there(name: str, tmp_path: Path) -> None:
    """One sentence, as the commands say it, and no traceback."""
    answer = subprocess.run([sys.executable, SCRIPTS / name, tmp_path / "none.mp4"], capture_output=True, text=True)
    assert answer.returncode == 1
    assert "there is no video" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_nobody_is_told_to_install_the_other_program_of_our_name() -> None:
    """PyPI has a `greenscreen` that is not this one: hints name libraries, or the checkout (`pip install .`)."""
    root = SCRIPTS.parent
    places = ["greenscreen", "docs", "train", "scripts", "engines", "README.md"]
    files = [path for place in places for path in (root / place, *(root / place).rglob("*")) if path.is_file()]
    texts = {path: path.read_bytes().decode(errors="ignore") for path in files if path.stat().st_size < 1_000_000}
    assert len(texts) > 100
    wrong = re.compile(r"(install|add|--with|uvx|pipx run) [^\n]*?['\" ]greenscreen(\[|==|>=|['\"]?$)", re.MULTILINE)
    found = {str(path.relative_to(root)): match[0] for path, text in texts.items() if (match := wrong.search(text))}
    assert not found
