"""What digit is it? One artifact on its engine, from MNIST-form images or from pictures as people take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgedigits.bundle.reading import Bundle
from edgedigits.engines.base import DIGIT_FORM
from edgedigits.engines.locks import busy
from edgedigits.errors import BundleError
from edgedigits.image_classifier import DEFAULT_ARTIFACT as DEFAULT_ARTIFACT
from edgedigits.image_classifier import ImageClassifier, each_picture
from edgedigits.imaging.normalization import to_image

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

DIGITS = tuple("0123456789")


class Prediction(NamedTuple):
    """What one picture shows.

    Attributes:
        digit: 0 to 9, or None for what is not a digit.
        confidence: the likeliest digit's probability, 0 to 1.
        top: the likeliest digits with their probabilities, best first; also where `digit` is None.
    """

    digit: int | None
    confidence: float
    top: list[tuple[int, float]]


class DigitClassifier:
    """Names single digits with one artifact of a bundle; safe to use from several threads."""

    def __init__(
        self, bundle: str | Path | Bundle = "edge", artifact: str = DEFAULT_ARTIFACT, threads: int = 1
    ) -> None:
        """Load an artifact.

        Args:
            bundle: a bundle's folder, the name of a shipped one, or one that is loaded already.
            artifact: the file of the bundle to run.
            threads: CPU threads for one image.

        Raises:
            BundleError: if the bundle or the file in it is missing or damaged, or its model is none of digits in
                MNIST's form.
            EngineError: if the artifact's engine is not installed or refuses it.
        """
        self._classifier = ImageClassifier(bundle, artifact, threads)
        self.bundle, self.artifact = self._classifier.bundle, artifact
        form, labels = self._classifier.form, self._classifier.labels
        if form != DIGIT_FORM or labels != DIGITS:
            raise BundleError(
                f"{self.bundle.folder} is no digit model: it takes {'x'.join(map(str, form.image))} and knows "
                f"{form.classes} classes, {', '.join(labels[:3])} ...; use edgedigits.ImageClassifier"
            )

    @property
    def engine(self) -> str:
        """The engine's name, as in "litert"."""
        return self._classifier.engine

    def probabilities(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Classify images in MNIST's own form.

        Args:
            batch: uint8 (N, 28, 28) or (N, 28, 28, 1), 0 = paper, 255 = ink.

        Returns:
            float32 (N, 10), rows summing to 1.

        Raises:
            PictureError: if the batch has another shape or dtype.
        """
        return self._classifier.probabilities(batch)

    def classify(self, pictures: NDArray[Any] | Iterable[NDArray[Any]], top: int = 3) -> list[Prediction]:
        """Name the digit on each picture.

        Args:
            pictures: one picture or several: uint8, one digit each, any size, grey or BGR, ink dark or light.
            top: how many of the likeliest digits to report.

        Raises:
            PictureError: if one of them is not a picture.
        """
        with busy:
            images = [to_image(picture) for picture in each_picture(pictures)]
        return self.predict(np.stack(images), top) if images else []

    def predict(self, images: NDArray[np.uint8], top: int = 3) -> list[Prediction]:
        """Name the digit on each image, uint8 (N, 28, 28); what is empty or too unlikely is no digit."""
        predictions = []
        for image, row in zip(images, self.probabilities(images), strict=True):
            order = np.argsort(-row, kind="stable")[:top]
            confidence = float(row[order[0]])
            accepted = confidence >= self.bundle.reject_below and bool(image.any())
            digit = int(order[0]) if accepted else None
            predictions.append(Prediction(digit, confidence, [(int(i), float(row[i])) for i in order]))
        return predictions
