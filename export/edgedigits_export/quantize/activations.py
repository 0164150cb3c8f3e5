"""Writes activations with an exponential so that 8 bits hold each step of them.

TensorFlow Lite has no integer kernel for Selu and Softplus (which is in Mish, too). Its converter writes out exp(x),
whose largest value takes all of the 256 steps, so that of small ones nothing is left. The same functions with exponents
that are never positive have steps between 0 and 1.
"""

from __future__ import annotations

from typing import Any

from edgedigits_export.quantize.frozen_graph import FrozenGraph

# Of Klambauer et al. 2017, "Self-Normalizing Neural Networks", as TensorFlow has them.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def stabilize(frozen: Any) -> Any:
    """The same function with Selu and Softplus written out by exponents that are never positive.

    Args:
        frozen: a concrete function without variables, of one output.

    Returns:
        A concrete function without variables; `frozen` itself if there is nothing to do.
    """
    if not any(operation.type in ("Selu", "Softplus") for operation in frozen.graph.get_operations()):
        return frozen
    graph = FrozenGraph(frozen)
    for name, node in list(graph.nodes.items()):
        if node.op in ("Selu", "Softplus") and not graph.is_output(name):
            written = _selu(graph, name) if node.op == "Selu" else _softplus(graph, name)
            graph.bypass(name, written)
    return graph.function()


def _selu(graph: FrozenGraph, name: str) -> str:
    """scale * max(x, 0) + scale * alpha * (exp(-max(-x, 0)) - 1)"""
    source = graph.inputs(name)[0]
    below = graph.add("Relu", name, _negated(graph, name, source))
    decay = graph.add("Exp", name, _negated(graph, name, below))
    decay = graph.add("Sub", name, decay, graph.number(name, 1))
    above = graph.add("Mul", name, graph.add("Relu", name, source), graph.number(name, SELU_SCALE))
    return graph.add("AddV2", name, above, graph.add("Mul", name, decay, graph.number(name, SELU_SCALE * SELU_ALPHA)))


def _softplus(graph: FrozenGraph, name: str) -> str:
    """max(x, 0) + log(1 + exp(-|x|))"""
    source = graph.inputs(name)[0]
    decay = graph.add("Exp", name, _negated(graph, name, graph.add("Abs", name, source)))
    tail = graph.add("Log", name, graph.add("AddV2", name, decay, graph.number(name, 1)))
    return graph.add("AddV2", name, graph.add("Relu", name, source), tail)


def _negated(graph: FrozenGraph, name: str, source: str) -> str:
    """A product: TensorFlow Lite has no integer kernel for Neg, and that of Minimum takes one scale for both sides."""
    return graph.add("Mul", name, source, graph.number(name, -1))
