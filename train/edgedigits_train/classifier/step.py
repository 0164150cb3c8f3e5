"""One training step, compiled: gradient, update, moving average of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edgedigits.errors import TrainError
from edgedigits.files.opening import check_unpacked
from edgedigits_train.classifier import architectures
from edgedigits_train.classifier.workers import Workers
from edgedigits_train.settings import TrainSettings

MAX_MODEL_BYTES = 2_000_000_000
Step = Callable[[Any, Any, Any], tuple[Any, Any]]


def on_gpu() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))


@contextmanager
def precision(settings: TrainSettings) -> Iterator[None]:
    """Half precision for the layers built inside, where a GPU gains from it or the settings ask for it."""
    before = keras.config.dtype_policy()
    if on_gpu():
        keras.config.set_dtype_policy("mixed_float16")
    elif settings.bfloat16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def make_optimizer(settings: TrainSettings, steps: int, workers: Workers) -> keras.optimizers.Optimizer:
    """Adam, or AdamW where the settings ask for decay, over `steps` steps in all."""
    rate: Any = settings.learning_rate
    if settings.schedule == "cosine":
        warm_up = max(1, steps // 10)
        rate = keras.optimizers.schedules.CosineDecay(
            settings.learning_rate / 25,
            decay_steps=max(1, steps - warm_up),
            warmup_target=settings.learning_rate,
            warmup_steps=warm_up,
        )
    with workers.strategy.scope():
        if not settings.weight_decay:
            return keras.optimizers.Adam(rate)
        optimizer = keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)
        # Decay draws kernels to zero; for the scales and offsets of a normalization zero is no natural place.
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
        return optimizer


def make_step(
    model: keras.Model,
    averaged: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    settings: TrainSettings,
    workers: Workers,
) -> Step:
    """A compiled function of each replica's images (B, 28, 28, 1) and target probabilities (B, 10), and of all rows.

    It trains `model`, moves `averaged` toward it, and returns over all replicas: the mean loss, and how many digits
    have the likeliest digit of their target. `averaged` may be `model` itself.
    """
    if on_gpu():
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    with workers.strategy.scope():
        optimizer.build(model.trainable_variables)

    def replica_step(images: Any, wanted: Any, rows: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            probabilities = model(tf.cast(images, tf.float32), training=True)
            losses = keras.losses.categorical_crossentropy(wanted, probabilities)
            # The optimizer adds up the gradients of all replicas.
            loss = tf.reduce_sum(losses) / tf.cast(rows, tf.float32)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        right = (tf.argmax(probabilities, 1) == tf.argmax(wanted, 1)) & (tf.reduce_max(wanted, 1) > 0.5)
        return loss, tf.reduce_sum(tf.cast(right, tf.int32))

    def step(images: Any, wanted: Any, rows: Any) -> tuple[Any, Any]:
        loss, right = workers.strategy.run(replica_step, (images, wanted, rows))
        if averaged is not model:
            # A young average must not remember the random start: it begins as a plain mean.
            age = tf.cast(optimizer.iterations, tf.float32)
            decay = tf.minimum(settings.averaging, age / (age + 10.0))
            for slow, fast in zip(averaged.weights, model.weights, strict=True):
                slow.assign(slow + (tf.cast(fast, slow.dtype) - slow) * (1.0 - decay))
        total = tf.distribute.ReduceOp.SUM
        return workers.strategy.reduce(total, loss, axis=None), workers.strategy.reduce(total, right, axis=None)

    compiled: Step = tf.function(step, jit_compile=on_gpu() and workers.count == 1, reduce_retracing=True)
    return compiled


def make_models(settings: TrainSettings, workers: Workers) -> tuple[keras.Model, keras.Model]:
    """The network that is trained, and the one that is validated and saved: always float32, maybe the same."""
    keras.utils.set_random_seed(settings.seed)
    with workers.strategy.scope():
        with precision(settings):
            model = architectures.build(settings.model)
        if settings.from_model:
            start_from(model, Path(settings.from_model))
        if not settings.averaging and not settings.bfloat16 and not on_gpu():
            return model, model
        averaged = architectures.build(settings.model)
        averaged.set_weights(model.get_weights())
        return model, averaged


def start_from(model: keras.Model, path: Path) -> None:
    """Give `model` the weights of `path`, a bundle's or run's folder or a .keras file.

    Raises:
        TrainError: if that holds another network.
    """
    known = load_digit_model(path)
    if [weights.shape for weights in known.weights] != [weights.shape for weights in model.weights]:
        raise TrainError(f"{path} is not a {model.name}; name its model with --model")
    model.set_weights(known.get_weights())


def load_digit_model(path: Path) -> keras.Model:
    """The model of a bundle's or run's folder, or of a .keras file.

    Raises:
        TrainError: if that is no Keras model from images of digits to ten probabilities.
    """
    path = path / "model.keras" if path.is_dir() else path
    try:
        check_unpacked(path, MAX_MODEL_BYTES)
        loaded = keras.models.load_model(path, compile=False)
        shapes = tuple(loaded.input_shape), tuple(loaded.output_shape)
    except Exception as error:  # Keras, zipfile and h5py each raise their own
        raise TrainError(f"{path} is no Keras model ({str(error).splitlines()[0]}); give a run's folder") from error
    if shapes != ((None, 28, 28, 1), (None, 10)):
        raise TrainError(f"{path} maps {shapes[0]} to {shapes[1]}, not images (28, 28, 1) to 10 digits; give another")
    return loaded


def forward(model: keras.Model) -> Callable[[Any], Any]:
    """A compiled function from images (B, 28, 28, 1) of any type to probabilities (B, 10)."""
    compiled: Callable[[Any], Any] = tf.function(
        lambda images: model(tf.cast(images, tf.float32), training=False), reduce_retracing=True
    )
    return compiled


def predict(model: keras.Model, images: NDArray[np.uint8], batch_size: int = 500) -> NDArray[np.float32]:
    """Probabilities (N, 10) of images (N, 28, 28) or (N, 28, 28, 1)."""
    images = images.reshape(-1, 28, 28, 1)
    ask = forward(model)
    parts = [ask(tf.constant(images[i : i + batch_size])).numpy() for i in range(0, len(images), batch_size)]
    return np.concatenate(parts) if parts else np.zeros((0, 10), np.float32)
