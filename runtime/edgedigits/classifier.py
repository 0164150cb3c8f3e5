"""What digit is it? One artifact on its engine, from MNIST-form images or from pictures as people take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgedigits.bundle.reading import Bundle, load_bundle
from edgedigits.engines.open import open_engine
from edgedigits.errors import PictureError
from edgedigits.imaging.normalization import SIDE, to_image
from edgedigits.locks import busy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

DEFAULT_ARTIFACT = "int8.tflite"
UINT8 = np.dtype(np.uint8)
IMAGE_SHAPES = ((SIDE, SIDE), (SIDE, SIDE, 1))


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
            BundleError: if the bundle or the file in it is missing or damaged.
            EngineError: if the artifact's engine is not installed or refuses it.
        """
        self.bundle = bundle if isinstance(bundle, Bundle) else load_bundle(bundle)
        self.artifact = artifact
        self._engine = open_engine(artifact, self.bundle.read(artifact), threads)

    @property
    def engine(self) -> str:
        """The engine's name, as in "litert"."""
        return self._engine.name

    def probabilities(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Classify images in MNIST's own form.

        Args:
            batch: uint8 (N, 28, 28) or (N, 28, 28, 1), 0 = paper, 255 = ink.

        Returns:
            float32 (N, 10), rows summing to 1.

        Raises:
            PictureError: if the batch has another shape or dtype.
        """
        if not isinstance(batch, np.ndarray) or batch.dtype != UINT8 or batch.shape[1:] not in IMAGE_SHAPES:
            found = f"{batch.dtype} {batch.shape}" if isinstance(batch, np.ndarray) else type(batch).__name__
            raise PictureError(f"expected uint8 (N, 28, 28) in 0..255, got {found}; do not scale to 0..1")
        return self._engine.run(batch if batch.ndim == 4 else batch[..., None])

    def classify(self, pictures: Iterable[NDArray[Any]], top: int = 3) -> list[Prediction]:
        """Name the digit on each picture.

        Args:
            pictures: uint8, one digit each, any size, grey or BGR, ink dark or light.
            top: how many of the likeliest digits to report.

        Raises:
            PictureError: if one of them is not a picture.
        """
        with busy:
            images = [to_image(picture) for picture in pictures]
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
