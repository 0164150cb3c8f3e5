"""Rounds weights to 8 bits so that the errors of a layer's weights cancel out on what the layer sees.

The converters round each weight to the nearest step by itself. Here the weights of a channel are rounded one after
another, and those that are still to come make up for the error so far, as far as their inputs go together: optimal
brain quantization (Frantar and Alistarh 2022), in the fixed order of GPTQ (Frantar, Ashkboos, Hoefler and Alistarh
2023). What is left on average goes into the bias (Nagel et al. 2019, bias correction).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits_export.quantize.folding import Product, Values, bias_of, product_of, scale_given
from edgedigits_export.quantize.frozen_graph import FrozenGraph

# The steps on each side of zero, as in TensorFlow Lite: -128 is not used.
STEPS = 127
# Added to the diagonal of the inputs' second moments, as a share of its mean: calibration images are not everything.
DAMPING = 0.01
# So many neighbouring inputs make up for one another's errors; the work grows with the square of it.
BLOCK = 1024


def round_weights(frozen: Any, images: NDArray[Any], per_channel: bool = True) -> Any:
    """The same function with the weights of convolutions and matrix products on the grid that 8 bits can hold.

    The converters find them there: the largest weight of each channel stays what it is, so their scale is ours, and
    they have nothing left to round. Depthwise and grouped convolutions stay as they are.

    Args:
        frozen: a concrete function without variables, of one output and a fixed batch of one.
        images: what it will see, (N, *input shape without the batch).
        per_channel: one scale for each output channel of a weight instead of one for the whole tensor.

    Returns:
        A concrete function without variables.
    """
    graph = FrozenGraph(frozen)
    products = [found for name in list(graph.nodes) if (found := _dense_product(graph, name)) is not None]
    weights_of = {product.name: graph.inputs(product.name)[1] for product in products}
    moments = _moments(graph, products, weights_of, images)
    for product in products:
        seen = moments[weights_of[product.name]]
        weights = product.weights.reshape(-1, product.gives)
        rounded = rounded_to_grid(weights.T, seen.second(), grid(weights.T, per_channel)).T
        lost = seen.mean() @ (weights - rounded)
        rounded_product = replace(product, weights=rounded.reshape(product.weights.shape))
        scale_given(graph, rounded_product, bias_of(graph, product.name), np.ones(()), lost)
    return graph.function()


class Moments:
    """Mean and second moments of rows of inputs, the latter within blocks of neighbouring inputs."""

    def __init__(self, inputs: int, block: int = BLOCK) -> None:
        self._blocks = np.array_split(np.arange(inputs), -(-inputs // block))
        self._count, self._sum = 0, np.zeros(inputs)
        self._second = [np.zeros((len(each), len(each))) for each in self._blocks]
        self._waiting: list[Values] = []

    def add(self, rows: Values) -> None:
        """Take in rows (N, inputs)."""
        self._waiting.append(rows)
        # One product of many rows, since a Dense layer has only one of an image.
        if sum(map(len, self._waiting)) >= min(len(self._sum), BLOCK):
            self._take_in()

    def mean(self) -> Values:
        """The mean of each input (inputs,)."""
        self._take_in()
        mean: Values = self._sum / self._count
        return mean

    def second(self) -> list[Values]:
        """The mean products of two inputs for each block, (its inputs, its inputs)."""
        self._take_in()
        return [each / self._count for each in self._second]

    def _take_in(self) -> None:
        if not self._waiting:
            return
        rows = np.concatenate(self._waiting)
        self._waiting.clear()
        self._count, self._sum = self._count + len(rows), self._sum + rows.sum(axis=0)
        for block, second in zip(self._blocks, self._second, strict=True):
            second += rows[:, block].T @ rows[:, block]


def grid(weights: Values, per_channel: bool = True) -> Values:
    """The step (channels, 1) between two values that 8 bits can hold, for weights (channels, inputs)."""
    largest = np.abs(weights).max(axis=1, keepdims=True)
    step: Values = (largest if per_channel else np.full_like(largest, largest.max())) / STEPS
    return np.where(step > 0, step, 1.0)


def rounded_to_grid(weights: Values, second: Sequence[Values], step: Values) -> Values:
    """Round weights (channels, inputs) to multiples of `step` with little change of what they give.

    Args:
        weights: one row for each output channel.
        second: the second moments of each block of neighbouring inputs, (its inputs, its inputs).
        step: (channels, 1); no weight is more than `STEPS` of them.
    """
    rounded, start = np.empty_like(weights), 0
    # The largest weight of a channel sets its scale, and stays.
    largest = np.abs(weights) == np.abs(weights).max(axis=1, keepdims=True)
    for each in second:
        block = slice(start, start := start + len(each))
        rounded[:, block] = _block_on_grid(weights[:, block], each, step, largest[:, block])
    return rounded


def _block_on_grid(weights: Values, second: Values, step: Values, keep: NDArray[np.bool_]) -> Values:
    activity = np.diag(second)
    # The inputs that say most come first, while there are many left to make up for them.
    order = np.argsort(-activity, kind="stable")
    damped = second[np.ix_(order, order)] + np.eye(len(second)) * (DAMPING * activity.mean() + 1e-12)
    # Row i of this factor says how the weights after i make up for an error in i.
    makes_up = np.linalg.cholesky(np.linalg.inv(damped)).T
    left, keep = weights[:, order], keep[:, order]
    for i in range(len(order)):
        steps = np.clip(np.round(left[:, i] / step[:, 0]), -STEPS, STEPS)
        error = (left[:, i] - steps * step[:, 0]) / makes_up[i, i]
        left[:, i] = steps * step[:, 0]
        left[:, i + 1 :] -= np.where(keep[:, i + 1 :], 0, np.outer(error, makes_up[i, i + 1 :]))
    rounded = np.empty_like(left)
    rounded[:, order] = left
    return rounded


def _dense_product(graph: FrozenGraph, name: str) -> Product | None:
    """The node as a product in which every output sees all channels."""
    product = product_of(graph, name)
    if product is None or product.depthwise:
        return None
    channels = (graph.shapes[graph.inputs(name)[0]] or (0,))[-1]
    return product if channels == product.weights.shape[-2] else None


def _moments(
    graph: FrozenGraph, products: list[Product], weights_of: Mapping[str, str], images: NDArray[Any]
) -> dict[str, Moments]:
    """What each tensor of weights meets, in all the products that take it: they are to stay the same in all."""
    found = {weights_of[product.name]: Moments(product.weights[..., 0].size) for product in products}
    takers: dict[str, list[Product]] = {}
    for product in products:
        takers.setdefault(graph.inputs(product.name)[0], []).append(product)
    for source, output in graph.outputs(list(takers), images):
        for product in takers[source]:
            found[weights_of[product.name]].add(_patches(graph, product, output))
    return found


def _patches(graph: FrozenGraph, product: Product, taken: Any) -> Values:
    """What the weights of each output meet (outputs, inputs), in the order of the flat weights."""
    import tensorflow as tf

    if product.weights.ndim == 2:
        return np.asarray(taken, np.float64)
    node = graph.nodes[product.name]
    patches = tf.image.extract_patches(
        taken,
        sizes=[1, *product.weights.shape[:2], 1],
        strides=list(node.attr["strides"].list.i),
        rates=list(node.attr["dilations"].list.i) or [1, 1, 1, 1],
        padding=node.attr["padding"].s.decode(),
    )
    return np.asarray(patches, np.float64).reshape(-1, patches.shape[-1])
