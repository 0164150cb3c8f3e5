"""The bundle of the network that looks at what stands around a find."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.reading import Bundle
from edgedigits.reading.finds import answers, finds_of
from edgedigits.reading.surroundings import BUNDLE, statement
from edgedigits_data.synthetic.stored_views import gate_views
from edgedigits_export.reader.part import export_part, float_record


def export_surroundings(
    model_file: Path,
    destination: Path,
    calibration: NDArray[np.uint8],
    training: dict[str, Any] | None = None,
    force: bool = False,
) -> Bundle:
    """Write the bundle: the Keras model, and float16 and int8 artifacts.

    Args:
        model_file: the trained model, a .keras file.
        destination: the bundle's folder.
        calibration: finds on pages of training digits, uint8 (N, 32, 32).
        training: what the manifest says about how it was trained.
        force: replace a bundle that is already there.

    Raises:
        BundleError: if there is something in the way.
    """
    import keras

    model = keras.saving.load_model(model_file)
    images, names = finds_of(gate_views().questions())
    said = answers(statement(np.asarray(model.predict(images[..., None].astype(np.float32), verbose=0))))
    return export_part(
        BUNDLE,
        model,
        model_file,
        destination,
        calibration,
        preprocessing="edgedigits.reading.surroundings.surroundings",
        record=float_record(said, names),
        training=training,
        force=force,
    )
