"""A bundle of one part of the page reader, which is no classifier of digits: a Keras model and its .tflite files."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.reading import Bundle
from edgedigits.bundle.writing import write_bundle
from edgedigits_export.formats.artifacts import describe
from edgedigits_export.formats.tflite import freeze, to_tflite

Precision = Literal["float16", "int8"]
ARTIFACTS: dict[str, Precision] = {"float16.tflite": "float16", "int8.tflite": "int8"}


def float_record(said: NDArray[np.uint8], right: NDArray[np.uint8]) -> dict[str, Any]:
    """What the float model answers to the gate's questions, so that a device without TensorFlow can compare with it.

    Args:
        said: its answers, uint8 (N,), each below 16.
        right: the right ones, likewise.
    """
    answers = "".join(f"{answer:x}" for answer in said)
    return {"accuracy": float(np.mean(said == right)), "questions": len(said), "answers": answers}


def export_part(
    name: str,
    model: Any,
    model_file: Path,
    destination: Path,
    calibration: NDArray[np.uint8],
    *,
    preprocessing: str,
    record: dict[str, Any],
    training: dict[str, Any] | None = None,
    force: bool = False,
) -> Bundle:
    """Write a bundle with the Keras model, and float16 and int8 artifacts.

    Args:
        name: the bundle's name.
        model: the Keras model to convert.
        model_file: the .keras file it came from.
        destination: the bundle's folder.
        calibration: images as it will see them, uint8 (N, height, width), of training digits.
        preprocessing: what the manifest says about where such images come from.
        record: the `float_record`.
        training: what the manifest says about how it was trained.
        force: replace a bundle that is already there.

    Raises:
        BundleError: if there is something in the way.
    """
    frozen = freeze(lambda image: model(image, training=False), (1, *calibration.shape[1:], 1))
    contents = {"model.keras": model_file.read_bytes()}
    for artifact, precision in ARTIFACTS.items():
        contents[artifact] = to_tflite(frozen, precision, calibration[..., None] if precision == "int8" else None)
    manifest = {
        "name": name,
        "licence": "MIT",
        "architecture": {"parameters": int(model.count_params())},
        "training": training or {},
        "preprocessing": preprocessing,
        "float": record,
        "files": {artifact: describe(artifact, contents[artifact]) for artifact in ARTIFACTS},
    }
    return write_bundle(destination, contents, manifest, force=force)
