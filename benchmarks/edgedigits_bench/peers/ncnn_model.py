"""An exported ONNX graph in ncnn's format, which has no converter in its Python package.

Only what our exporter writes is understood: a chain of convolutions, poolings and dense layers. The formats are those
of ncnn's docs/developer-guide/param-and-model-file-structure.md and operation-param-weight-table.md.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import BenchError

MAGIC = "7767517"
RAW_FLOATS = np.zeros(1, "<u4").tobytes()  # the tag before weights that are not compressed


def to_ncnn(model: bytes) -> tuple[str, bytes]:
    """The two files of an ncnn model, .param and .bin, for a float ONNX model; its blobs keep their names.

    Raises:
        BenchError: if the graph has an operator that is not understood.
    """
    import onnx

    graph = onnx.load_from_string(model).graph
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    lines, content, renamed = [f"Input image 0 1 {graph.input[0].name} 0=28 1=28 2=1"], b"", dict[str, str]()
    for node in graph.node:
        source, target = renamed.get(node.input[0], node.input[0]), node.output[0]
        if node.op_type in ("Reshape", "Flatten", "Identity"):  # ncnn flattens where a dense layer needs it
            renamed[target] = source
            continue
        settings = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
        kind, arguments, layer = _layer(node.op_type, settings, [weights[name] for name in node.input[1:]])
        lines.append(f"{kind} {target} 1 1 {source} {target} {arguments}".strip())
        content += layer
    return "\n".join([MAGIC, f"{len(lines)} {len(lines)}", *lines]) + "\n", content


def _layer(kind: str, settings: Mapping[str, Any], weights: list[NDArray[Any]]) -> tuple[str, str, bytes]:
    """An operator's name in ncnn, its arguments and its weights."""
    if kind == "Relu":
        return "ReLU", "", b""
    if kind == "Softmax":
        return "Softmax", "0=0", b""
    if kind in ("GlobalAveragePool", "GlobalMaxPool"):
        return "Pooling", f"0={int(kind == 'GlobalAveragePool')} 4=1", b""
    if kind in ("MaxPool", "AveragePool") and not any(settings.get("pads", ())):
        height, width = settings["kernel_shape"]
        down, across = settings.get("strides", (1, 1))
        return "Pooling", f"0={int(kind == 'AveragePool')} 1={width} 11={height} 2={across} 12={down} 5=1", b""
    if kind == "Gemm" and not settings.get("transA"):
        matrix = weights[0] if settings.get("transB") else weights[0].T
        arguments = f"0={matrix.shape[0]} 1={len(weights) - 1} 2={matrix.size}"
        return "InnerProduct", arguments, _content([matrix, *weights[1:]])
    if kind == "Conv":
        return _convolution(settings, weights)
    raise BenchError(f"ncnn: the operator {kind} is not converted; leave this peer out")


def _convolution(settings: Mapping[str, Any], weights: list[NDArray[Any]]) -> tuple[str, str, bytes]:
    filters, _, height, width = weights[0].shape
    top, left, bottom, right = settings.get("pads", (0, 0, 0, 0))
    down, across = settings.get("strides", (1, 1))
    arguments = (
        f"0={filters} 1={width} 11={height} 3={across} 13={down} 4={left} 14={top} 15={right} 16={bottom} "
        f"5={len(weights) - 1} 6={weights[0].size}"
    )
    group = settings.get("group", 1)
    if group == 1:
        return "Convolution", arguments, _content(weights)
    return "ConvolutionDepthWise", f"{arguments} 7={group}", _content(weights)


def _content(weights: list[NDArray[Any]]) -> bytes:
    """The weights behind their tag, then the bias without one."""
    return RAW_FLOATS + b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in weights)
