"""A network as a TensorFlow Lite file with the metadata that MediaPipe wants, made of its ONNX form.

Every operator of the student has its counterpart in TensorFlow Lite; what differs is the order of dimensions, which is
(N, H, W, C) there, and that height and width are fixed. No library but the two formats' own schemas is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import onnx
from mediapipe.tasks.metadata import image_segmenter_metadata_schema_py_generated as segmenter
from mediapipe.tasks.metadata import metadata_schema_py_generated as meta
from mediapipe.tasks.metadata import schema_py_generated as lite
from numpy.typing import NDArray

from greenscreen.errors import ModelError

NHWC = (0, 2, 3, 1)
TYPES = {"float32": lite.TensorType.FLOAT32, "int32": lite.TensorType.INT32}
VERSIONS = {"RESIZE_BILINEAR": 3, "TRANSPOSE_CONV": 3}
"""Of operators, where not 1: half pixel centres, and a bias."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Node:
    """One operator of ONNX: its kind, the names of what goes in and comes out, and its attributes."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


def converted(model: onnx.ModelProto, mean: float, std: float) -> bytes:
    """An ONNX model of one picture and one matte, `(1, C, H, W)` each, as a TensorFlow Lite file.

    MediaPipe is told to give it `(RGB - mean) / std`. Raises `ModelError` for an operator that has no counterpart here.
    """
    graph = Graph(onnx.shape_inference.infer_shapes(model, strict_mode=True).graph)
    content = lite.ModelT(version=3, subgraphs=[graph.subgraph], operatorCodes=graph.codes, buffers=graph.buffers)
    describe(content, mean, std)
    return packed(content, b"TFL3")


def describe(model: lite.ModelT, mean: float, std: float) -> None:
    """Adds the metadata: the picture is RGB, taken as `(value - mean) / std`, and the matte is one as it comes out."""
    wanted = meta.NormalizationOptionsT(mean=[mean], std=[std])
    unit = meta.ProcessUnitT(optionsType=meta.ProcessUnitOptions.NormalizationOptions, options=wanted)
    rgb = meta.ImagePropertiesT(colorSpace=meta.ColorSpaceType.RGB)
    content = meta.ContentT(contentPropertiesType=meta.ContentProperties.ImageProperties, contentProperties=rgb)
    as_it_is = segmenter.ImageSegmenterOptionsT(activation=segmenter.Activation.NONE)
    custom = meta.CustomMetadataT(name="SEGMENTER_METADATA", data=np.frombuffer(packed(as_it_is, b"V001"), np.uint8))
    graph = meta.SubGraphMetadataT(
        inputTensorMetadata=[meta.TensorMetadataT(name="image", content=content, processUnits=[unit])],
        outputTensorMetadata=[meta.TensorMetadataT(name="matte")],
        customMetadata=[custom],
    )
    about = packed(meta.ModelMetadataT(name="greenscreen", subgraphMetadata=[graph]), b"M001")
    model.buffers.append(lite.BufferT(data=np.frombuffer(about, np.uint8)))
    model.metadata = [lite.MetadataT(name="TFLITE_METADATA", buffer=len(model.buffers) - 1)]


def packed(table: Any, identifier: bytes) -> bytes:
    """A flatbuffer's bytes."""
    builder = flatbuffers.Builder(1 << 22)
    builder.Finish(table.Pack(builder), identifier)
    return bytes(builder.Output())


class Graph:
    """The operators and tensors of one subgraph, filled in as ONNX's nodes are read."""

    def __init__(self, graph: onnx.GraphProto):
        self.codes: list[lite.OperatorCodeT] = []
        self.buffers = [lite.BufferT()]  # the first stays empty, by convention
        self._constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self._shapes = {
            value.name: tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim)
            for value in (*graph.input, *graph.value_info, *graph.output)
        }
        self._tensors: dict[str, int] = {}
        self.subgraph = lite.SubGraphT(tensors=[], operators=[], name="main")
        self.subgraph.inputs = [self.tensor(graph.input[0].name)]
        for proto in graph.node:
            attributes = {each.name: onnx.helper.get_attribute_value(each) for each in proto.attribute}
            if proto.op_type == "Constant":
                self._constants[proto.output[0]] = onnx.numpy_helper.to_array(attributes["value"])
            else:
                self.add(Node(proto.op_type, tuple(proto.input), proto.output[0], attributes))
        self.subgraph.outputs = [self.tensor(graph.output[0].name)]

    def add(self, node: Node) -> None:
        """Raises `ModelError` for what is not known here."""
        known: dict[str, Callable[[Node], None]] = {
            "Conv": self._convolution,
            "ConvTranspose": self._transposed,
            "Resize": self._resize,
            "ReduceMean": self._mean,
            "Concat": self._plain("CONCATENATION", lite.ConcatenationOptionsT(axis=3)),
            "Add": self._plain("ADD", lite.AddOptionsT()),
            "Mul": self._plain("MUL", lite.MulOptionsT()),
            "Relu": self._plain("RELU"),
            "Sigmoid": self._plain("LOGISTIC"),
            "Clip": self._clip,
            "AveragePool": self._pool,
            "DepthToSpace": self._spread,
            "Identity": self._same,
        }
        if node.kind not in known:
            raise ModelError(f"the network's {node.kind} is not known to the export for MediaPipe", "export it as ONNX")
        known[node.kind](node)

    def tensor(self, name: str) -> int:
        """The number of a picture or constant, in TensorFlow Lite's order of dimensions."""
        if name in self._constants:
            return self.constant(self._constants[name].transpose(NHWC))
        if name not in self._tensors:
            self._tensors[name] = self._new([self._shapes[name][i] for i in NHWC], "float32", name)
        return self._tensors[name]

    def constant(self, values: Array) -> int:
        self.buffers.append(lite.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        return self._new(values.shape, values.dtype.name, f"constant{len(self.buffers)}", len(self.buffers) - 1)

    def operator(self, name: str, inputs: list[int], output: int, options: object = None) -> None:
        code, version = getattr(lite.BuiltinOperator, name), VERSIONS.get(name, 1)
        found = [each.builtinCode for each in self.codes]
        if code not in found:
            found.append(code)
            # Readers older than the wider field look at the narrow one.
            self.codes.append(
                lite.OperatorCodeT(deprecatedBuiltinCode=min(code, 127), builtinCode=code, version=version)
            )
        kind = getattr(lite.BuiltinOptions, type(options).__name__.removesuffix("T") if options else "NONE")
        self.subgraph.operators.append(lite.OperatorT(found.index(code), inputs, [output], kind, options))

    def _new(self, shape: Any, dtype: str, name: str, buffer: int = 0) -> int:
        sides = [int(side) for side in shape]
        self.subgraph.tensors.append(lite.TensorT(shape=sides, type=TYPES[dtype], buffer=buffer, name=name))
        return len(self.subgraph.tensors) - 1

    def _plain(self, name: str, options: object = None) -> Callable[[Node], None]:
        def add(node: Node) -> None:
            self.operator(name, [self.tensor(each) for each in node.inputs], self.tensor(node.output), options)

        return add

    def _same(self, node: Node) -> None:
        """Another name, which the exporter gives to constants that occur twice."""
        (source,) = node.inputs
        if source in self._constants:
            self._constants[node.output] = self._constants[source]
        else:
            self._tensors[node.output] = self.tensor(source)

    def _clip(self, node: Node) -> None:
        source, *limits = node.inputs
        if [float(self._constants[name]) for name in limits] != [0, 6]:
            raise ModelError("the network's Clip is no ReLU6, which alone is known to the export for MediaPipe")
        self.operator("RELU6", [self.tensor(source)], self.tensor(node.output))

    def _pool(self, node: Node) -> None:
        """Of a constant alone: the last matte, of which MediaPipe knows nothing."""
        values, side = self._constants.get(node.inputs[0]), node.attributes["kernel_shape"][0]
        if values is None or node.attributes["strides"] != [side, side]:
            raise ModelError("the network's AveragePool is not known to the export for MediaPipe", "export it as ONNX")
        n, c, h, w = values.shape
        self._constants[node.output] = values.reshape(n, c, h // side, side, w // side, side).mean((3, 5))

    def _spread(self, node: Node) -> None:
        """Into one channel, where it makes no difference which of depth and place comes first."""
        target, block = self.tensor(node.output), node.attributes["blocksize"]
        if self.subgraph.tensors[target].shape[3] != 1:
            raise ModelError("the network's DepthToSpace is not known to the export for MediaPipe", "export it as ONNX")
        options = lite.DepthToSpaceOptionsT(blockSize=block)
        self.operator("DEPTH_TO_SPACE", [self.tensor(node.inputs[0])], target, options)

    def _convolution(self, node: Node) -> None:
        weights, bias = (self._constants[name] for name in node.inputs[1:])
        source = self._padded(node)
        depthwise, stride = node.attributes["group"] != 1, node.attributes["strides"][0]
        if depthwise and node.attributes["group"] != weights.shape[0]:
            raise ModelError("the network's grouped convolutions are not known to the export for MediaPipe")
        kind, order = ("DepthwiseConv2D", (1, 2, 3, 0)) if depthwise else ("Conv2D", (0, 2, 3, 1))
        options = getattr(lite, f"{kind}OptionsT")(lite.Padding.VALID, stride, stride)
        options.dilationWFactor = options.dilationHFactor = 1
        if depthwise:
            options.depthMultiplier = 1
        inputs = [source, self.constant(weights.transpose(order)), self.constant(bias)]
        name = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
        self.operator(name, inputs, self.tensor(node.output), options)

    def _padded(self, node: Node) -> int:
        """The convolution's picture with its border of zeros; TensorFlow Lite's own lies elsewhere at a stride."""
        source, pad = self.tensor(node.inputs[0]), node.attributes["pads"][0]
        if not pad:
            return source
        n, h, w, c = self.subgraph.tensors[source].shape
        target = self._new((n, h + 2 * pad, w + 2 * pad, c), "float32", f"{node.output}/padded")
        sides = self.constant(np.array([[0, 0], [pad, pad], [pad, pad], [0, 0]], np.int32))
        self.operator("PAD", [source, sides], target, lite.PadOptionsT())
        return target

    def _transposed(self, node: Node) -> None:
        weights, bias = (self._constants[name] for name in node.inputs[1:])
        target, stride = self.tensor(node.output), node.attributes["strides"][0]
        shape = self.constant(np.array(self.subgraph.tensors[target].shape, np.int32))
        inputs = [shape, self.constant(weights.transpose(1, 2, 3, 0)), self.tensor(node.inputs[0]), self.constant(bias)]
        options = lite.TransposeConvOptionsT(lite.Padding.VALID, stride, stride)
        self.operator("TRANSPOSE_CONV", inputs, target, options)

    def _resize(self, node: Node) -> None:
        target = self.tensor(node.output)
        size = self.constant(np.array(self.subgraph.tensors[target].shape[1:3], np.int32))
        options = lite.ResizeBilinearOptionsT(halfPixelCenters=True)
        self.operator("RESIZE_BILINEAR", [self.tensor(node.inputs[0]), size], target, options)

    def _mean(self, node: Node) -> None:
        inputs = [self.tensor(node.inputs[0]), self.constant(np.array([1, 2], np.int32))]
        self.operator("MEAN", inputs, self.tensor(node.output), lite.ReducerOptionsT(keepDims=True))
