"""Which engine runs a file, and which engines are installed? Answered without importing any of them, nor numpy."""

from edgedigits.errors import EngineError

# Which engine runs a file, by its ending; files for microcontrollers lie in a folder of their own.
ENGINES = {".tflite": "litert", ".onnx": "onnxruntime"}
MICRO_FOLDER, MICRO_ENGINE = "micro", "tflite-micro"


def engine_of(artifact: str) -> str:
    """The engine that runs a file.

    Raises:
        EngineError: if no engine does.
    """
    from pathlib import PurePath

    ending = PurePath(artifact).suffix
    if ending not in ENGINES:
        raise EngineError(f"{artifact} is no artifact; expected a file ending in {' or '.join(ENGINES)}")
    return MICRO_ENGINE if MICRO_FOLDER in PurePath(artifact).parts[:-1] else ENGINES[ending]


def available_engines() -> dict[str, bool]:
    """For each engine whether its package is installed; nothing is imported."""
    import importlib.util

    lite = importlib.util.find_spec("ai_edge_litert") or importlib.util.find_spec("tflite_runtime")
    return {
        "litert": lite is not None,
        "onnxruntime": importlib.util.find_spec("onnxruntime") is not None,
        MICRO_ENGINE: importlib.util.find_spec("tflite_micro") is not None,
    }
