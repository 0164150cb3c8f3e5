"""Any image classifier: one artifact of a bundle on its engine, from images or from pictures to classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgedigits.bundle.reading import Bundle, load_bundle
from edgedigits.engines.open import open_engine
from edgedigits.errors import PictureError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from edgedigits.engines.base import Form

DEFAULT_ARTIFACT = "int8.tflite"
UINT8 = np.dtype(np.uint8)


class Classification(NamedTuple):
    """What one picture shows.

    Attributes:
        label: the likeliest class's name.
        confidence: its probability, 0 to 1.
        top: the likeliest classes with their probabilities, best first.
    """

    label: str
    confidence: float
    top: list[tuple[str, float]]


class ImageClassifier:
    """Classifies images with one artifact of a bundle, whatever its classes; safe to use from several threads."""

    def __init__(self, bundle: str | Path | Bundle, artifact: str = DEFAULT_ARTIFACT, threads: int = 1) -> None:
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
        self.artifact, self._threads = artifact, threads
        self._engine = open_engine(artifact, self.bundle.read(artifact), threads)
        self.form = self._engine.form

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, it is the bundle's place and hashes, not the engine: the file is read and checked again."""
        return type(self), (self.bundle, self.artifact, self._threads)

    @property
    def engine(self) -> str:
        """The engine's name, as in "litert"."""
        return self._engine.name

    @property
    def labels(self) -> tuple[str, ...]:
        """What each probability stands for; the classes' numbers where the bundle has no names for them."""
        return labels_of(self.bundle, self.form.classes)

    def probabilities(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Classify images in the model's own form.

        Args:
            batch: uint8 (N, height, width, channels) in 0..255, colours in the order RGB; (N, height, width) will do
                for one channel.

        Returns:
            float32 (N, classes), rows summing to 1.

        Raises:
            PictureError: if the batch has another shape or dtype.
        """
        return self._engine.run(checked(batch, self.form))

    def classify(self, pictures: NDArray[Any] | Iterable[NDArray[Any]], top: int = 3) -> list[Classification]:
        """Name what each picture shows.

        Args:
            pictures: one picture or several: uint8, any size, grey, BGR or BGRA; each is resized to the model's form.
            top: how many of the likeliest classes to report.

        Raises:
            PictureError: if one of them is not a picture.
        """
        from edgedigits.imaging.resizing import to_form

        images = [to_form(picture, self.form.image) for picture in each_picture(pictures)]
        if not images:
            return []
        labels, found = self.labels, []
        for row in self.probabilities(np.stack(images)):
            order = np.argsort(-row, kind="stable")[:top]
            found.append(
                Classification(
                    labels[order[0]], float(row[order[0]]), [(labels[i], float(row[i])) for i in order.tolist()]
                )
            )
        return found


def labels_of(bundle: Bundle, classes: int) -> tuple[str, ...]:
    """The names of a bundle's classes, or their numbers."""
    labels = bundle.manifest.get("labels")
    if isinstance(labels, list) and len(labels) == classes:
        return tuple(map(str, labels))
    return tuple(map(str, range(classes)))


def checked(batch: NDArray[np.uint8], form: Form) -> NDArray[np.uint8]:
    """A batch as the engines take it, uint8 (N, height, width, channels).

    Raises:
        PictureError: if it is anything else.
    """
    height, width, channels = form.image
    shapes = (form.image, (height, width)) if channels == 1 else (form.image,)
    if not isinstance(batch, np.ndarray) or batch.dtype != UINT8 or batch.shape[1:] not in shapes:
        found = f"{batch.dtype} {batch.shape}" if isinstance(batch, np.ndarray) else type(batch).__name__
        raise PictureError(
            f"expected uint8 (N, {', '.join(map(str, shapes[-1]))}) in 0..255, got {found}; do not scale to 0..1"
        )
    return batch if batch.ndim == 4 else batch[..., None]


def each_picture(pictures: NDArray[Any] | Iterable[NDArray[Any]]) -> list[NDArray[Any]]:
    """Several pictures as they are, and one picture alone as a list of one.

    An array is one picture if it is (height, width), or if its third axis can be channels: 1, 3 or 4 of them.
    """
    if isinstance(pictures, np.ndarray) and (
        pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[2] in (1, 3, 4))
    ):
        return [pictures]
    return list(pictures)
