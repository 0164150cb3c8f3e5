"""The detector's bundle: what the page reader ships with."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.reading import Bundle
from edgedigits.reading.detection import SURE, answers, right_answers
from edgedigits.reading.detector import BUNDLE, GAIN, MIDDLE, SIZE, Found, decode, flatten, without_doubles
from edgedigits_data.synthetic.stored_views import CUT, TURNED, UPRIGHT, gate_views
from edgedigits_export.reader.part import export_part, float_record


def export_detector(
    model_file: Path,
    destination: Path,
    calibration: NDArray[np.uint8],
    training: dict[str, Any] | None = None,
    force: bool = False,
) -> Bundle:
    """Write the detector's bundle: the Keras model, and float16 and int8 artifacts that take a picture of any size.

    Args:
        model_file: the trained model, a .keras file made by `edgedigits_train`, whose custom layer the caller has
            imported.
        destination: the bundle's folder.
        calibration: flattened views, uint8 (N, height, width), of training digits.
        training: what the manifest says about how it was trained.
        force: replace a bundle that is already there.

    Raises:
        BundleError: if there is something in the way.
    """
    import keras

    model = keras.saving.load_model(model_file)
    _amplify_boxes(model)
    return export_part(
        BUNDLE,
        model,
        model_file,
        destination,
        calibration,
        preprocessing="edgedigits.reading.detector.flatten; height and width are any multiples of 16",
        record=_answers(model),
        training=training,
        force=force,
    )


def _amplify_boxes(model: Any) -> None:
    """Give the box's channels the range of the logits, by the last layer's weights: `decode` takes it back."""
    layer = model.get_layer("found")
    gains = np.ones(layer.bias.shape[0], np.float32)
    gains[[*range(*MIDDLE.indices(len(gains))), *range(*SIZE.indices(len(gains)))]] = GAIN
    layer.set_weights([weights * gains for weights in layer.get_weights()])


def _answers(model: Any) -> dict[str, Any]:
    """What the Keras model finds on the gate's views."""
    views = gate_views()

    def find(image: NDArray[np.uint8]) -> Found:
        answer = model(flatten(image)[None, ..., None].astype(np.float32), training=False)
        return without_doubles(decode(np.asarray(answer[0], np.float32), SURE))

    said = answers(find, views.images, views.places(UPRIGHT), views.places(TURNED, CUT))
    return float_record(said, right_answers(views.names()))
