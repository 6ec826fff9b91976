"""What compiled loops are made of."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.caching import CacheImpl

from greenscreen.compiled.loops import compiled, prefetch
from greenscreen.picture.band import Field


@numba.njit
def foreseen(values: Field) -> float:
    prefetch(values, 1, 2)
    return values[1, 2]


def test_where_nothing_may_be_written_a_loop_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a service without a home."""
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])

    def doubled(value: int) -> int:
        return 2 * value

    with pytest.raises(RuntimeError, match="cannot cache"):
        numba.njit(doubled, cache=True)
    assert compiled(doubled)(21) == 42


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="others call it otherwise")
def test_what_is_foreseen_is_one_instruction_and_changes_nothing() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert foreseen(values) == 5
    assert "prefetch" in next(iter(foreseen.inspect_asm().values()))
    np.testing.assert_array_equal(values.ravel(), np.arange(6))


def test_a_loop_is_made_anew_when_one_of_another_file_that_it_calls_has_changed(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.py", tmp_path / "outer.py"
    start = "from greenscreen.compiled.loops import compiled\n"
    outer.write_text(f"{start}from inner import LEAST, one\n@compiled\ndef both():\n    return one() + LEAST\n")
    asks = "from outer import both; print(both(), sum(both.stats.cache_hits.values()))"

    def answer(one: int, least: int) -> str:
        inner.write_text(f"{start}LEAST = {least}\n@compiled\ndef one():\n    return {one}\n")
        # Python's own cache takes a file of the same size and second for the same.
        path = {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run([sys.executable, "-c", asks], env=os.environ | path, capture_output=True)
        return run.stdout.decode().strip() or run.stderr.decode()

    assert [answer(1, 0), answer(1, 0), answer(2, 0), answer(2, 5)] == ["1 0", "1 1", "2 0", "7 0"]
