"""A Keras model held to the pixel contract: levels 0 to 255 in, probabilities out."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.base import DIGIT_FORM, Form

if TYPE_CHECKING:
    import keras

# Of one image of a digit model.
INPUT_SHAPE = (1, *DIGIT_FORM.image)


@dataclass(frozen=True)
class Network:
    """A model that fits the pixel contract.

    Attributes:
        model: takes float32 (N, *form.image) in 0..255, gives float32 (N, form.classes) with rows summing to 1.
        form: its images' height, width and channels, and the number of classes.
        saveable: whether Keras can save it.
        notes: what had to be put around the model that was given, in words.
    """

    model: keras.Model
    form: Form
    saveable: bool = True
    notes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """Of one image: 1, height, width, channels."""
        return (1, *self.form.image)

    def __call__(self, image: Any) -> Any:
        """The probabilities of a tensor of images, as at inference: no dropout, no augmentation."""
        return self.model(image, training=False)

    def probabilities(self, images: NDArray[np.uint8], batch: int = 500) -> NDArray[np.float32]:
        """Classify uint8 (N, height, width, channels) into float32 (N, classes)."""
        import tensorflow as tf

        call = tf.function(self.__call__)
        pieces = [
            call(tf.constant(images[i : i + batch].astype(np.float32))).numpy() for i in range(0, len(images), batch)
        ]
        return np.concatenate(pieces)

    def architecture(self) -> dict[str, Any]:
        """Parameters and layers, for the manifest."""
        layers = [{"name": layer.name, "type": type(layer).__name__} for layer in self.model.layers]
        return {"parameters": int(self.model.count_params()), "layers": layers}

    def keras_file(self) -> bytes:
        """The model as a .keras file without optimizer state; the same model gives the same bytes."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            self.model.save(path, include_optimizer=False)
            return _timeless(path.read_bytes())


def _timeless(archive: bytes) -> bytes:
    """A .keras file without the times at which it and its members were made."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            content = old.read(member)
            if member == "metadata.json":
                content = json.dumps(json.loads(content) | {"date_saved": "1980-01-01@00:00:00"}).encode()
            new.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
