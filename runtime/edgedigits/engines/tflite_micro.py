"""TensorFlow Lite Micro's interpreter, as built for this host, behind the engines' interface."""

from __future__ import annotations

import numpy as np

from edgedigits.engines.base import Images, Probabilities, form_of, to_input
from edgedigits.engines.choice import MICRO_ENGINE
from edgedigits.engines.locks import fork_lock
from edgedigits.errors import MissingEngineError, missing_extra


class MicroEngine:
    """TensorFlow Lite Micro's kernels, built for this host: what a microcontroller will answer, only faster."""

    name = MICRO_ENGINE

    def __init__(self, model: bytes, arena_bytes: int = 4_000_000) -> None:
        """Load a model; it runs on one thread, as on a microcontroller.

        Args:
            model: the content of a .tflite file.
            arena_bytes: the memory for tensors.

        Raises:
            MissingEngineError: if tflite-micro is not installed.
            EngineError: if the model is no image classifier.
        """
        try:
            from tflite_micro.python.tflite_micro import runtime
        except ImportError as error:
            raise MissingEngineError(missing_extra("a file for microcontrollers", "tflite_micro")) from error
        self._interpreter = runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
        source, target = self._interpreter.get_input_details(0), self._interpreter.get_output_details(0)
        self.form = form_of(self.name, [tuple(source["shape"])], [tuple(target["shape"])])
        self._input_dtype = np.dtype(source["dtype"])
        self._zero_point = np.float32(target["quantization_parameters"]["zero_points"][0])
        self._lock = fork_lock()

    def run(self, images: Images) -> Probabilities:
        """See Engine.run."""
        result = np.empty((len(images), self.form.classes), np.float32)
        converted = to_input(images, self._input_dtype)
        with self._lock:
            for i in range(len(images)):
                self._interpreter.set_input(converted[i : i + 1], 0)
                self._interpreter.invoke()
                result[i] = self._interpreter.get_output(0)[0]
        steps = result - self._zero_point
        return np.asarray(steps / steps.sum(axis=1, keepdims=True), np.float32)
