"""C for microcontrollers: the integer model as an array, the operators it needs, and a program that tries it."""

from __future__ import annotations

import hashlib
import re
import tempfile
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.choice import MICRO_ENGINE, MICRO_FOLDER, available_engines
from edgedigits.engines.litert import LiteRTEngine
from edgedigits.engines.standard_error import redirected_stderr
from edgedigits.engines.tflite_micro import MicroEngine
from edgedigits.errors import ExportError, MissingExtraError, missing_extra
from edgedigits.files.names import c_comment
from edgedigits_data import Split
from edgedigits_export.formats import flatbuffer
from edgedigits_export.formats.model_card import Card

MODEL = f"{MICRO_FOLDER}/model.tflite"
ARENA_LIMIT = 4_000_000
# Operators whose method in MicroMutableOpResolver is not simply their name in CamelCase.
_METHODS = {"CONV_2D": "Conv2D", "DEPTHWISE_CONV_2D": "DepthwiseConv2D", "MAX_POOL_2D": "MaxPool2D"} | {
    "AVERAGE_POOL_2D": "AveragePool2D",
    "BATCH_MATMUL": "BatchMatMul",
    "CUMSUM": "CumSum",
    "PADV2": "PadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTM",
    "RELU6": "Relu6",
    "L2_NORMALIZATION": "L2Normalization",
    "L2_POOL_2D": "L2Pool2D",
}


def require_engine() -> None:
    """Say at once, rather than after minutes of converting, that tflite-micro is needed.

    Raises:
        MissingExtraError: if it is not installed.
    """
    if not available_engines()[MICRO_ENGINE]:
        raise MissingExtraError(missing_extra("--format micro", "tflite_micro"))


def measure_arena(model: bytes) -> int:
    """The memory for tensors, in bytes, that TensorFlow Lite Micro takes for an integer model on this 64-bit host.

    Raises:
        ExportError: if it cannot run the model; with its reason.
    """
    from tflite_micro.python.tflite_micro import runtime

    with tempfile.TemporaryFile() as notes:
        try:
            # Its reasons, and the use of the arena, go to standard error and nowhere else.
            with redirected_stderr(notes):
                interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA_LIMIT)
                interpreter.set_input(np.zeros(interpreter.get_input_details(0)["shape"], np.int8), 0)
                interpreter.invoke()
                interpreter.print_allocations()
        except RuntimeError as error:
            raise ExportError(f"TensorFlow Lite Micro cannot run this model: {_last_line(notes)}") from error
        used = re.search(r"Arena allocation total (\d+) bytes", _text(notes))
    if used is None:
        raise ExportError("TensorFlow Lite Micro does not tell the size of its arena; install another tflite-micro")
    return int(used[1])


def compare_with_litert(model: bytes, images: NDArray[np.uint8]) -> dict[str, float]:
    """The same integer model on TensorFlow Lite Micro and on LiteRT, images uint8 (N, height, width, channels).

    The kernels are LiteRT's reference kernels but for one rounding, and LiteRT runs XNNPACK, which rounds in float32.
    `max_steps` is the largest difference in steps of 1/256: a step of the largest logit can be worth many.
    """
    micro = MicroEngine(model).run(images)
    lite = LiteRTEngine(model).run(images)
    steps = np.abs(micro - lite) * 256
    return {
        "images": len(images),
        "identical_rows": float(np.mean((steps < 0.5).all(axis=1))),
        "max_steps": int(np.rint(steps.max())),
        "agreement": float(np.mean(micro.argmax(axis=1) == lite.argmax(axis=1))),
    }


def micro_files(model: bytes, card: Card, digits: Split, arena_bytes: int) -> dict[str, bytes]:
    """The C files for a model.

    Args:
        model: what `flatbuffer.bare` returned.
        card: the model's name and licence.
        digits: ten images to embed.
        arena_bytes: what `measure_arena` found.
    """
    operators = list(dict.fromkeys(flatbuffer.operators(model)))
    lines = [f"  TF_LITE_ENSURE_STATUS(resolver.Add{method_of(operator)}());" for operator in operators]
    values = {
        "NAME": c_comment(card.name),
        "DESCRIPTION": c_comment(card.description),
        "LICENCE": c_comment(card.licence),
        "SHA256": hashlib.sha256(model).hexdigest(),
        "SIZE": str(len(model)),
        "BYTES": _c_bytes(model),
        "ARENA": str(arena_bytes),
        "ARENA_ROUNDED": str(-(-arena_bytes // 1024) * 1024),
        "COUNT": str(len(operators)),
        "LINES": "\n".join(lines),
        "OPERATORS": ", ".join(operators),
        "LABELS": ", ".join(map(str, digits.labels)),
        "EXPECTED": ", ".join(map(str, MicroEngine(model).run(digits.pixels).argmax(axis=1))),
        "IMAGES": ",\n".join(f"    {{\n{_c_bytes(image.tobytes())}\n    }}" for image in digits.images),
    }
    files = {MODEL: model}
    for template in sorted(
        resources.files(__package__).joinpath("micro_templates").iterdir(), key=lambda path: path.name
    ):
        text = re.sub(r"@([A-Z0-9_]+)@", lambda match: values[match[1]], template.read_text(encoding="utf-8"))
        files[f"{MICRO_FOLDER}/{template.name}"] = text.encode()
    return files


def method_of(operator: str) -> str:
    """How MicroMutableOpResolver calls an operator, as "Conv2D" for "CONV_2D"."""
    return _METHODS.get(operator) or "".join(part.capitalize() for part in operator.split("_"))


def one_of_each(split: Split) -> Split:
    """The first image of each of the first ten classes."""
    first = [int(np.flatnonzero(split.labels == label)[0]) for label in np.unique(split.labels)[:10]]
    return split.take(np.array(first))


def _c_bytes(content: bytes) -> str:
    rows = (content[i : i + 16] for i in range(0, len(content), 16))
    return "\n".join("    " + " ".join(f"0x{byte:02x}," for byte in row) for row in rows)


def _text(notes: Any) -> str:
    notes.seek(0)
    return str(notes.read().decode(errors="replace"))


def _last_line(notes: Any) -> str:
    return next((line for line in reversed(_text(notes).splitlines()) if line.strip()), "it gives no reason")
