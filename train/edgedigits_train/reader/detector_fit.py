"""Trains the detector on stored views, for a given number of passes over them."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edgedigits_data.synthetic.stored_views import SIDE, VIEWS, load_views
from edgedigits_train.classifier.batches import prefetch
from edgedigits_train.reader.detector import Targets, build_detector, loss, make_targets

BATCH = 16
Flatten = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]


def fit_detector(
    files: Iterable[Path],
    count: int,
    flatten: Flatten,
    out: Path,
    passes: int = 3,
    rate: float = 2e-3,
    seed: int = 0,
    start: Path | None = None,
    report: Callable[[int, int, float], None] = lambda *_: None,
) -> keras.Model:
    """Train the detector, and save it to `out` after every file and at the end.

    Args:
        files: files of views, of training digits; they may still be in the making, and are made while others are seen.
        count: how many files there will be.
        flatten: what a picture goes through before the network sees it, as `edgedigits.reading.detector.flatten`;
            given by the caller, since training knows nothing of the runtime.
        out: where the model is saved, a .keras file.
        passes: how often every view is seen.
        rate: the highest learning rate; it falls to zero along a cosine.
        seed: of weights, order and noise.
        start: a model to go on from.
        report: called after every step with the step, how many there are, and the loss.
    """
    keras.utils.set_random_seed(seed)
    model = keras.saving.load_model(start) if start else build_detector(SIDE, SIDE)
    optimizer = keras.optimizers.Adam(rate)

    @tf.function  # type: ignore[untyped-decorator]
    def step(image: tf.Tensor, heat: tf.Tensor, box: tf.Tensor, digit: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            error = loss(heat, box, digit, model(image, training=True))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(error, model.trainable_variables), 5.0)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return error

    random = np.random.default_rng(seed)
    done, steps = 0, passes * count * (VIEWS // BATCH)
    for file in _in_turn(files, passes, random):
        for batch in prefetch(batches(file, flatten, random)):
            warm = min(1.0, (done + 1) / min(100, steps / 10))
            optimizer.learning_rate = rate * warm * (0.5 + 0.5 * np.cos(np.pi * done / steps)) + 1e-6
            error = float(step(*batch))
            done += 1
            report(done, steps, error)
        model.save(out)
    return model


def _in_turn(files: Iterable[Path], passes: int, random: np.random.Generator) -> Iterator[Path]:
    """Each file once a pass, first in the order they are made, then in random order."""
    seen = []
    for file in prefetch(files):
        seen.append(file)
        yield file
    for _ in range(passes - 1):
        yield from (seen[i] for i in random.permutation(len(seen)))


def batches(file: Path, flatten: Flatten, random: np.random.Generator) -> Iterator[Batch]:
    """One file's views in random order, some with more noise or less focus than they were made with."""
    views = load_views(file)
    targets: Targets = make_targets(views.boxes, SIDE)
    order = random.permutation(len(views.images))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        which = order[start : start + BATCH]
        images = np.stack([flatten(_disturbed(views.images[i], random)) for i in which])[..., None]
        yield (
            images.astype(np.float32),
            targets.heat[which].astype(np.float32),
            targets.box[which].astype(np.float32),
            targets.digit[which].astype(np.int32),
        )


def _disturbed(image: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    luck = random.random()
    if luck < 0.15:
        noisy = image + random.normal(0, random.uniform(0, 5), image.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)
    if luck < 0.23:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 1.0)), np.uint8)
    return image
