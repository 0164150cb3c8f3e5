"""How often is a model right, and how often does it say what the float model says? The gate and the benchmark both
ask here, so that they cannot disagree."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits import Bundle, EdgeDigitsError
from edgedigits.bundle.predictions import decode_predictions
from edgedigits.engines.base import Engine, Images
from edgedigits.engines.open import open_engine
from edgedigits.errors import BenchError
from edgedigits_bench.accuracy.significance import mcnemar, wilson, worse
from edgedigits_data import Split

Digits = NDArray[Any]
# Told what is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]

CHUNK = 500


@dataclass(frozen=True)
class Questions:
    """What all artifacts of a bundle are asked.

    Attributes:
        labels: the right answers as class numbers, (N,).
        reference: the float model's, likewise.
        ask: gives an artifact's, from its name and its bytes.
    """

    labels: Digits
    reference: Digits
    ask: Callable[[str, bytes], Digits]


@dataclass(frozen=True)
class Evaluation:
    """How a model did on a data set.

    Attributes:
        images: how many there were.
        correct: how many it got right.
        accuracy: their share; `interval` is its 95 % confidence interval (Wilson).
        drop_pp: float accuracy minus this accuracy, in percentage points; negative where this one is better.
        agreement: the share of images for which both say the same, right or wrong.
        worst_class: the digit that it misses most often, with `worst_accuracy`.
        mcnemar_p: how likely so uneven a difference from the float model is by chance alone.
        lost: how many images only the float model gets right.
        won: how many images only this one gets right.
    """

    images: int
    correct: int
    accuracy: float
    interval: tuple[float, float]
    drop_pp: float
    agreement: float
    worst_class: int
    worst_accuracy: float
    mcnemar_p: float
    lost: int = 0
    won: int = 0

    @property
    def worse_p(self) -> float:
        """How likely chance alone loses so many more images than it wins: McNemar's exact one-sided test."""
        return worse(self.lost, self.won)


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def predict(engine: Engine, images: Images, what: str = "", progress: Progress = silent) -> Digits:
    """The likeliest class for each image.

    Args:
        engine: what runs the model.
        images: uint8 (N, height, width, channels); (N, height, width) will do for one channel.
        what: the name that progress is reported under.
        progress: told after every few hundred images.

    Returns:
        The classes' numbers, (N,).
    """
    levels = images if images.ndim == 4 else images[..., None]
    digits = np.empty(len(images), np.intp)
    for start in range(0, len(images), CHUNK):
        digits[start : start + CHUNK] = engine.run(levels[start : start + CHUNK]).argmax(axis=1)
        progress(what, min(start + CHUNK, len(images)), len(images))
    return digits


def evaluate(predictions: Digits, reference: Digits, labels: Digits) -> Evaluation:
    """Score a model's predictions against the truth and against the float model's, all class numbers (N,)."""
    right, reference_right = predictions == labels, reference == labels
    correct = int(right.sum())
    classes = np.unique(labels)
    recalls = [float(right[labels == digit].mean()) for digit in classes]
    worst = int(np.argmin(recalls))
    lost, won = int((reference_right & ~right).sum()), int((right & ~reference_right).sum())
    return Evaluation(
        images=len(labels),
        correct=correct,
        accuracy=correct / len(labels),
        interval=wilson(correct, len(labels)),
        drop_pp=100 * (int(reference_right.sum()) - correct) / len(labels),
        agreement=float((predictions == reference).mean()),
        worst_class=int(classes[worst]),
        worst_accuracy=recalls[worst],
        mcnemar_p=mcnemar(lost, won),
        lost=lost,
        won=won,
    )


def float_predictions(bundle: Bundle, split: Split, progress: Progress = silent) -> Digits:
    """What the float model says about each image.

    The exporter leaves the Keras model's own answers in the manifest, so that a device needs no TensorFlow to compare
    with them. Where they are missing, or were given for other images, the float artifact answers in its place.

    Returns:
        Class numbers, (N,).

    Raises:
        BenchError: if the bundle has neither the answers nor a float artifact that runs.
    """
    record = bundle.manifest.get("float")
    if isinstance(record, dict) and record.get("data_sha256") == split.sha256():
        answers = decode_predictions(record.get("predictions"), len(split), class_count(bundle))
        if answers is not None:
            return answers
    for artifact in ("float32.tflite", "float32.onnx"):
        try:
            engine = open_engine(artifact, bundle.read(artifact))
        except EdgeDigitsError:
            continue
        return predict(engine, split.images, f"{artifact}, as the float model", progress)
    raise BenchError(f"{bundle.path} has no float model's answers and no float32 artifact that runs; export it again")


def class_count(bundle: Bundle) -> int:
    """How many classes a bundle's model knows."""
    labels = bundle.manifest.get("labels")
    return len(labels) if isinstance(labels, list) and len(labels) > 1 else 10
