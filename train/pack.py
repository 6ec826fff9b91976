"""Makes a model file half as large: weights kept in float16, everything still computed in float32."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FEW = 64
"""Tensors of no more values stay as they are: sizes and scales, in which every digit may count."""


def pack(model: Path) -> None:
    """Rewrites an ONNX file in place. Engines make floats of the weights again once, when they load it."""
    proto = onnx.load(str(model))
    unpacked = []
    for tensor in proto.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) <= FEW:
            continue
        name, packed = tensor.name, f"{tensor.name}.packed"
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), packed))
        unpacked.append(helper.make_node("Cast", [packed], [name], to=TensorProto.FLOAT))
    rest = list(proto.graph.node)
    del proto.graph.node[:]
    proto.graph.node.extend(unpacked + rest)
    onnx.save(proto, str(model))
