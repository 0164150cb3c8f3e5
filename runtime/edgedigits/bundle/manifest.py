"""The manifest of a bundle: its JSON form, and the check that refuses one that the program could not rely on.

Imported on the way to a first answer, so that it imports nothing that takes time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from edgedigits.errors import BundleError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
MANIFEST = "manifest.json"
# Far above any manifest we write; keeps a hostile one from filling the memory.
MANIFEST_BYTES = 4_000_000
# A flatbuffer or protobuf holds no more.
MOST_FILE_BYTES = 2**31


class TensorForm(TypedDict):
    """An input or output of an artifact.

    Attributes:
        name: the tensor's name in the file.
        shape: one entry a dimension; a string such as "N" where any size will do.
        dtype: as NumPy writes it.
        scale: of a quantized tensor, else null.
        zero_point: of a quantized tensor, else null.
    """

    name: str
    shape: list[int | str]
    dtype: str
    scale: float | None
    zero_point: int | None


class FileForm(TypedDict):
    """One file of a bundle; artifacts have all fields, other files the first two.

    Attributes:
        sha256: of the content, hexadecimal.
        size_bytes: of the content.
        engine: what runs it: litert, onnxruntime or tflite-micro.
        precision: float32, float16, dynamic or int8.
        way: how it was made: rounded, folded, plain or another of docs/research/export.md.
        inputs: the tensors that it takes.
        outputs: the tensors that it gives.
    """

    sha256: str
    size_bytes: int
    engine: NotRequired[str]
    precision: NotRequired[str]
    way: NotRequired[str]
    inputs: NotRequired[list[TensorForm]]
    outputs: NotRequired[list[TensorForm]]


class TriedForm(TypedDict):
    """One way in which a format was tried.

    Attributes:
        way: its name.
        reason: why it did not work, as a sentence.
    """

    way: str
    reason: str


class NotMadeForm(TypedDict):
    """A format that could not be made.

    Attributes:
        file: the artifact that is missing.
        reason: why, as a sentence.
        tried: every way that was tried.
        remedy: what can be done about it, as a sentence.
    """

    file: str
    reason: str
    tried: NotRequired[list[TriedForm]]
    remedy: NotRequired[str]


class SourceForm(TypedDict):
    """The model that was handed in, fed as its user fed it.

    Attributes:
        accuracy: its share of right answers.
        loss: its mean negative log likelihood; null where it gives no probabilities.
        input_range: what it takes, such as "0..1".
        input_range_found: how that was found out, in one line.
    """

    accuracy: float
    loss: float | None
    input_range: str
    input_range_found: NotRequired[str]


class ManifestForm(TypedDict):
    """manifest.json. Other facts may stand beside these; schema 1 without `source` and `not_made` is version 0.1.0's.

    Attributes:
        schema: the version of this form.
        name: the model's name.
        files: for each file its hash and size and, for artifacts, its engine and tensors.
        version: the model's own version.
        licence: the model's licence, as SPDX writes it.
        labels: the name of each class.
        preprocessing: what an image must be, in words.
        reject_below: a picture whose highest probability is lower is no digit.
        source: the model that was handed in.
        not_made: the formats that could not be made.
        architecture: the network: its number of parameters, its layers.
        adapted: what was added to the model to fit the pixel contract, one line each.
        training: settings, seed, metrics, command and commit of the run.
        data: SHA-256 of the training data and of the calibration set, and its size.
        tools: the version of each tool that took part.
        proof: for each artifact how far it is from the source model.
        float: the source model's answers to the test images, so that a device needs no TensorFlow.
        gate: what `edgedigits verify` measured last.
        micro: flash and arena of the microcontroller's model.
        explain: for each layer of int8.tflite its signal to noise ratio.
    """

    schema: int
    name: str
    files: dict[str, FileForm]
    version: NotRequired[str]
    licence: NotRequired[str]
    labels: NotRequired[list[str]]
    preprocessing: NotRequired[str]
    reject_below: NotRequired[float]
    source: NotRequired[SourceForm]
    not_made: NotRequired[list[NotMadeForm]]
    architecture: NotRequired[dict[str, Any]]
    adapted: NotRequired[list[str]]
    training: NotRequired[dict[str, Any]]
    data: NotRequired[dict[str, Any]]
    tools: NotRequired[dict[str, str]]
    proof: NotRequired[dict[str, dict[str, Any]]]
    float: NotRequired[dict[str, Any]]
    gate: NotRequired[dict[str, Any]]
    micro: NotRequired[dict[str, Any]]
    explain: NotRequired[list[dict[str, Any]]]


def check_manifest(path: str | Path, manifest: Any) -> None:
    """Refuse a manifest that the rest of the program could not rely on, before any of it is used.

    Args:
        path: where it lies, for messages.
        manifest: the parsed JSON.

    Raises:
        BundleError: naming the file and what is wrong with it.
    """
    from edgedigits.files.forms import find_fault

    if not isinstance(manifest, dict) or "schema" not in manifest:
        raise BundleError(f"{path} is not a bundle's manifest; export the bundle again")
    if manifest["schema"] != SCHEMA:
        raise BundleError(f"{path} has schema {manifest['schema']!r}, this edgedigits reads {SCHEMA}; export it again")
    fault = find_fault(manifest, ManifestForm) or _find_fault(manifest)
    if fault:
        raise BundleError(f"{path} is damaged: {fault}; export the bundle again")
    for name in manifest["files"]:
        parts = name.split("/")
        inside = not name.startswith("/") and ".." not in parts and "\\" not in name and set(parts) - {"", "."}
        if not inside or not name.isprintable():
            raise BundleError(f"{path} lists {name!r}, which is outside the bundle; do not use it")


def _find_fault(manifest: Any) -> str:
    """What a form does not say: ranges, and names that go into paths, topics and pages."""
    name, threshold = manifest["name"], manifest.get("reject_below", 0.0)
    if not name.strip() or len(name) > 200 or not name.isprintable() or "/" in name or "\\" in name:
        return f"name is {name[:40]!r}, expected one line without slashes"
    if not 0 <= threshold <= 1:
        return f"reject_below is {threshold!r}, expected 0 to 1"
    training = manifest.get("training", {})
    for part in ("settings", "metrics"):
        if not isinstance(training.get(part, {}), dict):
            return f"training.{part} is {training[part]!r}, expected an object"
    for file, record in manifest["files"].items():
        if len(record["sha256"]) != 64 or set(record["sha256"]) - set("0123456789abcdef"):
            return f"files.{file!r} has no SHA-256"
        if not 0 <= record["size_bytes"] <= MOST_FILE_BYTES:
            return f"files.{file!r} has the size {record['size_bytes']}"
    return ""
