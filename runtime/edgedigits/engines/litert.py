"""LiteRT (TensorFlow Lite) behind the engines' interface."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from edgedigits.engines.base import Images, Probabilities, form_of, to_input
from edgedigits.engines.locks import fork_lock
from edgedigits.engines.standard_error import redirected_stderr
from edgedigits.errors import MissingEngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LiteRTEngine:
    """LiteRT (TensorFlow Lite) with XNNPACK, one image a call as the artifacts have a fixed batch of one."""

    name = "litert"

    def __init__(self, model: bytes, threads: int = 1) -> None:
        self._model = model  # the interpreter only borrows the bytes
        # It has no setting against "Created TensorFlow Lite XNNPACK delegate".
        with redirected_stderr():
            self._interpreter = _interpreter(model, threads)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self.form = form_of("litert", [tuple(d["shape"]) for d in inputs], [tuple(d["shape"]) for d in outputs])
        self._output = outputs[0]["index"]
        # Gives the input's place in the interpreter; a place that somebody holds on to would keep it from running.
        self._input = self._interpreter.tensor(inputs[0]["index"])
        self._signed = inputs[0]["dtype"] is np.int8
        self._quantized = outputs[0]["dtype"] is not np.float32
        self._zero_point = np.float32(outputs[0]["quantization"][1])
        self._lock = fork_lock()

    def run(self, images: Images) -> Probabilities:
        """See Engine.run."""
        # One image is the usual case and a model takes microseconds: nothing is done here that it can do without.
        count = len(images)
        if not count:
            return np.empty((0, self.form.classes), np.float32)
        # Into float32 they are turned on their way into the interpreter.
        levels = to_input(images, np.int8) if self._signed else images
        with self._lock:
            if count == 1:
                result = self._answer(levels)
            else:
                result = np.concatenate([self._answer(levels[i : i + 1]) for i in range(count)])
        if not self._quantized:
            return result
        # A quantized softmax gives steps of 1/256, whose sum is only nearly 1; the scale cancels out.
        steps = np.subtract(result, self._zero_point, dtype=np.float32)
        return np.asarray(steps / np.add.reduce(steps, axis=1, keepdims=True), np.float32)

    def _answer(self, image: NDArray[Any]) -> NDArray[Any]:
        self._input()[:] = image
        self._interpreter.invoke()
        answer: NDArray[Any] = self._interpreter.get_tensor(self._output)
        return answer


def _interpreter(model: bytes, threads: int) -> Any:
    """An interpreter that is ready to run a model; without XNNPACK where that refuses it.

    XNNPACK gives up on a quantized sum whose terms have very different scales, as in a recurrent network's first steps
    on the blank rows of an image, and takes the whole model with it. LiteRT's own kernels run such a model.
    """
    interpreter = lite_interpreter()
    ready = interpreter(model_content=model, num_threads=threads)
    try:
        ready.allocate_tensors()
    except RuntimeError as error:
        if "XNNPACK" not in str(error):
            raise
        kinds = getattr(sys.modules[interpreter.__module__], "OpResolverType", None)
        if kinds is None:
            raise
        plain = kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ready = interpreter(model_content=model, num_threads=threads, experimental_op_resolver_type=plain)
        ready.allocate_tensors()
    return ready


def lite_interpreter() -> Any:
    """The class that runs .tflite files, from whichever package has it here.

    Raises:
        MissingEngineError: if there is none.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:  # armv7 has only the older package
            from tflite_runtime.interpreter import Interpreter
        except ImportError as error:
            raise MissingEngineError("LiteRT is not installed; install it with: pip install ai-edge-litert") from error
    return Interpreter
