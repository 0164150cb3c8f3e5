"""From a Keras model to a bundle: everything is converted and proved in memory, then written at once."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits._version import __version__
from edgedigits.bundle import Bundle, write_bundle
from edgedigits.engines import open_engine
from edgedigits_data import Split, load_mnist
from edgedigits_export.artifacts import Converter, describe
from edgedigits_export.formats import ALL, choose
from edgedigits_export.network import Network, fit_contract
from edgedigits_export.options import ExportOptions
from edgedigits_export.proof import prove
from edgedigits_export.source import Source, open_source

TOOLS = ("tensorflow", "tensorflow-cpu", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "numpy")
# The share of validation digits that a bundle's `reject_below` lets through.
ACCEPTED = 0.99


def export_bundle(
    source: Path,
    destination: Path,
    formats: Iterable[str] = ALL,
    force: bool = False,
    options: ExportOptions | None = None,
    report: Callable[[str], None] | None = None,
) -> Bundle:
    """Convert a Keras model into artifacts, prove each of them against it, and write them as a bundle.

    Args:
        source: a run's folder or a saved Keras model.
        destination: the bundle's folder; written whole, at the end, or not at all.
        formats: what to write, see `formats.choose`.
        force: replace a bundle that is there.
        options: how the artifacts are made.
        report: called with a line for each step, as "int8.tflite".

    Raises:
        ExportError: if the model does not fit the pixel contract, cannot be converted, or an artifact differs from it.
        BundleError: if something is in the way, or the disk refuses.
        DataError: if MNIST, which calibrates and proves, is damaged.
    """
    options = options or ExportOptions()
    files = choose(formats)
    say = report or (lambda _: None)
    say("loading the model")
    opened = open_source(source)
    network = fit_contract(opened.model)

    calibration = load_mnist("train").balanced(options.calibration_images, options.seed)
    validation, test = load_mnist("validation"), load_mnist("test")
    expected = network.probabilities(validation.images)
    converter = Converter(network, calibration.images, options)

    contents: dict[str, bytes] = {"model.keras": network.keras_file()}
    described: dict[str, Any] = {}
    proofs: dict[str, Any] = {}
    for file in files:
        say(file)
        contents[file] = converter.convert(file)
        described[file] = describe(file, contents[file])
        proofs[file] = prove(file, contents[file], validation.images, expected).as_dict()
    contents.update(opened.extra_files)

    manifest = {
        "name": options.name or opened.name,
        "version": options.version,
        "licence": options.licence,
        "architecture": network.architecture(),
        "training": _training(opened, source),
        "data": {
            "training_sha256": opened.training.get("metrics", {}).get("data_sha256"),
            "calibration_sha256": calibration.sha256(),
            "calibration_images": len(calibration),
        },
        "tools": _tools(),
        "labels": [str(digit) for digit in range(10)],
        "preprocessing": "none: grey levels as they are, 0 = paper, 255 = ink; the scaling is inside the model",
        "reject_below": _reject_below(contents, validation.images, expected),
        "float": _float_record(network, test),
        "proof": proofs,
        "files": described,
    }
    say("writing the bundle")
    return write_bundle(destination, contents, manifest, force=force)


def _training(source: Source, path: Path) -> dict[str, Any]:
    settings, metrics = source.training.get("settings", {}), source.training.get("metrics", {})
    return {
        "settings": settings,
        "seed": settings.get("seed"),
        "metrics": metrics,
        "command": metrics.get("command"),
        "commit": metrics.get("commit"),
        "source": path.name,
    }


def _tools() -> dict[str, str]:
    versions = {"edgedigits": __version__, "python": platform.python_version()}
    for tool in TOOLS:
        try:
            versions[tool] = metadata.version(tool)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _reject_below(contents: Mapping[str, bytes], images: NDArray[np.uint8], expected: NDArray[np.float32]) -> float:
    """The probability that 99 % of the validation digits reach: with the int8 artifact, or with the float model."""
    if "int8.tflite" in contents:
        expected = open_engine("int8.tflite", contents["int8.tflite"]).run(images[..., None])
    return float(np.quantile(expected.max(axis=1), 1 - ACCEPTED, method="lower"))


def _float_record(network: Network, test: Split) -> dict[str, Any]:
    """The Keras model's own answers, so that a device without TensorFlow can hold its artifacts against them."""
    digits = network.probabilities(test.images).argmax(axis=1)
    return {
        "accuracy": float(np.mean(digits == test.labels)),
        "images": len(test),
        "data_sha256": test.sha256(),
        "predictions": "".join(map(str, digits)),
    }
