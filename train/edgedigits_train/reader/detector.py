"""The network that finds digits on a page: fully convolutional, one answer for each 4x4 pixels.

After "Objects as Points" (Zhou, Wang and Krähenbühl, 2019): a heatmap whose peaks are the digits' middles, and at each
peak the box. It also says which digit it takes it for, which a classifier's vote is the better for.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

STRIDE = 4
# What the last axis of the output holds: heat, middle (x, y), size (width, height), then the ten digits.
HEAT, MIDDLE, SIZE, DIGITS = 0, slice(1, 3), slice(3, 5), slice(5, 15)
OUTPUTS = 15
# The middle is given in these pixels from the cell's own middle, the size as the logarithm of a multiple of it.
UNIT = 16.0
# Smaller than this, in pixels, a digit cannot be told from a speck: neither asked for nor punished.
SMALLEST = 8.0

layers: Any = keras.layers


@keras.saving.register_keras_serializable("edgedigits")
class DepthToSpace(keras.layers.Layer):  # type: ignore[misc]
    """Every four channels become 2x2 pixels.

    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural
    network", 2016. Unlike a resize it has no size of its own: the exported model takes a picture of any size.
    """

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.depth_to_space(x, 2)


def build_detector(
    height: int | None = None, width: int | None = None, channels: tuple[int, int, int, int] = (8, 16, 64, 128)
) -> keras.Model:
    """The detector, untrained.

    Args:
        height, width: the input's size, multiples of 16; None leaves it free.
        channels: how many there are at strides 2, 4, 8 and 16.

    Returns:
        a model from flattened grey levels (N, height, width, 1), 0..255, to (N, height / 4, width / 4, OUTPUTS):
        logits of heat and digits, and the box.
    """
    at2, at4, at8, at16 = channels
    head = 32
    image = keras.Input((height, width, 1), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = _convolve(x, at2, 5, strides=2)
    x = _convolve(x, at4, 3, strides=2)
    fine = _residual(x)
    x = _separable(fine, at8, strides=2)
    middle = _residual(_residual(x))
    x = _separable(middle, at16, strides=2)
    for _ in range(3):
        x = _residual(x)
    x = _separable(layers.Add()([_convolve(middle, head, 1), DepthToSpace()(_convolve(x, 4 * head, 1))]), head)
    x = _separable(layers.Add()([_convolve(fine, head, 1), DepthToSpace()(_convolve(x, 4 * head, 1))]), head)
    # Heat starts out rare: the bias of Lin et al., "Focal Loss for Dense Object Detection", 2017.
    bias = np.zeros(OUTPUTS, np.float32)
    bias[HEAT] = -4.6
    output = layers.Conv2D(OUTPUTS, 1, bias_initializer=keras.initializers.Constant(bias.tolist()), name="found")(x)
    return keras.Model(image, output, name="detector")


def _convolve(x: tf.Tensor, filters: int, kernel: int, strides: int = 1) -> tf.Tensor:
    x = layers.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _separable(x: tf.Tensor, filters: int, strides: int = 1) -> tf.Tensor:
    x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    return _convolve(x, filters, 1)


def _residual(x: tf.Tensor) -> tf.Tensor:
    return layers.Add()([x, _separable(x, x.shape[-1])])


@dataclass(frozen=True)
class Targets:
    """What a page should make the detector say; the first axis is pages, the next two are the output's cells.

    Attributes:
        heat: float16 (N, h, w), 1 at a digit's middle, falling off around it; -1 where nothing is asked.
        box: float16 (N, h, w, 4), middle and size in the output's units, where heat is over a half.
        digit: int8 (N, h, w), -1 where there is none or it must not be told.
    """

    heat: NDArray[np.float16]
    box: NDArray[np.float16]
    digit: NDArray[np.int8]


def make_targets(boxes: NDArray[np.float32], side: int) -> Targets:
    """Turn boxes into targets.

    Args:
        boxes: (N, most, 6): x, y, width, height, digit, kind; kind is 1 for a digit, 2 for one that lies on its side
            (find it, do not name it), -1 for one the picture's edge cuts, 0 for none.
        side: the pages' height and width.
    """
    cells = side // STRIDE
    heat = np.zeros((len(boxes), cells, cells), np.float16)
    box = np.zeros((len(boxes), cells, cells, 4), np.float16)
    digit = np.full((len(boxes), cells, cells), -1, np.int8)
    for page, rows in enumerate(boxes):
        for row in rows[rows[:, 5] != 0]:
            _mark(heat[page], box[page], digit[page], row)
    return Targets(heat, box, digit)


def _mark(
    heat: NDArray[np.float16], box: NDArray[np.float16], digit: NDArray[np.int8], row: NDArray[np.float32]
) -> None:
    x, y, width, height, label, kind = (float(v) for v in row)
    left, top = max(int(x / STRIDE), 0), max(int(y / STRIDE), 0)
    right, bottom = int(np.ceil((x + width) / STRIDE)), int(np.ceil((y + height) / STRIDE))
    area = (slice(top, bottom), slice(left, right))
    if kind < 0 or max(width, height) < SMALLEST:
        heat[area] = np.where(heat[area] > 0.5, heat[area], -1)
        return
    # Cell centres, in pixels.
    xs = (np.arange(left, right)[: heat.shape[1]] + 0.5) * STRIDE
    ys = (np.arange(top, bottom)[: heat.shape[0]] + 0.5) * STRIDE
    middle = (x + width / 2, y + height / 2)
    across, down = (xs - middle[0]) / max(0.15 * width, 2.6), (ys - middle[1]) / max(0.15 * height, 2.6)
    bump = np.exp(-0.5 * (across[None, : heat[area].shape[1]] ** 2 + down[: heat[area].shape[0], None] ** 2))
    bump = (bump / max(float(bump.max()), 1e-6)).astype(np.float16)
    closer = bump > heat[area]
    heat[area] = np.where(closer, bump, heat[area])
    core = closer & (bump > 0.5)
    offset_x = np.broadcast_to((middle[0] - xs)[None, : bump.shape[1]] / UNIT, bump.shape)
    offset_y = np.broadcast_to((middle[1] - ys)[: bump.shape[0], None] / UNIT, bump.shape)
    size = np.broadcast_to(np.log(np.array([max(width, 2.0), max(height, 2.0)]) / UNIT), (*bump.shape, 2))
    box[area][core] = np.concatenate([offset_x[core][:, None], offset_y[core][:, None], size[core]], axis=1)
    digit[area][core] = int(label) if kind == 1 else -1


def loss(heat: tf.Tensor, box: tf.Tensor, digit: tf.Tensor, found: tf.Tensor) -> tf.Tensor:
    """Objects as Points' focal loss for heat, absolute error for boxes, cross-entropy for digits; one number."""
    logit = found[..., HEAT]
    probability = tf.clip_by_value(tf.sigmoid(logit), 1e-4, 1 - 1e-4)
    peak, asked = tf.cast(heat > 0.99, tf.float32), tf.cast(heat >= 0, tf.float32)
    hit = -tf.math.log(probability) * (1 - probability) ** 2 * peak
    false = -tf.math.log(1 - probability) * probability**2 * (1 - tf.abs(heat)) ** 4 * (1 - peak) * asked
    digits = tf.maximum(tf.reduce_sum(peak), 1.0)
    core = tf.cast(heat > 0.5, tf.float32)
    error = tf.reduce_sum(tf.abs(found[..., 1:5] - box), axis=-1) * core
    named = tf.cast(digit >= 0, tf.float32)
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(digit, 0), found[..., DIGITS]) * named
    return (
        tf.reduce_sum(hit + false) / digits
        + tf.reduce_sum(error) / tf.maximum(tf.reduce_sum(core), 1.0)
        + 0.5 * tf.reduce_sum(entropy) / tf.maximum(tf.reduce_sum(named), 1.0)
    )
