"""ONNX Runtime behind the engines' interface; in a module of its own, for most devices never need it."""

import os
from _thread import _local  # threading.local, without the millisecond that importing threading takes
from typing import Any

import numpy as np

from edgedigits.engines.base import Form, Images, Probabilities, form_of, to_input
from edgedigits.errors import EngineError, MissingEngineError, missing_extra


class OnnxEngine:
    """ONNX Runtime on the CPU; a free batch dimension takes all images in one call."""

    name = "onnxruntime"

    def __init__(self, model: bytes, threads: int = 1) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingEngineError(missing_extra("an ONNX file", "onnxruntime")) from error
        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # The bytes that were hashed are all that runs: tensors in other files, which would be looked for in the
        # working folder, are never found.
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
        # Without the fallback, which would print to standard output and then try the same again.
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        self.form = form_of("onnxruntime", [tuple(d.shape) for d in inputs], [tuple(d.shape) for d in outputs])
        if outputs[0].type != "tensor(float)":
            raise EngineError(f"expected float32 probabilities, onnxruntime found {outputs[0].type}")
        self._input, self._output = inputs[0].name, outputs[0].name
        self._input_dtype = np.dtype(np.uint8 if inputs[0].type == "tensor(uint8)" else np.float32)
        self._batch = inputs[0].shape[0] if isinstance(inputs[0].shape[0], int) else None
        self._single = _BoundImage(self._session, self._input, self._input_dtype, self._output, self.form)

    def run(self, images: Images) -> Probabilities:
        """See Engine.run."""
        if len(images) == 1:
            return self._single.run(images)
        if not len(images):
            return np.empty((0, self.form.classes), np.float32)
        converted = to_input(images, self._input_dtype)
        step = self._batch or len(images)
        parts = [
            self._session.run([self._output], {self._input: converted[i : i + step]})[0]
            for i in range(0, len(images), step)
        ]
        return np.concatenate(parts)


class _BoundImage(_local):
    """One image's place in a session, and its answer's: bound once for each thread that asks.

    A model takes tens of microseconds; ONNX Runtime's ordinary call wraps and unwraps its arrays for some more.
    """

    def __init__(self, session: Any, source: str, dtype: Any, target: str, form: Form) -> None:
        from onnxruntime import OrtValue

        self._session, self._binding = session, session.io_binding()
        self._image, self._answer = np.empty((1, *form.image), dtype), np.empty((1, form.classes), np.float32)
        # On the CPU an OrtValue is a view of its array.
        self._binding.bind_ortvalue_input(source, OrtValue.ortvalue_from_numpy(self._image))
        self._binding.bind_ortvalue_output(target, OrtValue.ortvalue_from_numpy(self._answer))

    def run(self, image: Images) -> Probabilities:
        """Classify one image, uint8 (1, height, width, channels)."""
        np.copyto(self._image, image)
        self._session.run_with_iobinding(self._binding)
        return self._answer.copy()
