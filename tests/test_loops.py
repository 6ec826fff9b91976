"""What compiled loops are made of."""

import platform

import numba
import numpy as np
import pytest

from greenscreen.band import Field
from greenscreen.loops import prefetch


@numba.njit
def foreseen(values: Field) -> float:
    prefetch(values, 1, 2)
    return values[1, 2]


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="others call it otherwise")
def test_what_is_foreseen_is_one_instruction_and_changes_nothing() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert foreseen(values) == 5
    assert "prefetch" in next(iter(foreseen.inspect_asm().values()))
    np.testing.assert_array_equal(values.ravel(), np.arange(6))
