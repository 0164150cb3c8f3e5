"""Which engine runs a file, and which engines are installed? Answered without importing any of them, nor numpy."""

import os

from edgedigits.errors import UnknownNameError

# Which engine runs a file, by its ending; files for microcontrollers lie in a folder of their own.
ENGINES = {".tflite": "litert", ".onnx": "onnxruntime"}
MICRO_FOLDER, MICRO_ENGINE = "micro", "tflite-micro"


def engine_of(artifact: str) -> str:
    """The engine that runs a file.

    Raises:
        UnknownNameError: if no engine does.
    """
    *folders, name = artifact.replace(os.sep, "/").split("/")
    ending = os.path.splitext(name)[1]
    if ending not in ENGINES:
        raise UnknownNameError(f"{artifact} is no artifact; expected a file ending in {' or '.join(ENGINES)}")
    return MICRO_ENGINE if MICRO_FOLDER in folders else ENGINES[ending]


def available_engines() -> dict[str, bool]:
    """For each engine whether its package is installed; nothing is imported."""
    import importlib.util

    lite = importlib.util.find_spec("ai_edge_litert") or importlib.util.find_spec("tflite_runtime")
    return {
        "litert": lite is not None,
        "onnxruntime": importlib.util.find_spec("onnxruntime") is not None,
        MICRO_ENGINE: importlib.util.find_spec("tflite_micro") is not None,
    }
