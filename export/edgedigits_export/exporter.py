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
from edgedigits.errors import ExportError, UsageError
from edgedigits.files.names import file_name
from edgedigits_data import Split
from edgedigits_export.checks.layer_noise import explain
from edgedigits_export.checks.parity import prove
from edgedigits_export.formats import micro
from edgedigits_export.formats.artifacts import Converter, describe
from edgedigits_export.formats.attempts import Made, NotMade, attempt
from edgedigits_export.formats.model_card import Card, card_of
from edgedigits_export.formats.names import ALL, MICRO, choose
from edgedigits_export.model.loading import Source, open_source
from edgedigits_export.options import ExportOptions
from edgedigits_export.preparation import prepare

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
        UsageError: if an option or a format cannot work, the input range cannot be told, or the model does hardly
            better than chance on the data.
        DestinationError: if something is in the way.
        BundleError: if the disk refuses.
        DataError: if MNIST, or the user's own data, is damaged.
    """
    options = options or ExportOptions()
    files = [micro.MODEL if name == MICRO else name for name in choose(formats)]
    check_destination(destination, force)
    if micro.MODEL in files:
        micro.require_engine()
    say = report or (lambda _: None)
    say("loading the model")
    opened = open_source(source, options.custom)
    prepared = prepare(opened, options, say)
    network, material, expected = prepared.network, prepared.material, prepared.expected
    proof = material.proof.pixels
    if material.calibration is None:
        files = _float_files(files, formats)
    name = file_name(options.name or opened.name)
    card = card_of(name, options, network.form, material.labels, prepared.decision.sentence())
    converter = Converter(network, None if material.calibration is None else material.calibration.pixels, card, options)

    contents: dict[str, bytes] = {"model.keras": network.keras_file()} if network.saveable else {}
    made: dict[str, Made] = {}
    not_made: list[NotMade] = []
    for file in files:
        say(file)
        result = _make(file, converter, proof, expected)
        if isinstance(result, Made):
            made[file], contents[file] = result, result.content
        else:
            not_made.append(result)
            say(f"{file} cannot be made: {result.reason} {result.remedy}")
    if not made:
        raise ExportError(f"{opened.name} cannot be converted: {not_made[0].file}: {not_made[0].reason}")
    extra: dict[str, Any] = {}
    if micro.MODEL in contents:
        extra["micro"] = _add_micro(contents, card, proof, material.judged or material.proof)
    if options.explain:
        say("explaining int8.tflite")
        int8 = made.get("int8.tflite") or _make("int8.tflite", converter, proof, expected)
        extra["explain"] = _explain(int8, converter, proof, say)
    contents.update(opened.extra_files)

    manifest = {
        "name": card.name,
        "version": card.version,
        "licence": card.licence,
        "labels": list(card.labels),
        "preprocessing": card.preprocessing,
        "reject_below": _reject_below(contents, proof, expected),
        "architecture": network.architecture(),
        "adapted": list(network.notes),
        "training": _training(opened),
        "data": {
            "training_sha256": opened.training.get("metrics", {}).get("data_sha256"),
            **material.record,
        },
        "tools": _tools(),
        "proof": {file: each.proof.as_dict() for file, each in made.items()},
        "not_made": [each.to_json() for each in not_made],
        **extra,
        "input_range": prepared.decision.as_dict() | {"wrapping_difference": prepared.wrapping},
        "files": {file: describe(file, each.content) | {"way": each.way.name} for file, each in made.items()},
    }
    manifest |= {"source": prepared.source, "float": prepared.float_record} if prepared.source else {}
    say("writing the bundle")
    return write_bundle(destination, contents, manifest, force=force)


def _make(file: str, converter: Converter, images: NDArray[np.uint8], expected: NDArray[np.float32]) -> Made | NotMade:
    """One file in the best way that works, proved on images, uint8 (N, height, width, channels)."""
    count = MICRO_IMAGES if file == micro.MODEL else len(images)
    return attempt(
        file,
        converter.ways(file),
        lambda way: converter.convert(file, way),
        lambda model: prove(file, model, images[:count], expected[:count]),
    )


def _explain(
    int8: Made | NotMade, converter: Converter, images: NDArray[np.uint8], say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """The noise of each layer of int8.tflite; nothing, and a line about it, where that cannot be measured."""
    try:
        if isinstance(int8, NotMade):
            raise ExportError(f"int8.tflite cannot be explained: {int8.reason}")
        rows = explain(converter.exact(int8.way), int8.content, images[:EXPLAIN_IMAGES])
    except ExportError as error:
        say(str(error))
        return []
    return [row.as_dict() for row in rows]


def _add_micro(contents: dict[str, bytes], card: Card, proof: NDArray[np.uint8], examples: Split) -> dict[str, Any]:
    """Put the C files beside the microcontroller's model; returns what the manifest says of it."""
    model = contents[micro.MODEL]
    arena = micro.measure_arena(model)
    contents.update(micro.micro_files(model, card, micro.one_of_each(examples), arena))
    against = micro.compare_with_litert(model, proof[:MICRO_IMAGES])
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
        expected = open_engine("int8.tflite", contents["int8.tflite"]).run(images)
    return float(np.quantile(expected.max(axis=1), 1 - ACCEPTED, method="lower"))


def _float_files(files: list[str], named: Iterable[str]) -> list[str]:
    """The formats that need no calibration and whose parity proves all there is to prove.

    Raises:
        UsageError: if one was named that needs images.
    """
    kept = [file for file in files if file.startswith("float")]
    asked = [name for name in named if name.startswith(("int8", "dynamic", MICRO))]
    if asked or not kept:
        what = asked[0] if asked else "this format"
        raise UsageError(f"{what} cannot be made without images; give some with --data PATH")
    return kept
