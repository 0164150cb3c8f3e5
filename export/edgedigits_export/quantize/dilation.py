"""Turns what TensorFlow makes of a dilated convolution back into one.

Its kernel is a plain convolution between SpaceToBatchND and BatchToSpaceND. The converters recognize that only as long
as nothing has been folded into it; as one operator it is folded, equalized and rounded like any other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgedigits_export.quantize.frozen_graph import FrozenGraph


def fuse_dilation(frozen: Any) -> Any:
    """The same function with each SpaceToBatchND, Conv2D, BatchToSpaceND as one Conv2D, wherever that is exact.

    Args:
        frozen: a concrete function without variables, of one output and a fixed batch.

    Returns:
        A concrete function without variables; `frozen` itself if there is nothing to do.
    """
    if not any(operation.type == "SpaceToBatchND" for operation in frozen.graph.get_operations()):
        return frozen
    graph = FrozenGraph(frozen)
    fused = [_fuse(graph, name) for name in [name for name, node in graph.nodes.items() if node.op == "SpaceToBatchND"]]
    return graph.function() if any(fused) else frozen


def _fuse(graph: FrozenGraph, split: str) -> bool:
    chain = [split]
    # A one-dimensional convolution has an ExpandDims before and a Squeeze behind.
    for kinds in (("ExpandDims",), ("Conv2D",), ("Squeeze",), ("BatchToSpaceND",)):
        user = graph.only_user(chain[-1])
        if user is not None and graph.nodes[user].op in kinds:
            chain.append(user)
    names = {graph.nodes[name].op: name for name in chain}
    if not {"Conv2D", "BatchToSpaceND"} <= set(names) or ("ExpandDims" in names) != ("Squeeze" in names):
        return False
    convolution, join = names["Conv2D"], names["BatchToSpaceND"]
    settings = [graph.constants.get(name) for name in graph.inputs(split)[1:] + graph.inputs(join)[1:]]
    node, weights = graph.nodes[convolution], graph.constants.get(graph.inputs(convolution)[1])
    if any(each is None for each in settings) or weights is None or node.attr["padding"].s != b"VALID":
        return False
    if list(node.attr["strides"].list.i) != [1, 1, 1, 1] or node.attr["data_format"].s != b"NHWC":
        return False
    rates, pads, joined, crops = (np.asarray(each) for each in settings)
    added = pads - crops
    needed = (np.array(weights.shape[:2])[-len(rates) :] - 1) * rates
    same = np.stack([needed // 2, needed - needed // 2], axis=1)
    if not np.array_equal(rates, joined) or not (np.array_equal(added, same) or not added.any()):
        return False
    node.attr["padding"].s = b"SAME" if added.any() else b"VALID"
    dilations = [1, *([1] * (2 - len(rates))), *map(int, rates), 1]
    node.attr["dilations"].list.i[:] = dilations
    graph.bypass(join, graph.inputs(join)[0])
    graph.bypass(split, graph.inputs(split)[0])
    return True
