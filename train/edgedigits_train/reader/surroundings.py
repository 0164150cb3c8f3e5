"""The network that looks at a find with what stands around it, and how it is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from edgedigits_data.synthetic.crops import NO_DIGIT
from edgedigits_train.classifier.architectures import Conv, convolved
from edgedigits_train.classifier.batches import prefetch

SIDE = 32
SHAPE = (Conv(8, 5, 2), Conv(24, 3, 2), Conv(32), Conv(56, 3, 2), Conv(56, padding="valid"))
DROPOUT = 0.2
BATCH, RATE, DECAY = 128, 4e-3, 0.02
Images = NDArray[np.uint8]
Batch = tuple[NDArray[np.float32], NDArray[np.int32]]


def build_surroundings() -> keras.Model:
    """An untrained network from grey levels `image` (N, 32, 32, 1) to logits `said` (N, 11): a digit? And which?"""
    image, features = convolved(SIDE, SHAPE, DROPOUT)
    return keras.Model(image, layers.Dense(11, name="said")(features), name="surroundings")


def fit_surroundings(
    images: Images,
    names: NDArray[np.int32],
    epochs: int,
    seed: int = 0,
    report: Callable[[int, int, float], None] = lambda *_: None,
) -> keras.Model:
    """Train the network.

    Args:
        images: uint8 (N, 32, 32), as `edgedigits.reading.surroundings.surroundings` makes them.
        names: int32 (N,), which digit is in the middle of an image, or `NO_DIGIT`.
        epochs: how often each is seen, each time moved and lit a little differently.
        seed: of weights, order and changes.
        report: called after every step with the step, how many there are, and the loss.
    """
    keras.utils.set_random_seed(seed)
    model = build_surroundings()
    steps = epochs * (len(images) // BATCH)
    warm = max(1, steps // 20)
    rate = keras.optimizers.schedules.CosineDecay(RATE / 25, steps - warm, warmup_target=RATE, warmup_steps=warm)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=DECAY)
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(shown: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        digit = tf.cast(wanted != NO_DIGIT, tf.float32)
        with tf.GradientTape() as tape:
            said = model(shown, training=True)
            named = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(wanted == NO_DIGIT, 0, wanted), said[:, 1:])
            error = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(digit, said[:, 0]) + digit * named)
        gradients = tape.gradient(error, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return error

    random = np.random.default_rng(seed)
    for done, batch in enumerate(prefetch(_batches(images, names, epochs, random)), 1):
        report(done, steps, float(step(*batch)))
    return model


def _batches(images: Images, names: NDArray[np.int32], epochs: int, random: np.random.Generator) -> Iterator[Batch]:
    for _ in range(epochs):
        order = random.permutation(len(images))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            which = order[start : start + BATCH]
            yield _disturbed(images[which], random)[..., None], names[which]


def _disturbed(images: Images, random: np.random.Generator) -> NDArray[np.float32]:
    """Boxes a little off, and other light and paper than the pages' own."""
    count, middle = len(images), (SIDE - 1) / 2
    moved = np.empty((count, SIDE, SIDE), np.float32)
    zoom, shift = np.exp(random.normal(0, 0.07, count)), random.normal(0, 0.7, (count, 2))
    for i, image in enumerate(images):
        turn = np.array(
            [[zoom[i], 0, middle * (1 - zoom[i]) + shift[i, 0]], [0, zoom[i], middle * (1 - zoom[i]) + shift[i, 1]]]
        )
        moved[i] = cv2.warpAffine(image, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    soft = np.flatnonzero(random.random(count) < 0.15)
    for chosen in soft:
        moved[chosen] = cv2.GaussianBlur(moved[chosen], (0, 0), random.uniform(0.4, 1.0))
    contrast = np.exp(random.normal(0, 0.12, (count, 1, 1)))
    lit = (moved - 128) * contrast + 128 + random.normal(0, 6, (count, 1, 1))
    noise = random.uniform(0, 10, (count, 1, 1)) * (random.random((count, 1, 1)) < 0.25)
    lit += noise * random.standard_normal((count, SIDE, SIDE), np.float32)
    return np.clip(lit, 0, 255).astype(np.float32)
