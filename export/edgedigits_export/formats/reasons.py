"""What a converter's or an engine's message means: one full sentence, and what to do about it."""

from __future__ import annotations

import re

from edgedigits.errors import ExportError

# What is searched for in the message, and what the sentence says of what was found.
_KNOWN = (
    (r"TF Select ops: ([\w, ]+)", "TensorFlow Lite has no operator for {}"),
    (r"Custom ops: ([\w, ]+)", "TensorFlow Lite has no operator for {}"),
    (r"Quantization not yet supported for op: '(\w+)'", "TensorFlow Lite's quantizer does not support {}"),
    (r"Tensorflow op \[[^:\]]+: (\w+)\] is not supported", "ONNX has no operator for TensorFlow's {}"),
    (r"Didn't find op for builtin opcode '(\w+)' version '\d+'", "the engine has no operator {}"),
    (
        r"Failed to find a kernel for (\w+)|Could not find an implementation for (\w+)",
        "the engine has no kernel for {}",
    ),
)
_NOISE = re.compile(r"^(Traceback|  File |    |\s*$|During handling|The above exception)")
REMEDIES = {
    "micro": "Use int8.tflite on a device with an operating system, or replace the layer.",
    "int8": "Use dynamic.tflite, which has 8-bit weights as well, or replace the layer.",
    "float": "Use one of the files that could be made, or replace the layer.",
}


def sentence(error: BaseException) -> str:
    """An exception as one full sentence, never cut."""
    message = str(error).strip()
    for pattern, template in _KNOWN:
        if found := re.search(pattern, message):
            what = next(group for group in found.groups() if group)
            return template.format(", ".join(dict.fromkeys(name.strip() for name in what.split(",")))) + "."
    lines = [line.strip() for line in message.splitlines() if not _NOISE.match(line)]
    text = " ".join((lines[0] if lines else "").split())
    if not text or isinstance(error, KeyError | IndexError | AttributeError):
        text = f"{type(error).__name__}: {text}" if text else f"{type(error).__name__} without a message"
    if not isinstance(error, ExportError):
        text = f"the converter failed: {text}"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def remedy(file: str) -> str:
    """What a user can do where a file could not be made."""
    if file.startswith("micro"):
        return REMEDIES["micro"]
    return REMEDIES["int8" if file.startswith("int8") else "float"]
