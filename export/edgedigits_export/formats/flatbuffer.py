"""TensorFlow Lite files as objects: parsed, given readable names, and packed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgedigits_export.formats import metadata
from edgedigits_export.formats.flatbuffer_builder import SharingBuilder
from edgedigits_export.formats.model_card import Card

# Roles of the constants that an operator takes, by their place among its inputs.
WEIGHTED = {"conv_2d", "depthwise_conv_2d", "fully_connected"}
_ROLES = {1: "weights", 2: "bias"}
_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}


def parse(model: bytes) -> Any:
    """The model as a `ModelT` object of the schema."""
    return schema.ModelT.InitFromPackedBuf(model, 0)


def pack(model: Any) -> bytes:
    """The bytes of a `ModelT`, buffers on 16 bytes; the same object gives the same bytes."""
    builder = SharingBuilder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def operator_name(model: Any, operator: Any) -> str:
    """The name of an operator's kind, as "conv_2d"."""
    code = model.operatorCodes[operator.opcodeIndex]
    return str(_OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]).lower()


def operators(model: bytes) -> list[str]:
    """The kinds of operators in a file, in the order in which they run, as ["CONV_2D", "SOFTMAX"]."""
    parsed = parse(model)
    return [operator_name(parsed, operator).upper() for operator in parsed.subgraphs[0].operators]


def polish(model: bytes, card: Card, output: str = "probabilities") -> bytes:
    """Name every tensor after the operator that makes or takes it, and add a signature and the metadata.

    The converter's names are lists of traced scopes, which say little and differ from one conversion to the next.
    """
    parsed = parse(model)
    graph = parsed.subgraphs[0]
    _soften_in_float(parsed, graph)
    for tensor, name in _names(parsed, graph):
        tensor.name = name
    for tensor in graph.tensors:
        if tensor.quantization is not None and tensor.quantization.scale is None:
            tensor.quantization = None  # an empty table in every float tensor
    graph.name = b"main"
    graph.tensors[graph.outputs[0]].name = output.encode()
    source = graph.tensors[graph.inputs[0]].name.decode()
    parsed.description = None  # the metadata has it
    parsed.signatureDefs = [_signature(graph)]
    kept = [entry for entry in parsed.metadata or [] if entry.name == b"min_runtime_version"]
    parsed.metadata = [*kept, _metadata(parsed, metadata.ENTRY, metadata.metadata_buffer(card, source, output))]
    _drop_unused_buffers(parsed)
    return pack(parsed) + metadata.labels_archive(card)


def _soften_in_float(model: Any, graph: Any) -> None:
    """Let SOFTMAX and the final DEQUANTIZE change places.

    A softmax in 8 bits ends in steps of 1/256 that do not sum to 1; in float it is as many operators and no slower.
    """
    kinds = [operator_name(model, operator) for operator in graph.operators[-2:]]
    if kinds != ["softmax", "dequantize"]:
        return
    softmax, dequantize = graph.operators[-2:]
    between = graph.tensors[softmax.outputs[0]]
    between.type, between.quantization = schema.TensorType.FLOAT32, None
    dequantize.inputs, dequantize.outputs, softmax.inputs, softmax.outputs = (
        softmax.inputs,
        softmax.outputs,
        dequantize.inputs,
        dequantize.outputs,
    )
    graph.operators[-2:] = [dequantize, softmax]


def bare(model: bytes) -> bytes:
    """The same network with integer input and output and nothing that a microcontroller would not run.

    Drops the QUANTIZE behind a uint8 input and the DEQUANTIZE in front of a float output, the names, the signature
    and the metadata. A grey level g enters as the int8 g - 128.
    """
    parsed = parse(model)
    graph = parsed.subgraphs[0]
    first, last = graph.operators[0], graph.operators[-1]
    if operator_name(parsed, first) == "quantize":
        graph.inputs, graph.operators = [first.outputs[0]], graph.operators[1:]
    if operator_name(parsed, last) == "dequantize":
        graph.outputs, graph.operators = [last.inputs[0]], graph.operators[:-1]
    _drop_unused_tensors(graph)
    used = sorted({operator.opcodeIndex for operator in graph.operators})
    parsed.operatorCodes = [parsed.operatorCodes[index] for index in used]
    for operator in graph.operators:
        operator.opcodeIndex = used.index(operator.opcodeIndex)
    for tensor in graph.tensors:
        tensor.name = b""
        if tensor.quantization is not None:
            tensor.quantization.min = tensor.quantization.max = None
    graph.name = parsed.description = b""
    parsed.metadata, parsed.signatureDefs = [], []
    _drop_unused_buffers(parsed)
    return pack(parsed)


def free_batch(model: bytes) -> bytes:
    """Let callers resize the batch: a shape signature, and reshapes that follow it. The stored batch stays 1."""
    parsed = parse(model)
    graph = parsed.subgraphs[0]
    for operator in graph.operators:
        if operator_name(parsed, operator) == "reshape":
            target = parsed.buffers[graph.tensors[operator.inputs[1]].buffer]
            shape = np.frombuffer(target.data.tobytes(), np.int32).copy()
            if shape[0] == 1 and -1 not in shape:
                shape[0] = -1
                target.data = shape.view(np.uint8)
                if operator.builtinOptions is not None:
                    operator.builtinOptions.newShape = shape.tolist()
    for index in {i for op in graph.operators for i in op.outputs} | set(graph.inputs):
        tensor = graph.tensors[index]
        if len(tensor.shape) and tensor.shape[0] == 1:
            tensor.shapeSignature = [-1, *tensor.shape[1:]]
    return pack(parsed)


def _signature(graph: Any) -> Any:
    """Names the input and output for callers of the signature runner and of LiteRT's newer interfaces."""
    signature = schema.SignatureDefT()
    signature.signatureKey = b"serving_default"
    signature.subgraphIndex = 0
    signature.inputs, signature.outputs = [_mapped(graph, graph.inputs[0])], [_mapped(graph, graph.outputs[0])]
    return signature


def _mapped(graph: Any, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = graph.tensors[index].name, index
    return entry


def _metadata(model: Any, name: bytes, content: bytes) -> Any:
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(content, np.uint8)
    model.buffers.append(buffer)
    entry.name, entry.buffer = name, len(model.buffers) - 1
    return entry


def _drop_unused_tensors(graph: Any) -> None:
    used = sorted({i for op in graph.operators for i in [*op.inputs, *op.outputs] if i >= 0})
    place = {old: new for new, old in enumerate(used)} | {-1: -1}
    for operator in graph.operators:
        operator.inputs = [place[i] for i in operator.inputs]
        operator.outputs = [place[i] for i in operator.outputs]
    graph.inputs, graph.outputs = [place[i] for i in graph.inputs], [place[i] for i in graph.outputs]
    graph.tensors = [graph.tensors[i] for i in used]


def _drop_unused_buffers(model: Any) -> None:
    """Buffer 0 is empty by convention; equal contents are stored once."""
    kept: list[Any] = [model.buffers[0]]
    place: dict[bytes, int] = {b"": 0}
    tensors = (tensor for graph in model.subgraphs for tensor in graph.tensors)
    for holder in [*tensors, *(model.metadata or [])]:
        data = model.buffers[holder.buffer].data
        content = b"" if data is None else bytes(data)
        if content not in place:
            place[content] = len(kept)
            kept.append(model.buffers[holder.buffer])
        holder.buffer = place[content]
    model.buffers = kept


def _names(model: Any, graph: Any) -> Iterator[tuple[Any, bytes]]:
    """Each tensor that is not a graph input with its new name."""
    seen: Counter[str] = Counter()
    named = set(graph.inputs)
    for operator in graph.operators:
        kind = operator_name(model, operator)
        seen[kind] += 1
        layer = f"{kind}_{seen[kind]}"
        for place, index in enumerate(operator.inputs):
            if index >= 0 and index not in named:
                role = _ROLES.get(place) if kind in WEIGHTED else None
                yield graph.tensors[index], f"{layer}/{role or f'input_{place}'}".encode()
                named.add(index)
        for place, index in enumerate(operator.outputs):
            yield graph.tensors[index], (f"{layer}/output_{place}" if place else layer).encode()
            named.add(index)
