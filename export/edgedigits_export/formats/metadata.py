"""TFLite metadata: the flatbuffer and the labels file that Netron, MediaPipe and the Task library read.

Written after the published schema, version 1.1.0 (metadata_schema.fbs in tensorflow/tflite-support); the package that
would write it is no longer maintained. The numbers of the fields below are their places in that schema's tables.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from edgedigits_export.formats.flatbuffer_builder import SharingBuilder
from edgedigits_export.formats.model_card import Card

ENTRY = b"TFLITE_METADATA"
LABELS = "labels.txt"
_RGB, _GRAYSCALE = 1, 2
_IMAGE_PROPERTIES, _FEATURE_PROPERTIES, _NORMALIZATION, _AXIS_LABELS = 2, 1, 1, 2


def metadata_buffer(card: Card, source: str, result: str) -> bytes:
    """The metadata flatbuffer of a model with one image input `source` and one output `result`."""
    builder = SharingBuilder()
    text = builder.CreateString
    size = _table(builder, {0: ("Uint32", card.image[1]), 1: ("Uint32", card.image[0])})
    image = _table(builder, {0: ("Int8", _GRAYSCALE if card.image[2] == 1 else _RGB), 1: ("offset", size)})
    pixels = _table(builder, {0: ("Uint8", _IMAGE_PROPERTIES), 1: ("offset", image)})
    # (grey level - 0) / 1: the model takes grey levels as they are
    identity = _table(builder, {0: ("offset", _floats(builder, [0.0])), 1: ("offset", _floats(builder, [1.0]))})
    normalize = _table(builder, {0: ("Uint8", _NORMALIZATION), 1: ("offset", identity)})
    levels = _table(builder, {0: ("offset", _floats(builder, [255.0])), 1: ("offset", _floats(builder, [0.0]))})
    taken = _table(
        builder,
        {
            0: ("offset", text(source)),
            1: ("offset", text(f"preprocessing: {card.preprocessing}")),
            3: ("offset", pixels),
            4: ("offset", _offsets(builder, [normalize])),
            5: ("offset", levels),
        },
    )
    labels = _table(builder, {0: ("offset", text(LABELS)), 2: ("Int8", _AXIS_LABELS)})
    features = _table(builder, {0: ("Uint8", _FEATURE_PROPERTIES), 1: ("offset", _table(builder, {}))})
    given = _table(
        builder,
        {
            0: ("offset", text(result)),
            3: ("offset", features),
            6: ("offset", _offsets(builder, [labels])),
        },
    )
    graph = _table(builder, {2: ("offset", _offsets(builder, [taken])), 3: ("offset", _offsets(builder, [given]))})
    root = _table(
        builder,
        {
            0: ("offset", text(card.name)),
            1: ("offset", text(card.description)),
            2: ("offset", text(card.version)),
            3: ("offset", _offsets(builder, [graph])),
            5: ("offset", text(card.licence)),
            7: ("offset", text("1.0.0")),
        },
    )
    builder.Finish(root, b"M001")
    return bytes(builder.Output())


def labels_archive(card: Card) -> bytes:
    """The archive with the labels file that readers look for after the end of the model's flatbuffer."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo(LABELS, (1980, 1, 1, 0, 0, 0)), "\n".join(card.labels) + "\n")
    return target.getvalue()


def _table(builder: Any, fields: dict[int, tuple[str, int]]) -> int:
    """A table from field numbers to (type, value); "offset" for what was built before."""
    builder.StartObject(max(fields, default=-1) + 1)
    for number, (kind, value) in fields.items():
        slot = "UOffsetTRelative" if kind == "offset" else kind
        getattr(builder, f"Prepend{slot}Slot")(number, value, 0)
    return int(builder.EndObject())


def _offsets(builder: Any, items: Sequence[int]) -> int:
    builder.StartVector(4, len(items), 4)
    for item in reversed(items):
        builder.PrependUOffsetTRelative(item)
    return int(builder.EndVector())


def _floats(builder: Any, values: Sequence[float]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return int(builder.EndVector())
