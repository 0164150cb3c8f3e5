"""Makes the graph that tf2onnx writes as small as a hand-made one, and its names readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper, shape_inference

_ROLES = {1: "weight", 2: "bias"}
_WEIGHTED = {"Conv", "Gemm", "MatMul"}


def tidy(model: Any, batch: str | int = "N", traced_free: bool = False) -> Any:
    """Fold what is constant into the weights, free the batch dimension and name everything.

    Args:
        model: an onnx.ModelProto with one input and one output, traced with a batch of one.
        batch: the batch dimension's name, or 1 to leave it fixed.
        traced_free: it was traced with a free batch; only the names are to be given.

    Returns:
        A new onnx.ModelProto with the input "image" and the output "probabilities".
    """
    graph = Graph(model)
    folds: list[Callable[[Graph, Any], bool]] = [fold_identity, fold_flatten]
    while any(fold(graph, node) for fold in folds for node in list(graph.proto.node) if node in graph):
        pass
    graph.sort()
    if batch != 1:
        graph.free_batch(str(batch), reshapes=not traced_free)
    graph.rename("image", "probabilities")
    graph.drop_unused()
    onnx.checker.check_model(graph.model, full_check=True)
    return graph.model


class Graph:
    """A graph with the few look-ups and edits that folding needs."""

    def __init__(self, model: Any) -> None:
        self.model = shape_inference.infer_shapes(model)
        self.proto = self.model.graph
        self.shapes = {
            value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
            for value in [*self.proto.value_info, *self.proto.input, *self.proto.output]
        }

    def __contains__(self, node: Any) -> bool:
        return any(node is other for other in self.proto.node)

    def constant(self, name: str) -> NDArray[Any] | None:
        """An initializer's value, or None."""
        found = next((tensor for tensor in self.proto.initializer if tensor.name == name), None)
        return None if found is None else numpy_helper.to_array(found)

    def add_constant(self, value: NDArray[Any], near: str) -> str:
        """Store a value under a new name."""
        taken = {tensor.name for tensor in self.proto.initializer}
        name = next(name for i in range(10**6) if (name := f"{near}__{i}") not in taken)
        self.proto.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def only_user(self, name: str) -> Any:
        """The node that takes a tensor, if it is the only one and the tensor is no output."""
        users = [node for node in self.proto.node if name in _taken(node)]
        is_output = any(output.name == name for output in self.proto.output)
        return users[0] if len(users) == 1 and not is_output else None

    def maker(self, name: str) -> Any:
        """The node that makes a tensor."""
        return next((node for node in self.proto.node if name in node.output), None)

    def bypass(self, node: Any, source: str) -> None:
        """Remove a node with one output, giving its users `source` instead."""
        replaced = node.output[0]
        self.proto.node.remove(node)
        for other in self.proto.node:
            _rename_taken(other, {replaced: source})

    def sort(self) -> None:
        """Put every node behind the ones that it takes from, as the format asks; tf2onnx forgets it with some loops."""
        made = {name for node in self.proto.node for name in node.output}
        waiting, ready = list(self.proto.node), set[str]()
        ordered: list[Any] = []
        while waiting:
            for node in waiting:
                if all(name in ready for name in _taken(node) & made):
                    break
            else:
                return  # a circle is for the checker to name
            waiting.remove(node)
            ordered.append(onnx.NodeProto.FromString(node.SerializeToString()))
            ready.update(node.output)
        del self.proto.node[:]
        self.proto.node.extend(ordered)

    def free_batch(self, name: str, reshapes: bool = True) -> None:
        """Make the first dimension of the input, the output and (`reshapes`) every Reshape target free.

        Rows of several images that a Reshape puts one below the other, as in front of a matrix product, are counted by
        its first dimension, too.
        """
        for value in [*self.proto.input, *self.proto.output]:
            value.type.tensor_type.shape.dim[0].dim_param = name
        for node in self.proto.node:
            if node.op_type == "Reshape" and reshapes:
                target = self.constant(node.input[1])
                if target is not None and len(target) and -1 not in target and 0 not in target:
                    node.input[1] = self.add_constant(np.array([-1, *target[1:]], np.int64), "shape")
        del self.proto.value_info[:]

    def rename(self, source: str, result: str) -> None:
        """Name input, output, nodes and constants by what they do, as "conv_1" and "conv_1.weight"."""
        names = {self.proto.input[0].name: source, self.proto.output[0].name: result}
        kinds: Counter[str] = Counter()
        for node in self.proto.node:
            kinds[node.op_type] += 1
            node.name = f"{node.op_type.lower()}_{kinds[node.op_type]}"
            for place, name in enumerate(node.input):
                if name and name not in names:
                    role = _ROLES.get(place) if node.op_type in _WEIGHTED else None
                    names[name] = f"{node.name}.{role or f'input_{place}'}"
            for place, name in enumerate(node.output):
                names.setdefault(name, f"{node.name}.output_{place}" if place else f"{node.name}.output")
        for node in self.proto.node:
            _rename_taken(node, names)
            node.output[:] = [names.get(name, name) for name in node.output]
        for value in [*self.proto.initializer, *self.proto.input, *self.proto.output]:
            value.name = names.get(value.name, value.name)
        # tf2onnx notes here which trace it came from, which is another one each time.
        self.proto.name, self.proto.doc_string = "main", ""

    def drop_unused(self) -> None:
        """Remove constants that nothing takes, and what shape inference left behind."""
        used = {name for node in self.proto.node for name in _taken(node)}
        kept = [tensor for tensor in self.proto.initializer if tensor.name in used]
        del self.proto.initializer[:], self.proto.value_info[:]
        self.proto.initializer.extend(sorted(kept, key=lambda tensor: tensor.name))


def _taken(node: Any) -> set[str]:
    """The tensors that a node takes, those that the bodies of its loops take included."""
    inner = [other for attribute in node.attribute for other in attribute.g.node]
    return set(node.input).union(*map(_taken, inner))


def _rename_taken(node: Any, names: Mapping[str, str]) -> None:
    """Give a node, and the bodies of its loops, other names for what they take."""
    node.input[:] = [names.get(name, name) for name in node.input]
    for attribute in node.attribute:
        for inner in attribute.g.node:
            _rename_taken(inner, names)


def fold_identity(graph: Graph, node: Any) -> bool:
    """Drop an Identity, an Add of zeros and a Mul by ones."""
    if node.op_type == "Identity" and any(node.output[0] == output.name for output in graph.proto.output):
        maker = graph.maker(node.input[0])
        if maker is None or graph.only_user(node.input[0]) is None:
            return False
        graph.proto.node.remove(node)
        maker.output[0] = node.output[0]
        return True
    if node.op_type == "Identity":
        graph.bypass(node, node.input[0])
        return True
    if node.op_type not in ("Add", "Mul"):
        return False
    for place in (0, 1):
        value = graph.constant(node.input[place])
        if value is not None and value.size == 1 and value.item() == (0 if node.op_type == "Add" else 1):
            graph.bypass(node, node.input[1 - place])
            return True
    return False


def fold_flatten(graph: Graph, node: Any) -> bool:
    """Fold the change from channels-first to channels-last before a Flatten into the next matrix product's rows."""
    if node.op_type != "Transpose" or list(node.attribute[0].ints) != [0, 2, 3, 1]:
        return False
    flatten = graph.only_user(node.output[0])
    product = graph.only_user(flatten.output[0]) if flatten is not None and flatten.op_type == "Reshape" else None
    weights = (
        graph.constant(product.input[1]) if product is not None and product.op_type in ("MatMul", "Gemm") else None
    )
    if product is None or weights is None or weights.ndim != 2 or product.input[0] != flatten.output[0]:
        return False
    _, channels, height, width = graph.shapes[node.input[0]]
    if channels * height * width != len(weights):
        return False
    moved = weights.reshape(height, width, channels, -1).transpose(2, 0, 1, 3).reshape(len(weights), -1)
    product.input[1] = graph.add_constant(moved, product.input[1])
    graph.bypass(node, node.input[0])
    return True
