"""From a Keras model to a bundle: each format is made and proved for itself in memory, then all are written at once."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgedigits import __version__
from edgedigits.bundle.reading import Bundle
from edgedigits.bundle.writing import check_destination, write_bundle
from edgedigits.engines.open import open_engine
from edgedigits.errors import ExportError
from edgedigits.files.names import file_name
from edgedigits_data import Split, load_mnist
from edgedigits_export.checks.layer_noise import explain
from edgedigits_export.checks.parity import prove
from edgedigits_export.formats import micro
from edgedigits_export.formats.artifacts import Converter, describe
from edgedigits_export.formats.attempts import Made, NotMade, attempt
from edgedigits_export.formats.model_card import Card
from edgedigits_export.formats.names import ALL, MICRO, choose
from edgedigits_export.model.contract import fit_contract
from edgedigits_export.model.loading import Source, open_source
from edgedigits_export.model.wrapping import Network
from edgedigits_export.options import ExportOptions
from edgedigits_export.quantize.calibration import calibration_set

if TYPE_CHECKING:
    import keras

TOOLS = ("tensorflow", "tensorflow-cpu", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "tflite-micro")
# The share of validation digits that a bundle's `reject_below` lets through.
ACCEPTED = 0.99
# Microcontroller kernels take milliseconds an image here, and --explain keeps every tensor.
MICRO_IMAGES, EXPLAIN_IMAGES = 1000, 200


def export_bundle(
    source: Path | keras.Model,
    destination: Path,
    formats: Iterable[str] = ALL,
    force: bool = False,
    options: ExportOptions | None = None,
    report: Callable[[str], None] | None = None,
) -> Bundle:
    """Convert a Keras model into artifacts, prove each of them against it, and write them as a bundle.

    A format that cannot be made costs none of the others: it is named in the manifest's `not_made` with the reason.

    Args:
        source: a run's folder, a .keras or .h5 file, a SavedModel's folder, or a Keras model.
        destination: the bundle's folder; written whole, at the end, or not at all.
        formats: what to write, see `formats.choose`.
        force: replace a bundle that is there.
        options: how the artifacts are made.
        report: called with a line for each step, as "int8.tflite".

    Raises:
        ExportError: if the model does not fit the pixel contract, or none of the formats can be made.
        UsageError: if an option or a format cannot work.
        DestinationError: if something is in the way.
        BundleError: if the disk refuses.
        DataError: if MNIST, which calibrates and proves, or the user's own calibration set is damaged.
    """
    options = options or ExportOptions()
    files = [micro.MODEL if name == MICRO else name for name in choose(formats)]
    check_destination(destination, force)
    if micro.MODEL in files:
        micro.require_engine()
    say = report or (lambda _: None)
    say("loading the model")
    opened = open_source(source, options.custom)
    validation, test = load_mnist("validation"), load_mnist("test")
    network = fit_contract(opened, validation.balanced(1000), options.input_range, options.extra_classes)
    for note in network.notes:
        say(f"{opened.name}: {note}")

    calibration = calibration_set(options.calibration, options.calibration_images, options.seed)
    expected = network.probabilities(validation.images)
    card = Card(file_name(options.name or opened.name), options.version, options.licence)
    converter = Converter(network, calibration.images, card, options)

    contents: dict[str, bytes] = {"model.keras": network.keras_file()} if network.saveable else {}
    made: dict[str, Made] = {}
    not_made: list[NotMade] = []
    for file in files:
        say(file)
        result = _make(file, converter, validation, expected)
        if isinstance(result, Made):
            made[file], contents[file] = result, result.content
        else:
            not_made.append(result)
            say(f"{file} cannot be made: {result.reason} {result.remedy}")
    if not made:
        raise ExportError(f"{opened.name} cannot be converted: {not_made[0].file}: {not_made[0].reason}")
    extra: dict[str, Any] = {}
    if micro.MODEL in contents:
        extra["micro"] = _add_micro(contents, card, validation, test)
    if options.explain:
        say("explaining int8.tflite")
        int8 = made.get("int8.tflite") or _make("int8.tflite", converter, validation, expected)
        extra["explain"] = _explain(int8, converter, validation, say)
    contents.update(opened.extra_files)

    manifest = {
        "name": card.name,
        "version": card.version,
        "licence": card.licence,
        "labels": list(card.labels),
        "preprocessing": card.preprocessing,
        "reject_below": _reject_below(contents, validation.images, expected),
        "architecture": network.architecture(),
        "adapted": list(network.notes),
        "training": _training(opened),
        "data": {
            "training_sha256": opened.training.get("metrics", {}).get("data_sha256"),
            "calibration_sha256": calibration.sha256(),
            "calibration_images": len(calibration),
        },
        "tools": _tools(),
        "proof": {file: each.proof.as_dict() for file, each in made.items()},
        "not_made": [each.to_json() for each in not_made],
        **extra,
        "float": _float_record(network, test),
        "files": {file: describe(file, each.content) | {"way": each.way.name} for file, each in made.items()},
    }
    say("writing the bundle")
    return write_bundle(destination, contents, manifest, force=force)


def _make(file: str, converter: Converter, validation: Split, expected: NDArray[np.float32]) -> Made | NotMade:
    """One file in the best way that works, proved on validation images."""
    count = MICRO_IMAGES if file == micro.MODEL else len(validation)
    return attempt(
        file,
        converter.ways(file),
        lambda way: converter.convert(file, way),
        lambda model: prove(file, model, validation.images[:count], expected[:count]),
    )


def _explain(
    int8: Made | NotMade, converter: Converter, validation: Split, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """The noise of each layer of int8.tflite; nothing, and a line about it, where that cannot be measured."""
    try:
        if isinstance(int8, NotMade):
            raise ExportError(f"int8.tflite cannot be explained: {int8.reason}")
        rows = explain(converter.exact(int8.way), int8.content, validation.images[:EXPLAIN_IMAGES])
    except ExportError as error:
        say(str(error))
        return []
    return [row.as_dict() for row in rows]


def _add_micro(contents: dict[str, bytes], card: Card, validation: Split, test: Split) -> dict[str, Any]:
    """Put the C files beside the microcontroller's model; returns what the manifest says of it."""
    model = contents[micro.MODEL]
    arena = micro.measure_arena(model)
    contents.update(micro.micro_files(model, card, micro.one_of_each(test), arena))
    against = micro.compare_with_litert(model, validation.images[:MICRO_IMAGES])
    return {"flash_bytes": len(model), "arena_bytes": arena, "against_litert": against}


def _training(source: Source) -> dict[str, Any]:
    settings, metrics = source.training.get("settings", {}), source.training.get("metrics", {})
    return {
        "settings": settings,
        "seed": settings.get("seed"),
        "metrics": metrics,
        "command": metrics.get("command"),
        "commit": metrics.get("commit"),
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
