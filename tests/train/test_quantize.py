"""Eight-bit integers: no CPU adds up more than 16 bits hold, and no weight is rounded more coarsely than that takes."""

import numpy as np
import onnx
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from onnx import numpy_helper

from greenscreen.segment import bundled_model
from train.quantize import largest


def most_of_two(weights: NDArray[np.int8]) -> int:
    """The largest sum of two neighbouring input channels' weights, without its sign."""
    wide, last = weights.astype(int), weights.shape[1] // 2 * 2
    return int(np.abs(wide[:, 0:last:2] + wide[:, 1:last:2]).max(initial=0))


@given(arrays(np.float32, array_shapes(min_dims=4, max_dims=4, max_side=5), elements=st.floats(-8, 8, width=32)))
def test_neighbours_fit_into_sixteen_bits_once_rounded(weights: NDArray[np.float32]) -> None:
    ranges = largest(weights)
    alone = np.abs(weights).reshape(len(weights), -1).max(1)
    assert (ranges >= alone).all()
    assert (ranges <= np.maximum(2 * alone, np.finfo(np.float32).tiny)).all()
    rounded = np.rint(weights / (ranges / 127)[:, None, None, None]).astype(np.int8)
    assert 255 * most_of_two(rounded) <= np.iinfo(np.int16).max


def test_the_network_that_ships_overflows_nowhere() -> None:
    model = onnx.load(bundled_model().with_name("student-int8.onnx"))
    kernels = [numpy_helper.to_array(one) for one in model.graph.initializer if len(one.dims) == 4]
    rounded = [kernel for kernel in kernels if kernel.dtype == np.int8]
    assert len(rounded) > 40
    assert max(map(most_of_two, rounded)) <= 128
