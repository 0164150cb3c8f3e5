"""Folds scalings, offsets and batch normalization into the layers around them, before any converter sees the graph.

The converters fold what stands right beside a convolution. A Flatten or a pooling in between stops them, and then an
integer model rounds its input once more for each operator that is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits_export.quantize.frozen_graph import FrozenGraph

Values = NDArray[np.float64]
# Give the same numbers in the same order.
RESHAPES = ("Reshape", "Squeeze", "ExpandDims")


@dataclass(frozen=True)
class Affine:
    """A node that gives `source * scale + offset`; each a single value, or one for each place of the last axis."""

    name: str
    source: str
    scale: Values
    offset: Values


@dataclass(frozen=True)
class Product:
    """A convolution or matrix product with constant weights; the last axes of `weights` are (taken, given).

    A depthwise convolution gives the last axis for each place of the one before, the others for all of them.
    """

    name: str
    weights: Values
    depthwise: bool
    padded: bool

    @property
    def gives(self) -> int:
        """How many numbers its output has on the last axis."""
        return int(np.prod(self.weights.shape[-2:])) if self.depthwise else self.weights.shape[-1]


def fold(frozen: Any) -> Any:
    """The same function with every scaling and offset inside a convolution or matrix product, wherever that is exact.

    Behind one it always is. Before one it is if there is nothing but reshapes, poolings and sums between, for an offset
    only without padding (which is zero), and with maximum pooling only for a scale above zero.

    Args:
        frozen: a concrete function without variables, of one output and a fixed batch.

    Returns:
        A concrete function without variables.
    """
    graph = FrozenGraph(frozen)
    while any(_fold_back(graph, node) or _fold_on(graph, node) for node in _affines(graph)):
        pass
    return graph.function()


def _affines(graph: FrozenGraph) -> list[Affine]:
    return [found for name in list(graph.nodes) if (found := _affine(graph, name)) is not None]


def _affine(graph: FrozenGraph, name: str) -> Affine | None:
    """The node as an Affine, if it is one."""
    if name not in graph.nodes:  # a second output
        return None
    operation, inputs = graph.nodes[name].op, graph.inputs(name)
    if operation not in ("Mul", "RealDiv", "Sub", "Add", "AddV2", "BiasAdd") or graph.is_output(name):
        return None
    place = next((i for i in (1, 0) if inputs[i] in graph.constants), None)
    if place is None or inputs[1 - place] in graph.constants or (operation == "RealDiv" and place == 0):
        return None
    value, shape = graph.constants[inputs[place]], graph.shapes[name]
    if operation == "RealDiv" and not np.all(value):
        return None
    if value.dtype != np.float32 or not shape or shape != graph.shapes.get(inputs[1 - place]):
        return None  # the constant makes the tensor larger
    if value.size != 1 and (value.shape[-1] != value.size or value.size != shape[-1]):
        return None
    value = value.astype(np.float64).reshape(() if value.size == 1 else -1)
    scale: Values = np.ones(())
    offset: Values = np.zeros(())
    if operation in ("Mul", "RealDiv"):
        scale = value if operation == "Mul" else 1 / value
    elif operation == "Sub":
        scale, offset = (scale, -value) if place == 1 else (-scale, value)
    else:
        offset = value
    return Affine(name, inputs[1 - place], scale, offset)


def _sum(graph: FrozenGraph, name: str) -> Affine | None:
    """The node as an Affine that only adds, if it is one."""
    found = _affine(graph, name)
    return found if found is not None and np.all(found.scale == 1) else None


def product_of(graph: FrozenGraph, name: str) -> Product | None:
    """The node as a Product, if it is one."""
    if name not in graph.nodes:
        return None
    node, inputs = graph.nodes[name], graph.inputs(name)
    if node.op not in ("Conv2D", "DepthwiseConv2dNative", "MatMul") or inputs[1] not in graph.constants:
        return None
    if graph.constants[inputs[1]].dtype != np.float32 or graph.is_output(name):
        return None
    weights = graph.constants[inputs[1]].astype(np.float64)
    if node.op == "MatMul":
        if node.attr["transpose_a"].b or node.attr["transpose_b"].b:
            return None
        return Product(name, weights, False, False)
    if node.attr["data_format"].s != b"NHWC":
        return None
    return Product(name, weights, node.op != "Conv2D", node.attr["padding"].s != b"VALID")


def _fold_back(graph: FrozenGraph, node: Affine) -> bool:
    """Into the product that it follows, with or without a bias between."""
    source = _unreshaped(graph, node.source)
    bias = _sum(graph, source)
    product = product_of(graph, bias.source if bias else source)
    alone = product is not None and graph.only_user(product.name) and (bias is None or graph.only_user(bias.name))
    in_place = bias is None and graph.nodes[node.name].op == "BiasAdd" and source == node.source
    if product is None or not alone or in_place or max(node.scale.size, node.offset.size) not in (1, product.gives):
        return False
    graph.bypass(node.name, node.source)
    scale_given(graph, product, bias, np.broadcast_to(node.scale, product.gives), node.offset)
    return True


def _unreshaped(graph: FrozenGraph, name: str) -> str:
    """Where a tensor comes from through reshapes that nothing else takes and that keep the last axis."""
    while name in graph.nodes and graph.nodes[name].op in RESHAPES and graph.only_user(name):
        source = graph.inputs(name)[0]
        before, behind = graph.shapes.get(source), graph.shapes.get(name)
        if not before or not behind or before[-1] != behind[-1] or not graph.only_user(source):
            break
        name = source
    return name


def bias_of(graph: FrozenGraph, product: str) -> Affine | None:
    """What is added to a product before anything else is done with it, if something is."""
    user = graph.only_user(product)
    return None if user is None else _sum(graph, user)


def scale_given(graph: FrozenGraph, product: Product, bias: Affine | None, scale: Values, offset: Values) -> None:
    """Let a product and its bias give `scale` times what they gave, for each place of the last axis, and `offset`."""
    offset = np.broadcast_to(offset + (scale * bias.offset if bias else 0), product.gives)
    graph.set_weights(
        product.name, product.weights * (scale.reshape(product.weights.shape[-2:]) if product.depthwise else scale)
    )
    if bias is not None:
        graph.bypass(bias.name, bias.source)
    if np.any(offset):
        graph.add_bias(product.name, offset)


def _fold_on(graph: FrozenGraph, node: Affine) -> bool:
    """Into the product that takes it, through reshapes, poolings and sums."""
    scale, offset = node.scale, node.offset
    if product_of(graph, node.source) is not None:
        return False  # a bias belongs where it is
    sums: list[tuple[Affine, Values]] = []
    user = graph.only_user(node.name)
    while user is not None and product_of(graph, user) is None:
        other, shape = _sum(graph, user), graph.shapes.get(user)
        # x * scale + offset = (x + offset / scale) * scale. One scale for all, or some channel might outgrow the rest.
        if other is not None and scale.size == 1 and scale not in (0, 1):
            sums.append((other, other.offset / scale))
        elif shape and passes(graph, user, scale, offset):
            scale, offset = (np.tile(each, shape[-1] // each.size) if each.ndim else each for each in (scale, offset))
        else:
            return False
        user = graph.only_user(user)
    product = None if user is None else product_of(graph, user)
    if product is None or not take_in(graph, product, scale, offset):
        return False
    for other, value in sums:
        graph.set_sum(other.name, other.source, value)
    graph.bypass(node.name, node.source)
    return True


def take_in(graph: FrozenGraph, product: Product, scale: Values, offset: Values) -> bool:
    """Let a product scale its input itself, if it can."""
    taken = product.weights.shape[-2]
    if (product.padded and np.any(offset)) or max(scale.size, offset.size) not in (1, taken):  # other: in groups
        return False
    spread = product.weights * np.broadcast_to(offset, taken)[:, None]
    extra = spread.sum(axis=(0, 1)) if product.depthwise else spread.sum(axis=tuple(range(spread.ndim - 1)))
    graph.set_weights(product.name, product.weights * np.broadcast_to(scale, taken)[:, None])
    if np.any(extra):
        graph.add_bias(product.name, extra.reshape(-1))
    return True


def passes(graph: FrozenGraph, name: str, scale: Values, offset: Values) -> bool:
    """Whether a scaling may as well come behind a node, for the same places of the last axis or repeated ones."""
    kind, shape = graph.nodes[name].op, graph.shapes.get(name)
    if kind in RESHAPES:
        return bool(shape) and all((shape or (0,))[-1] % each.size == 0 for each in (scale, offset))
    if kind == "Mean":
        source, axes = graph.inputs(name)
        rank = len(graph.shapes.get(source) or ())
        return rank > 0 and axes in graph.constants and not np.any(graph.constants[axes] % rank == rank - 1)
    return kind == "AvgPool" or (kind == "MaxPool" and bool(np.all(scale > 0)))
