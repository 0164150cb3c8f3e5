"""TensorFlow Lite files as objects: parsed, given readable names, and packed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

# Roles of the constants that an operator takes, by their place among its inputs.
_WEIGHTED = {"conv_2d", "depthwise_conv_2d", "fully_connected"}
_ROLES = {1: "weights", 2: "bias"}
_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}


class _AlignedBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Puts every byte vector on 16 bytes, as the schema asks for buffers; the generated code would not."""

    def StartVector(self, element: int, count: int, alignment: int) -> Any:  # noqa: N802 - the base's name
        return super().StartVector(element, count, 16 if element == 1 else alignment)


def parse(model: bytes) -> Any:
    """The model as a `ModelT` object of the schema."""
    return schema.ModelT.InitFromPackedBuf(model, 0)


def pack(model: Any) -> bytes:
    """The bytes of a `ModelT`, buffers on 16 bytes; the same object gives the same bytes."""
    builder = _AlignedBuilder(1 << 16)
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


def name_tensors(model: bytes, output: str = "probabilities") -> bytes:
    """Name every tensor after the operator that makes or takes it, as "conv_2d_1" and "conv_2d_1/weights".

    The converter's names are lists of traced scopes, which say little and differ from one conversion to the next.
    """
    parsed = parse(model)
    graph = parsed.subgraphs[0]
    for tensor, name in _names(parsed, graph):
        tensor.name = name
    graph.name = b"main"
    graph.tensors[graph.outputs[0]].name = output.encode()
    return pack(parsed)


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
                role = _ROLES.get(place) if kind in _WEIGHTED else None
                yield graph.tensors[index], f"{layer}/{role or f'input_{place}'}".encode()
                named.add(index)
        for place, index in enumerate(operator.outputs):
            yield graph.tensors[index], (f"{layer}/output_{place}" if place else layer).encode()
            named.add(index)
