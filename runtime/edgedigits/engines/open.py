"""Loads a model into the engine that its file name asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgedigits.engines.choice import MICRO_ENGINE, engine_of
from edgedigits.errors import EngineError, MissingEngineError

if TYPE_CHECKING:
    from edgedigits.engines.base import Engine


def open_engine(artifact: str, model: bytes, threads: int = 1) -> Engine:
    """Load a model into the engine that its file name asks for.

    Args:
        artifact: the file's name, for its ending and for messages.
        model: the file's content, already checked.
        threads: CPU threads for one call.

    Raises:
        MissingEngineError: if the engine is not installed, or is older than the file.
        EngineError: if it refuses the model.
    """
    name = engine_of(artifact)
    try:
        if name == "litert":
            from edgedigits.engines.litert import LiteRTEngine

            return LiteRTEngine(model, threads)
        if name == MICRO_ENGINE:
            from edgedigits.engines.tflite_micro import MicroEngine

            return MicroEngine(model)
        from edgedigits.engines.onnx_runtime import OnnxEngine

        return OnnxEngine(model, threads)
    except EngineError:
        raise
    except Exception as error:  # the engines raise whatever they like on a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if missing := re.search(r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'", str(error)):
            raise MissingEngineError(
                f"{artifact} needs a newer LiteRT: this one has no {missing[1]} of version {missing[2]}; "
                "install ai-edge-litert, or use another artifact, such as int8.tflite or float32.tflite"
            ) from error
        raise EngineError(f"{artifact} is not a model that {name} can load ({reason}); export it again") from error
