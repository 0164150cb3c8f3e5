"""Which operators a SavedModel would run: one that reads or writes files, or runs a program, is refused unread.

A SavedModel is a program. What its signatures and initializers can reach is found in the file before TensorFlow loads
it, and held against a list of operators that only compute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from edgedigits.errors import ExportError
from edgedigits.files.opening import read_regular

MAX_BYTES = 2**31 - 1  # a protobuf holds no more
TRUST = "if you trust it, name a .py file (it may be empty) with --custom"
_CALLS = "PartitionedCall StatefulPartitionedCall If StatelessIf While StatelessWhile Case StatelessCase"
_VARIABLES = "VarHandleOp ReadVariableOp Placeholder PlaceholderWithDefault Const Identity IdentityN NoOp _Arg _Retval"
_SHAPES = (
    "Shape ShapeN Size Rank Reshape ExpandDims Squeeze Transpose Concat ConcatV2 Split SplitV Pack Unpack Slice "
    "StridedSlice Pad PadV2 MirrorPad Tile Fill Range Gather GatherV2 GatherNd ReverseV2 BroadcastTo BroadcastArgs "
    "ZerosLike OnesLike SpaceToDepth DepthToSpace SpaceToBatchND BatchToSpaceND Where Select SelectV2 OneHot "
    "StopGradient EnsureShape Cast LinSpace Roll Unique TensorScatterUpdate ScatterNd InvertPermutation"
)
_ARITHMETIC = (
    "Add AddV2 AddN Sub Mul Div RealDiv FloorDiv FloorMod Mod Maximum Minimum Neg Abs Sign Square Sqrt Rsqrt Pow Exp "
    "Expm1 Log Log1p Sin Cos Tan Tanh Sigmoid Erf Erfc Floor Ceil Round Rint Reciprocal SquaredDifference DivNoNan "
    "MulNoNan Equal NotEqual Less LessEqual Greater GreaterEqual LogicalAnd LogicalOr LogicalNot IsFinite IsNan IsInf "
    "ClipByValue Sum Mean Prod Max Min All Any ArgMax ArgMin Cumsum TopK TopKV2 InTopKV2 L2Loss Einsum"
)
_LAYERS = (
    "Conv2D Conv3D DepthwiseConv2dNative Conv2DBackpropInput MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 BiasAdd "
    "BiasAddV1 MaxPool MaxPoolV2 AvgPool MaxPool3D AvgPool3D FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Relu "
    "Relu6 LeakyRelu Elu Selu Softplus Softsign Softmax LogSoftmax LRN ResizeBilinear ResizeNearestNeighbor "
    "ResizeBicubic FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel QuantizeV2 "
    "Dequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 TensorListReserve "
    "TensorListSetItem TensorListGetItem TensorListStack TensorListFromTensor TensorListLength"
)
ALLOWED = frozenset(f"{_CALLS} {_VARIABLES} {_SHAPES} {_ARITHMETIC} {_LAYERS}".split())


def check_operators(folder: Path) -> None:
    """Refuse a SavedModel that could do more than compute.

    Raises:
        ExportError: if it cannot be read, or may run an operator that is not in `ALLOWED`, or initializers.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(read_regular(folder / "saved_model.pb", MAX_BYTES))
    except Exception as error:  # protobuf's own, which is in another place in each of its versions
        raise ExportError(f"{folder} is not a SavedModel that TensorFlow can load; export it again") from error
    for graph in saved.meta_graphs:
        nodes = graph.object_graph_def.nodes
        if not nodes:  # of TensorFlow 1, whose loader runs the graph's own initializers
            raise ExportError(f"{folder} is a SavedModel of TensorFlow 1, which runs code as it is loaded; {TRUST}")
        if any(node.WhichOneof("kind") in ("resource", "asset") for node in nodes):
            raise ExportError(f"{folder} has resources that are set up by code as it is loaded; {TRUST}")
        found = set(_operators(graph.object_graph_def.concrete_functions, graph.graph_def.library.function))
        if strange := sorted(found - ALLOWED):
            raise ExportError(f"{folder} runs {', '.join(strange[:5])}, which may do more than compute; {TRUST}")


def _operators(roots: Iterable[str], library: Iterable[Any]) -> Iterator[str]:
    """The kind of each node in some functions and in all that these call."""
    functions = {function.signature.name: function for function in library}
    waiting, seen = list(roots), set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in functions[name].node_def:
            if node.op not in functions:  # a function can be called by its name as an operator, too
                yield node.op
            called = [node.op]
            for value in node.attr.values():
                called += [value.func.name, *(function.name for function in value.list.func)]
            waiting += called
