"""A frozen TensorFlow graph as something to look things up in and to edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class FrozenGraph:
    """A function without variables. A tensor goes by its node's name, and by "name:1" where it is the second output.

    Attributes:
        nodes: the NodeDef of every node.
        shapes: of every tensor, None where it is not known.
        constants: the values of all nodes that do not depend on the input, computed ones too.
    """

    def __init__(self, frozen: Any) -> None:
        """`frozen`: a concrete function without variables."""
        import tensorflow as tf

        self._proto = frozen.graph.as_graph_def()
        self._takes, self._gives = [t.name for t in frozen.inputs], [t.name for t in frozen.outputs]
        self.nodes: dict[str, Any] = {node.name: node for node in self._proto.node}
        for node in self._proto.node:
            # An order of execution means nothing where nothing has a state, and would tie constants to the input.
            node.input[:] = [taken for taken in node.input if not taken.startswith("^")]
        self.shapes: dict[str, tuple[int, ...] | None] = {}
        known: dict[str, str] = {}
        for operation in frozen.graph.get_operations():
            for tensor in operation.outputs:
                shape = tensor.shape
                self.shapes[_plain(tensor.name)] = tuple(shape.as_list()) if shape.is_fully_defined() else None
            if len(operation.outputs) != 1 or operation.type == "Placeholder":
                continue
            # A loop's list of tensors is no array.
            if operation.outputs[0].dtype not in (tf.variant, tf.resource) and all(
                tensor.op.name in known for tensor in operation.inputs
            ):
                known[operation.name] = operation.outputs[0].name
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            tf.import_graph_def(self._proto, name="")
            self.constants: dict[str, NDArray[Any]] = session.run(known)
        for name, value in self.constants.items():
            self._store(name, value)
        for node in list(self.nodes.values()):
            outputs = [_plain(f"{node.name}:{i}") for i in range(len(node.input))]
            if node.op in ("Identity", "IdentityN") and not any(map(self.is_output, outputs)):
                for output, source in zip(outputs, self.inputs(node.name), strict=True):
                    self._redirect(output, source)
                del self.nodes[node.name]

    def inputs(self, name: str) -> list[str]:
        """The names of the tensors that a node takes."""
        return [_plain(taken) for taken in self.nodes[name].input]

    def only_user(self, name: str) -> str | None:
        """The node that takes a node's output, if it is the only one and the output is not the function's."""
        users = [other for other in self.nodes if name in map(_plain, self.nodes[other].input)]
        return users[0] if len(users) == 1 and not self.is_output(name) else None

    def is_shared(self, product: str) -> bool:
        """Whether another node takes the same weights as a product, as in a layer that is called several times."""
        weights = self.inputs(product)[1]
        return sum(weights in self.inputs(name) for name in self.nodes) > 1

    def bypass(self, name: str, source: str) -> None:
        """Remove a node, giving its users `source` instead."""
        self._redirect(name, source)
        del self.nodes[name]

    def set_weights(self, name: str, weights: NDArray[Any]) -> None:
        """Give a product other weights."""
        self.nodes[name].input[1] = self._constant(f"{name}/folded", weights)

    def add_bias(self, name: str, offset: NDArray[Any]) -> None:
        """Add a constant to a node's output, one number for each place of the last axis."""
        import tensorflow as tf

        total = self._free(f"{name}/bias")
        self._redirect(name, total)
        node = tf.compat.v1.NodeDef(name=total, op="BiasAdd", input=[name, self._constant(f"{total}/folded", offset)])
        node.attr["T"].type = tf.float32.as_datatype_enum
        self.nodes[total], self.shapes[total] = node, self.shapes[name]

    def add(self, operation: str, near: str, *inputs: str) -> str:
        """Add a float32 node of a kind that needs no other attribute; the name that it gets.

        Args:
            operation: the kind, as "Relu".
            near: what its name begins with; it has this node's shape.
            inputs: the tensors that it takes, in order.
        """
        import tensorflow as tf

        name = self._free(f"{near}/{operation}")
        node = tf.compat.v1.NodeDef(name=name, op=operation, input=inputs)
        node.attr["T"].type = tf.float32.as_datatype_enum
        self.nodes[name], self.shapes[name] = node, self.shapes.get(near)
        return name

    def number(self, near: str, value: float) -> str:
        """Store a single float32 number under a new name."""
        return self._constant(f"{near}/number", np.array(value))

    def set_sum(self, name: str, source: str, offset: NDArray[Any]) -> None:
        """Turn a node into the sum of another node's output and a constant."""
        node, addend = self.nodes[name], self._constant(f"{name}/folded", offset)
        node.op, node.input[:] = "AddV2", [source, addend]
        for attribute in set(node.attr) - {"T"}:
            del node.attr[attribute]

    def outputs(self, names: Sequence[str], inputs: NDArray[Any]) -> Iterator[tuple[str, Any]]:
        """The outputs of some nodes by name, as float32 tensors, for inputs (N, ...) that are shown one by one."""
        import tensorflow as tf

        ask = self.function(names)
        for each in inputs if names else ():
            yield from zip(names, ask(tf.constant(each[None].astype(np.float32))), strict=True)

    def function(self, outputs: Sequence[str] = ()) -> Any:
        """The graph as a concrete function; its outputs are the original ones, or those of the nodes `outputs`."""
        import tensorflow as tf

        gives = [name if ":" in name else f"{name}:0" for name in outputs] or self._gives
        kept = list(self.nodes.values())
        proto = tf.compat.v1.GraphDef(versions=self._proto.versions, library=self._proto.library, node=kept)
        wrapped = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(proto, name=""), [])
        found = [[wrapped.graph.get_tensor_by_name(name) for name in names] for names in (self._takes, gives)]
        return wrapped.prune(*found)

    def is_output(self, name: str) -> bool:
        """Whether the function returns a node's output."""
        return name in map(_plain, self._gives)

    def _redirect(self, name: str, target: str) -> None:
        for node in self.nodes.values():
            for place, taken in enumerate(node.input):
                if _plain(taken) == name:
                    node.input[place] = target

    def _constant(self, near: str, values: NDArray[Any]) -> str:
        """Store float32 values under a new name."""
        name, values = self._free(near), values.astype(np.float32)
        self._store(name, values)
        self.shapes[name], self.constants[name] = values.shape, values
        return name

    def _store(self, name: str, values: NDArray[Any]) -> None:
        import tensorflow as tf

        tensor = tf.make_tensor_proto(values)
        node = tf.compat.v1.NodeDef(name=name, op="Const")
        node.attr["dtype"].type = tensor.dtype
        node.attr["value"].tensor.CopyFrom(tensor)
        self.nodes[name] = node

    def _free(self, near: str) -> str:
        return next(name for i in range(10**6) if (name := f"{near}_{i}") not in self.nodes)


def _plain(taken: str) -> str:
    """A tensor's name without the ":0" of a first output."""
    return taken.removesuffix(":0")
