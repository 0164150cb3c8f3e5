"""What does an engine make of an artifact: which delegate runs it, and how large must its arena be?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgedigits.engines.choice import engine_of
from edgedigits.engines.litert import lite_interpreter


@dataclass(frozen=True)
class Graph:
    """An artifact as its engine runs it.

    Attributes:
        delegate: LiteRT's delegate or ONNX Runtime's execution provider.
        delegated: how many of the operators the delegate took over.
        operators: the artifact's operators in order.
        arena_bytes: the most bytes of activations that live at once, which no arena can do without.

    What only LiteRT tells is None for others.
    """

    delegate: str
    delegated: int | None
    operators: tuple[str, ...] | None
    arena_bytes: int | None


@dataclass(frozen=True)
class Node:
    """An operator with the numbers of the tensors that it reads and writes."""

    name: str
    inputs: Sequence[int]
    outputs: Sequence[int]


def inspect_graph(artifact: str, model: bytes) -> Graph:
    """Look at an artifact through its engine.

    Raises:
        EngineError: if the engine is not installed.
    """
    return _litert(model) if engine_of(artifact) == "litert" else _onnxruntime(model)


def _litert(model: bytes) -> Graph:
    interpreter = lite_interpreter()(model_content=model)
    interpreter.allocate_tensors()
    if not hasattr(interpreter, "_get_ops_details"):  # it is not promised to stay
        return Graph("unknown", None, None, None)
    # A delegate is appended as one more operator, behind those that it took over.
    nodes = [
        Node(str(op["op_name"]), [int(i) for i in op["inputs"]], [int(i) for i in op["outputs"]])
        for op in interpreter._get_ops_details()
    ]
    operators = [node for node in nodes if node.name != "DELEGATE"]
    taken = sum(len(_covered(node, operators)) for node in nodes if node.name == "DELEGATE")
    sizes = {
        int(t["index"]): int(np.prod(t["shape"])) * np.dtype(t["dtype"]).itemsize
        for t in interpreter.get_tensor_details()
    }
    inputs = [int(details["index"]) for details in interpreter.get_input_details()]
    outputs = [int(details["index"]) for details in interpreter.get_output_details()]
    return Graph(
        delegate="XNNPACK" if taken else "none",
        delegated=taken,
        operators=tuple(node.name for node in operators),
        arena_bytes=most_alive(operators, sizes, inputs, outputs),
    )


def _covered(delegate: Node, operators: Sequence[Node]) -> set[int]:
    """Which operators lie between a delegate's inputs and its outputs."""
    wanted, covered = set(delegate.outputs), set[int]()
    for i in reversed(range(len(operators))):
        if wanted & set(operators[i].outputs):
            covered.add(i)
            wanted |= set(operators[i].inputs) - set(delegate.inputs)
    return covered


def most_alive(
    operators: Sequence[Node], sizes: Mapping[int, int], inputs: Sequence[int], outputs: Sequence[int]
) -> int:
    """The most bytes of activations that live at the same time.

    Args:
        operators: in the order in which they run; tensors that none of them writes are weights and do not count.
        sizes: bytes of each tensor.
        inputs: the graph's inputs, alive until they are last read.
        outputs: the graph's outputs, alive until the end.
    """
    born = dict.fromkeys(inputs, 0)
    for step, node in enumerate(operators):
        born |= dict.fromkeys(node.outputs, step)
    dies = dict(born)
    for step, node in enumerate(operators):
        dies |= {tensor: step for tensor in node.inputs if tensor in born}
    dies |= dict.fromkeys(outputs, len(operators))
    steps = range(len(operators))
    return max((sum(sizes[t] for t in born if born[t] <= step <= dies[t]) for step in steps), default=0)


def _onnxruntime(model: bytes) -> Graph:
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return Graph(str(session.get_providers()[0]), None, None, None)
