"""Gives the channels between two layers like ranges, before a converter rounds all of them by one scale to 8 bits.

A channel may be strengthened and the next layer's weights for it weakened by as much: with ReLU between, the function
stays the same. Nagel, van Baalen, Blankevoort and Welling 2019 ("Data-Free Quantization Through Weight Equalization and
Bias Correction") even out weights so. Here weights have a scale for each channel they give, and what suffers from one
strong channel is activations; so their ranges count more, as Xiao et al. 2022 ("SmoothQuant") weigh them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits_export.quantize.folding import Product, Values, bias_of, passes, product_of, scale_given, take_in
from edgedigits_export.quantize.frozen_graph import FrozenGraph

# How much of the unevenness activations hand to the next layer's weights. The exponents of both sum to 1, so that it
# makes no difference how strong the channels were before; docs/research/export.md has what other shares give.
SHARE = 0.75
# A channel that hardly ever speaks, or is hardly listened to, counts as this share of the strongest.
FAINTEST = 1e-3
# Strengthened by a positive number before or behind them, these give the same.
HOMOGENEOUS = ("Relu", "LeakyRelu")


@dataclass(frozen=True)
class Link:
    """Two products with an activation and perhaps reshapes or poolings between; all by their nodes' names."""

    before: str
    activation: str
    after: str


def equalize(frozen: Any, images: NDArray[Any]) -> Any:
    """The same function with channels of like ranges wherever two layers of weights have nothing but a ReLU between.

    Args:
        frozen: a concrete function without variables, of one output and a fixed batch of one.
        images: what it will see, (N, *input shape without the batch); they show how far each channel goes.

    Returns:
        A concrete function without variables.
    """
    graph = FrozenGraph(frozen)
    links = [link for name in list(graph.nodes) if (link := _link(graph, name)) is not None]
    highest = {link.activation: np.zeros((graph.shapes[link.activation] or ())[-1]) for link in links}
    for name, output in graph.outputs(list(highest), images):
        highest[name] = np.maximum(highest[name], output.numpy().max(axis=tuple(range(output.ndim - 1))))
    for link in links:
        before, after = product_of(graph, link.before), product_of(graph, link.after)
        if before is None or after is None:
            continue
        strength = _audible(highest[link.activation])
        weight = _audible(_weight_of(after, before.gives))
        if not strength.all() or not weight.all():
            continue  # nothing was seen there
        factor = weight ** (1 - SHARE) / strength**SHARE
        scale_given(graph, before, bias_of(graph, link.before), factor, np.zeros(()))
        take_in(graph, after, np.tile(1 / factor, after.weights.shape[-2] // before.gives), np.zeros(()))
    return graph.function()


def _link(graph: FrozenGraph, name: str) -> Link | None:
    """The link that starts at a node, if one does."""
    before = product_of(graph, name)
    if before is None or graph.is_shared(name):
        return None
    biased = bias_of(graph, name)
    activation = graph.only_user(biased.name if biased else name)
    while activation is not None and graph.nodes[activation].op in ("Squeeze", "ExpandDims"):
        activation = graph.only_user(activation)
    if activation is None or graph.nodes[activation].op not in HOMOGENEOUS:
        return None
    ones, nothing = np.ones(before.gives), np.zeros(())
    user = graph.only_user(activation)
    while user is not None and product_of(graph, user) is None:
        if not graph.shapes.get(user) or not passes(graph, user, ones, nothing):
            return None
        user = graph.only_user(user)
    after = None if user is None else product_of(graph, user)
    if user is None or after is None or graph.is_shared(user) or after.weights.shape[-2] % before.gives:
        return None
    return Link(name, activation, user)


def _audible(channels: Values) -> Values:
    audible: Values = np.maximum(channels, FAINTEST * channels.max())
    return audible


def _weight_of(after: Product, channels: int) -> Values:
    """The largest weight that each of so many channels meets in the product that takes them."""
    by_input = np.abs(np.moveaxis(after.weights, -2, 0)).reshape(after.weights.shape[-2], -1).max(axis=1)
    largest: Values = by_input.reshape(-1, channels).max(axis=0)
    return largest
